/// Compares names with their numbers as numbers: `general-2` before `general-10`.
enum NaturalOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        var (first, second) = (left.utf8[...], right.utf8[...])
        while let (a, b) = heads(first, second) {
            if isDigit(a) && isDigit(b) {
                let (x, y) = (number(&first), number(&second))
                if x.count != y.count { return x.count < y.count }
                if !x.elementsEqual(y) { return x.lexicographicallyPrecedes(y) }
            } else {
                if a != b { return a < b }
                first = first.dropFirst()
                second = second.dropFirst()
            }
        }
        if first.isEmpty != second.isEmpty { return first.isEmpty }
        return left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func heads(_ left: Substring.UTF8View, _ right: Substring.UTF8View) -> (UInt8, UInt8)? {
        guard let a = left.first, let b = right.first else { return nil }
        return (a, b)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Takes the digits at the head off, and gives them without leading zeros.
    private static func number(_ text: inout Substring.UTF8View) -> Substring.UTF8View {
        let digits = text.prefix(while: isDigit)
        text = text.dropFirst(digits.count)
        return digits.drop { $0 == 0x30 }
    }
}
