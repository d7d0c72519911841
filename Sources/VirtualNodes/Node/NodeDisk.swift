/// A disk of a machine: what lies under its mount point is on it, and fails with it.
///
/// See `docs/decisions/0009-what-a-failed-disk-does.md`.
public struct NodeDisk: Hashable, Sendable {
    /// What a repair brings back.
    public enum Repair: String, CaseIterable, Hashable, Sendable {
        /// The same file system answers again, with its data: mounts made before the failure work again.
        case recovered
        /// An empty disk is mounted in its place: pods that have mounted the old one keep a dead mount.
        case replaced
    }

    public var name: String
    /// The folder at which its file system is mounted; absolute.
    public var mountPath: String
    public var repair: Repair

    /// - Parameter mountPath: nil is `/mnt/disks/<name>`.
    public init(name: String, mountPath: String? = nil, repair: Repair = .recovered) {
        self.name = name
        self.mountPath = mountPath ?? Self.standardMountPath(of: name)
        self.repair = repair
    }

    /// Where a disk is mounted unless its description says otherwise.
    public static func standardMountPath(of name: String) -> String { "/mnt/disks/\(name)" }

    /// The folders of the kubelet and the runtime: a disk that holds one of them is the machine's own.
    public static let systemPaths = ["/var/lib/kubelet", "/var/lib/containerd"]

    /// Whether a path lies at or under the mount point.
    public func holds(_ path: String) -> Bool {
        Self.parts(path).starts(with: Self.parts(mountPath))
    }

    /// How deep the mount point lies: of several disks that hold a path, the deepest one has it.
    var depth: Int { Self.parts(mountPath).count }

    private static func parts(_ path: String) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }
}

extension [NodeDisk] {
    /// The place of the disk on which a path lies; nil for the machine's own disk.
    func place(of path: String) -> Int? {
        indices.filter { self[$0].holds(path) }.max { self[$0].depth < self[$1].depth }
    }
}
