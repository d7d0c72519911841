/// A growing block of plain values that has one owner.
///
/// What an array would do, without asking at each write whether somebody else holds the same storage: nobody
/// can, for a slab cannot be copied. With arrays the event queue was 1.5 to 1.9 times as slow.
/// Every access is checked against the bounds. The only `unsafe` of this target is here.
@usableFromInline
@safe
struct Slab<Element: BitwiseCopyable>: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<Element>
    /// The number of elements.
    @usableFromInline var count: Int

    /// Makes a slab without elements.
    @inlinable
    init() {
        unsafe base = Self.allocate(0)
        count = 0
    }

    @inlinable
    init(repeating element: Element, count: Int) {
        unsafe base = Self.allocate(count)
        unsafe base.initialize(repeating: element, count: count)
        self.count = count
    }

    @inlinable
    deinit { unsafe base.deallocate() }

    @inlinable
    subscript(index: Int) -> Element {
        get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "beyond the slab")
            // In bounds, and all elements below `count` are initialised.
            return unsafe base[index]
        }
        set {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "beyond the slab")
            unsafe base[index] = newValue
        }
    }

    /// Adds copies of an element at the end. Elements move to a new block.
    @inlinable
    mutating func append(repeating element: Element, count added: Int) {
        // The new block is as large as both counts; the old elements and the added ones fill it, and the old
        // block, whose elements are plain bits that need no end of life, is given back exactly once.
        let larger = unsafe Self.allocate(count + added)
        unsafe larger.initialize(from: base, count: count)
        unsafe (larger + count).initialize(repeating: element, count: added)
        unsafe base.deallocate()
        unsafe base = larger
        count += added
    }

    /// Takes memory that starts with a cache line, so that no entry of 32 bytes lies on two.
    @inlinable
    static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: count * MemoryLayout<Element>.stride,
            alignment: max(64, MemoryLayout<Element>.alignment))
        return unsafe bytes.bindMemory(to: Element.self, capacity: count)
    }
}
