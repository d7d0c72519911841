import SimulationKernel

/// The registries: how large images are, and which cannot be pulled.
public struct ImageCatalog: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        /// As pods spell it, or with `*` at the end for all names that begin so.
        public var image: String
        public var sizeBytes: Int64
        /// The registry's answer when the image cannot be pulled; nil when it can.
        public var failure: String?

        public init(image: String, sizeBytes: Int64, failure: String? = nil) {
            self.image = image
            self.sizeBytes = sizeBytes
            self.failure = failure
        }

        /// An image that its registry does not have, in containerd's words.
        public static func missing(_ image: String) -> Entry {
            let name = ImageName.canonical(image)
            return Entry(
                image: image, sizeBytes: 0,
                failure:
                    "rpc error: code = NotFound desc = failed to pull and unpack image \"\(name)\": "
                    + "failed to resolve reference \"\(name)\": \(name): not found")
        }
    }

    public var entries: [Entry] = []
    /// Of images that no entry names. An assumption: 70 MB, about nginx's compressed size.
    public var standardSizeBytes: Int64 = 70_000_000
    /// From the request to the first byte: resolving the name, the token, the manifest. An assumption.
    public var resolveTime = Draw.milliseconds(400)

    public init() {}

    /// The entry that names the image; of several the first.
    public func entry(for image: String) -> Entry {
        for entry in entries {
            if entry.image == image { return entry }
            if entry.image.hasSuffix("*"), image.hasPrefix(entry.image.dropLast()) { return entry }
        }
        return Entry(image: image, sizeBytes: standardSizeBytes)
    }
}

/// Image names as container runtimes spell them.
enum ImageName {
    /// `nginx` becomes `docker.io/library/nginx:latest`.
    static func canonical(_ image: String) -> String {
        var (domain, rest) = ("docker.io", image)
        if let slash = image.firstIndex(of: "/") {
            let first = String(image[..<slash])
            if first == "localhost" || first.contains(".") || first.contains(":") {
                domain = first == "index.docker.io" ? "docker.io" : first
                rest = String(image[image.index(after: slash)...])
            }
        }
        if domain == "docker.io" && !rest.contains("/") { rest = "library/" + rest }
        let tail = rest.split(separator: "/").last ?? ""
        if !tail.contains(":") && !tail.contains("@") { rest += ":latest" }
        return domain + "/" + rest
    }

    /// `docker.io/library/nginx@sha256:…`: what a runtime reports as the image's identity.
    static func reference(_ image: String) -> String {
        let name = canonical(image)
        if let at = name.firstIndex(of: "@") { return "\(name[..<at])\(name[at...])" }
        guard let colon = name.lastIndex(of: ":") else { return name }
        return "\(name[..<colon])@sha256:\(identifier(name))"
    }

    /// Sixty-four hexadecimal digits that depend on the text only.
    static func identifier(_ text: String) -> String {
        var digest = EventDigest()
        digest.combine(text)
        var digits: [UInt8] = []
        digits.reserveCapacity(64)
        for word: UInt64 in 0..<4 {
            digest.combine(word)
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: digest.value >> shift) & 15
                digits.append(digit < 10 ? 48 + digit : 87 + digit)
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
