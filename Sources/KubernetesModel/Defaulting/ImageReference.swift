/// The tag of a container image's name, as far as the pull policy's default depends on it.
///
/// Upstream: `pkg/util/parsers/parsers.go` (v1.36) on `distribution/reference`.
enum ImageReference {
    /// The tag; `latest` where neither tag nor digest is given; nil where the name is no valid reference.
    static func tag(of image: String) -> String? {
        if image.utf8.count == 64, image.utf8.allSatisfy(isLowerHexadecimal) { return nil }
        let (domain, remainder) = splitDomain(image)
        var rest = remainder[...]
        var hasDigest = false
        if let at = rest.firstIndex(of: "@") {
            guard isDigest(rest[rest.index(after: at)...]) else { return nil }
            hasDigest = true
            rest = rest[..<at]
        }
        var tag: Substring?
        let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
        if let colon = rest[lastSlash...].firstIndex(of: ":") {
            let text = rest[rest.index(after: colon)...]
            guard isTag(text) else { return nil }
            tag = text
            rest = rest[..<colon]
        }
        let path = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard path.allSatisfy(isPathComponent) else { return nil }
        guard isDomain(domain), rest.utf8.count <= 255 else { return nil }
        return tag.map(String.init) ?? (hasDigest ? "" : "latest")
    }

    /// Whether pods with this image pull it always unless they say otherwise.
    static func pullPolicy(of image: String) -> String {
        tag(of: image) == "latest" ? "Always" : "IfNotPresent"
    }

    private static func splitDomain(_ name: String) -> (domain: String, remainder: String) {
        guard let slash = name.firstIndex(of: "/") else { return ("docker.io", "library/" + name) }
        let first = String(name[..<slash])
        let rest = String(name[name.index(after: slash)...])
        var result = ("docker.io", name)
        if first == "index.docker.io" {
            result = ("docker.io", rest)
        } else if first == "localhost" || first.contains(where: { $0 == "." || $0 == ":" })
            || first.lowercased() != first
        {
            result = (first, rest)
        }
        if result.0 == "docker.io", !result.1.contains("/") { result.1 = "library/" + result.1 }
        return result
    }

    private static func isPathComponent(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, isLowerAlphanumeric(first),
            isLowerAlphanumeric(last)
        else { return false }
        var index = 0
        while index < bytes.count {
            if isLowerAlphanumeric(bytes[index]) {
                index += 1
                continue
            }
            let run = bytes[index...].prefix { !isLowerAlphanumeric($0) }
            let separator = String(decoding: run, as: UTF8.self)
            guard
                separator == "." || separator == "_" || separator == "__"
                    || separator.allSatisfy({ $0 == "-" })
            else { return false }
            index += run.count
        }
        return true
    }

    private static func isDomain(_ text: String) -> Bool {
        var host = text[...]
        if let colon = host.lastIndex(of: ":"), !(host.hasSuffix("]")) {
            let port = host[host.index(after: colon)...]
            guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
            host = host[..<colon]
        }
        if host.hasPrefix("[") {
            let inner = host.dropFirst().dropLast()
            return host.hasSuffix("]") && !inner.isEmpty
                && inner.utf8.allSatisfy { isLowerHexadecimal($0 | ($0 >= 0x41 ? 0x20 : 0)) || $0 == 0x3A }
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.utf8.first, let last = label.utf8.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first) || first == UInt8(ascii: "_") else {
            return false
        }
        return text.utf8.count <= 128
            && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    private static func isDigest(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.allSatisfy(isLowerHexadecimal) else { return false }
        switch parts[0] {
        case "sha256": return parts[1].utf8.count == 64
        case "sha384": return parts[1].utf8.count == 96
        case "sha512": return parts[1].utf8.count == 128
        default: return false
        }
    }

    private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (0x41...0x5A).contains(byte)
    }
}
