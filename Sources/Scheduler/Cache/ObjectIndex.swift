public import KubernetesModel

/// Objects of one kind in the order of their namespaces and names, as a lister gives them.
public struct ObjectIndex<Object: KubernetesObject> {
    /// In ascending order of keys.
    public private(set) var elements: ContiguousArray<Ref<Object>> = []

    /// Changes with every change of the objects.
    private(set) var version: UInt64 = 0

    public init() {}

    public subscript(namespace namespace: String = "", name name: String) -> Ref<Object>? {
        let key = ObjectKey(namespace: namespace, name: name)
        let place = self.place(of: key)
        return place < elements.count && elements[place].value.metadata.key == key ? elements[place] : nil
    }

    /// The objects of a namespace, in the order of their names.
    public func elements(inNamespace namespace: String) -> ArraySlice<Ref<Object>> {
        let start = place(of: ObjectKey(namespace: namespace, name: ""))
        var end = start
        while end < elements.count && elements[end].value.metadata.namespace == namespace { end += 1 }
        return ArraySlice(elements[start..<end])
    }

    /// Inserts the object, in place of one with its key.
    public mutating func set(_ object: Ref<Object>) {
        version += 1
        let key = object.value.metadata.key
        let place = self.place(of: key)
        if place < elements.count && elements[place].value.metadata.key == key {
            elements[place] = object
        } else {
            elements.insert(object, at: place)
        }
    }

    public mutating func remove(_ key: ObjectKey) {
        version += 1
        let place = self.place(of: key)
        if place < elements.count && elements[place].value.metadata.key == key { elements.remove(at: place) }
    }

    private func place(of key: ObjectKey) -> Int {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if elements[middle].value.metadata.key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
