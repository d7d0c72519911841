/// The addresses of a node's pod range: given out in turn, as the `host-local` plugin does.
struct PodAddresses: Sendable {
    private let base: UInt32
    private let size: Int32
    private var used: [UInt64]
    private var last: Int32 = 1

    /// Reads `10.244.3.0/24`; a text that is no IPv4 range stands for 10.244.0.0/24.
    init(cidr: String) {
        let parts = cidr.split(separator: "/")
        let octets = (parts.first ?? "").split(separator: ".").compactMap { UInt32($0) }
        let length = parts.count == 2 ? Int(parts[1]) ?? 24 : 24
        let isGood = octets.count == 4 && octets.allSatisfy { $0 < 256 } && (8...30).contains(length)
        base = isGood ? octets.reduce(0) { $0 << 8 | $1 } : 0x0AF4_0000
        size = isGood ? Int32(1) << Int32(32 - length) : 256
        used = []
    }

    /// The number of a free address; nil when all are in use.
    mutating func take() -> Int32? {
        var candidate = last
        for _ in 0..<size {
            candidate += 1
            // The first is the network's, the second the gateway's, the last the broadcast address.
            if candidate >= size - 1 { candidate = 2 }
            let (word, bit) = (Int(candidate / 64), UInt64(1) << UInt64(candidate % 64))
            if word >= used.count {
                used.append(contentsOf: Array(repeating: 0, count: word + 1 - used.count))
            }
            if used[word] & bit == 0 {
                used[word] |= bit
                last = candidate
                return candidate
            }
        }
        return nil
    }

    mutating func give(back number: Int32) {
        guard number >= 0, Int(number / 64) < used.count else { return }
        used[Int(number / 64)] &= ~(UInt64(1) << UInt64(number % 64))
    }

    func text(_ number: Int32) -> String {
        guard number >= 0 else { return "" }
        let address = base &+ UInt32(number)
        return "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }
}
