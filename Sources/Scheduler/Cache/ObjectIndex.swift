public import KubernetesModel

/// Objects of one kind in the order of their namespaces and names, as a lister gives them.
public struct ObjectIndex<Object: KubernetesObject> {
    /// In ascending order of keys.
    public private(set) var elements: ContiguousArray<Ref<Object>> = []
    /// The same by key: most questions are about one object.
    private var objects: [ObjectKey: Ref<Object>] = [:]

    /// Changes with every change of the objects.
    private(set) var version: UInt64 = 0

    public init() {}

    public subscript(namespace namespace: String = "", name name: String) -> Ref<Object>? {
        objects.isEmpty ? nil : objects[ObjectKey(namespace: namespace, name: name)]
    }

    /// The objects of a namespace, in the order of their names.
    public func elements(inNamespace namespace: String) -> ArraySlice<Ref<Object>> {
        let start = place(of: ObjectKey(namespace: namespace, name: ""))
        var end = start
        while end < elements.count && elements[end].value.metadata.namespace == namespace { end += 1 }
        return ArraySlice(elements[start..<end])
    }

    /// These objects with others in place of those with their keys, or beside them.
    func elements(under others: ObjectIndex) -> ContiguousArray<Ref<Object>> {
        var merged = elements
        // From the end, so that what is inserted moves no place that is still to be found.
        for object in others.elements.reversed() {
            let key = object.value.metadata.key
            let place = self.place(of: key)
            if objects[key] != nil { merged[place] = object } else { merged.insert(object, at: place) }
        }
        return merged
    }

    /// Inserts the object, in place of one with its key.
    public mutating func set(_ object: Ref<Object>) {
        version += 1
        let key = object.value.metadata.key
        let isNew = objects.updateValue(object, forKey: key) == nil
        let place = self.place(of: key)
        if isNew { elements.insert(object, at: place) } else { elements[place] = object }
    }

    public mutating func remove(_ key: ObjectKey) {
        version += 1
        if objects.removeValue(forKey: key) != nil { elements.remove(at: place(of: key)) }
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
