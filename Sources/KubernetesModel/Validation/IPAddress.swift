/// An IP address or network, read the way the API server reads legacy fields.
///
/// Upstream: `apimachinery/pkg/util/validation/ip.go`, `k8s.io/utils/net` (v1.36).
public struct IPAddress: Hashable, Sendable {
    /// 4 or 16 bytes; an IPv4-mapped IPv6 address has 4.
    public let bytes: [UInt8]
    /// Whether it was written as `::ffff:a.b.c.d`.
    let isMapped: Bool
    /// Whether an IPv4 number had leading zeros.
    let hasLeadingZeros: Bool

    /// Whether the address has four bytes.
    public var isIPv4: Bool { bytes.count == 4 }

    /// Reads an address; leading zeros in IPv4 numbers are decimal. Nil when it is none.
    public init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let (bytes, zeros) = IPAddress.parseIPv6(text) else { return nil }
            let mapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self.bytes = mapped ? Array(bytes[12...]) : bytes
            isMapped = mapped
            hasLeadingZeros = zeros
        } else {
            guard let (bytes, zeros) = IPAddress.parseIPv4(text[...]) else { return nil }
            self.bytes = bytes
            isMapped = false
            hasLeadingZeros = zeros
        }
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
        isMapped = false
        hasLeadingZeros = false
    }

    private static func parseIPv4(_ text: Substring) -> ([UInt8], Bool)? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var zeros = false
        var bytes: [UInt8] = []
        for part in parts {
            guard !part.isEmpty, part.utf8.allSatisfy(Names.isDigit), let number = Int(part), number < 256
            else { return nil }
            if part.utf8.count > 1 && part.utf8.first == 0x30 { zeros = true }
            bytes.append(UInt8(number))
        }
        return (bytes, zeros)
    }

    private static func parseIPv6(_ text: String) -> ([UInt8], Bool)? {
        var zeros = false
        func groups(_ part: String) -> [UInt8]? {
            if part.isEmpty { return [] }
            var bytes: [UInt8] = []
            let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if piece.contains(".") {
                    guard index == pieces.count - 1, let (v4, z) = parseIPv4(piece) else { return nil }
                    zeros = zeros || z
                    bytes += v4
                    continue
                }
                guard (1...4).contains(piece.utf8.count), let number = UInt16(piece, radix: 16),
                    piece.utf8.first != UInt8(ascii: "+")
                else { return nil }
                bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
            }
            return bytes
        }
        if let gap = text.range(ofFirst: "::") {
            let after = String(text[gap.upperBound...])
            guard after.range(ofFirst: "::") == nil, let head = groups(String(text[..<gap.lowerBound])),
                let tail = groups(after), head.count + tail.count <= 14
            else { return nil }
            return (head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail, zeros)
        }
        guard let bytes = groups(text), bytes.count == 16 else { return nil }
        return (bytes, zeros)
    }

    /// Whether the address is `0.0.0.0` or `::`.
    public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    /// Whether the address is one of the machine's own.
    public var isLoopback: Bool {
        isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }
    /// Whether the address is in `169.254.0.0/16` or `fe80::/10`.
    public var isLinkLocalUnicast: Bool {
        isIPv4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }
    /// Whether the address is in `224.0.0.0/24` or `ff02::/16`.
    public var isLinkLocalMulticast: Bool {
        isIPv4
            ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0
            : bytes[0] == 0xFF && bytes[1] & 0x0F == 0x02
    }

    /// The canonical text (RFC 5952).
    public var canonical: String {
        if isIPv4 { return bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8 && groups[end] == 0 { end += 1 }
            if end - start > best.count && end - start > 1 { best = start..<end }
            start = max(end, start + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if best.isEmpty { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }
}

/// A network in CIDR notation.
public struct IPNetwork: Hashable, Sendable {
    /// The address as written, bits beyond the prefix included.
    public let address: IPAddress
    /// How many leading bits the network's addresses share.
    public let prefixLength: Int
    let hasLeadingZeros: Bool

    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), !parts[1].isEmpty,
            parts[1].utf8.allSatisfy(Names.isDigit), let length = Int(parts[1])
        else { return nil }
        let isWrittenAsIPv6 = !address.isIPv4 || address.isMapped
        guard length <= (isWrittenAsIPv6 ? 128 : 32) else { return nil }
        self.address = address
        prefixLength = length
        hasLeadingZeros = address.hasLeadingZeros || parts[1].utf8.count > 1 && parts[1].hasPrefix("0")
    }

    /// The network's own address.
    public var masked: IPAddress {
        let length = address.isMapped ? max(0, prefixLength - 96) : prefixLength
        return IPAddress(
            bytes: address.bytes.enumerated().map { index, byte in
                let bits = min(max(length - 8 * index, 0), 8)
                return bits == 0 ? 0 : byte & UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
            })
    }

    /// The network as Go's `net/netip` writes it.
    public var canonical: String { "\(masked.canonical)/\(prefixLength)" }

    /// Whether an address of the same family lies in the network.
    public func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for (index, byte) in masked.bytes.enumerated() {
            let bits = min(max(prefixLength - 8 * index, 0), 8)
            let mask = bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
            if other.bytes[index] & mask != byte { return false }
        }
        return true
    }
}

extension FieldErrorList {
    /// An address in a field that has long accepted more than is right; old values stay acceptable.
    mutating func legacyIP(_ value: String, _ field: FieldPath, old: [String] = []) {
        if old.contains(value) { return }
        guard let address = IPAddress(value) else {
            return invalid(
                field, .text(value), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
        }
        if address.hasLeadingZeros { invalid(field, .text(value), "must not have leading 0s") }
        if address.isMapped && !address.hasLeadingZeros {
            invalid(field, .text(value), "must not be an IPv4-mapped IPv6 address")
        }
    }

    /// An address in a field that is strict.
    mutating func strictIP(_ value: String, _ field: FieldPath) {
        let before = errors.count
        legacyIP(value, field)
        guard errors.count == before, let canonical = IPAddress(value)?.canonical else { return }
        if canonical != value {
            invalid(field, .text(value), "must be in canonical form (\(GoText.quoted(canonical)))")
        }
    }

    mutating func legacyCIDR(_ value: String, _ field: FieldPath, old: [String] = []) {
        if old.contains(value) { return }
        guard let network = IPNetwork(value) else {
            return invalid(
                field, .text(value), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
        }
        if network.hasLeadingZeros {
            invalid(field, .text(value), "must not have leading 0s in IP or prefix length")
        } else if network.address.isMapped {
            invalid(field, .text(value), "must not have an IPv4-mapped IPv6 address")
        } else if network.masked.bytes != network.address.bytes {
            invalid(field, .text(value), "must not have bits set beyond the prefix length")
        }
    }

    /// An address at which an endpoint may be reached.
    mutating func endpointIP(_ value: String, _ field: FieldPath) {
        guard let address = IPAddress(value) else {
            return invalid(field, .text(value), "must be a valid IP address")
        }
        if address.isUnspecified { invalid(field, .text(value), "may not be unspecified (\(value))") }
        if address.isLoopback {
            invalid(field, .text(value), "may not be in the loopback range (127.0.0.0/8, ::1/128)")
        }
        if address.isLinkLocalUnicast {
            invalid(field, .text(value), "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
        }
        if address.isLinkLocalMulticast {
            invalid(
                field, .text(value), "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
        }
    }
}

extension String {
    /// The first occurrence of a text.
    func range(ofFirst text: String) -> Range<String.Index>? {
        guard !text.isEmpty else { return nil }
        var start = startIndex
        while start < endIndex {
            if self[start...].utf8.starts(with: text.utf8) {
                return start..<utf8.index(start, offsetBy: text.utf8.count)
            }
            start = unicodeScalars.index(after: start)
        }
        return nil
    }
}
