public import KubernetesModel
public import SimulationKernel
import Stochastics

/// Data sets whose blocks lie on nodes' disks, and how long reading them takes from each node.
///
/// Placement is fixed at the start. A node that is down still gives its blocks: failures of replicas are not
/// simulated.
public struct DataCatalog: Sendable {
    /// How far a reader is from the nearest replica of a block.
    public enum Distance: Int, CaseIterable, Comparable, Sendable {
        case node, rack, zone, remote

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// Where a node is.
    public struct Place: Hashable, Sendable {
        public var node: String
        public var rack: String
        public var zone: String

        public init(node: String, rack: String, zone: String) {
            self.node = node
            self.rack = rack
            self.zone = zone
        }
    }

    /// Bytes a second by distance.
    ///
    /// The defaults for the node's own disk, its rack and its cluster are those of Barroso, Clidaras and
    /// Hölzle, "The datacenter as a computer", 2nd edition, 2013, figure 1.3: 200, 100 and 10 MB/s. Between
    /// zones as within one is an assumption.
    public struct Bandwidth: Hashable, Sendable {
        public var node: Int64 = 200_000_000
        public var rack: Int64 = 100_000_000
        public var zone: Int64 = 10_000_000
        public var remote: Int64 = 10_000_000

        public init() {}

        subscript(distance: Distance) -> Int64 {
            switch distance {
            case .node: node
            case .rack: rack
            case .zone: zone
            case .remote: remote
            }
        }
    }

    /// A data set as a scenario states it.
    public struct DataSet: Hashable, Sendable {
        public enum Placement: Hashable, Sendable {
            /// As HDFS does it, by a client on a node, or outside of the cluster.
            case hdfs(writer: String?)
            /// Block by block, the replicas on one node after the other of this list.
            case nodes([String])
        }

        public var name: String
        public var sizeBytes: Int64
        public var blockBytes: Int64
        public var replicas: Int
        public var placement: Placement

        public init(name: String, sizeBytes: Int64, blockBytes: Int64, replicas: Int, placement: Placement) {
            self.name = name
            self.sizeBytes = sizeBytes
            self.blockBytes = blockBytes
            self.replicas = replicas
            self.placement = placement
        }
    }

    /// The most blocks that a data set may have.
    public static let maximumBlocks: Int64 = 1_000_000

    /// Bytes of a data set with a replica on a node, in a rack, in a zone.
    private struct Spread: Sendable {
        var total: Int64 = 0
        var node: [Int64]
        var rack: [Int64]
        var zone: [Int64]
    }

    public let bandwidth: Bandwidth
    private var numbers: [String: Int] = [:]
    private var rackOf: [Int] = []
    private var zoneOf: [Int] = []
    private var spreads: [String: Spread] = [:]

    /// Whether there are no data sets.
    public var isEmpty: Bool { spreads.isEmpty }

    /// A catalog without data sets.
    public init() { bandwidth = Bandwidth() }

    /// Places the data sets' blocks on nodes; each data set draws from the stream `data/placement/<name>`.
    public init(_ dataSets: [DataSet], on places: [Place], bandwidth: Bandwidth, seed: UInt64) {
        self.bandwidth = bandwidth
        var racks: [String: Int] = [:]
        var zones: [String: Int] = [:]
        for (number, place) in places.enumerated() {
            numbers[place.node] = number
            let (rack, zone) = (racks.count, zones.count)
            rackOf.append(racks[place.rack, default: rack])
            racks[place.rack] = rackOf[number]
            zoneOf.append(zones[place.zone, default: zone])
            zones[place.zone] = zoneOf[number]
        }
        for dataSet in dataSets {
            var spread = Spread(
                node: Array(repeating: 0, count: places.count), rack: Array(repeating: 0, count: racks.count),
                zone: Array(repeating: 0, count: zones.count))
            var stream = RandomStream(seed: seed, name: "data/placement/\(dataSet.name)")
            var (left, block) = (dataSet.sizeBytes, 0)
            while left > 0 && dataSet.blockBytes > 0 {
                let bytes = min(left, dataSet.blockBytes)
                let nodes = self.nodes(ofBlock: block, dataSet, &stream)
                spread.total += bytes
                for node in nodes { spread.node[node] += bytes }
                for rack in Set(nodes.map { rackOf[$0] }) { spread.rack[rack] += bytes }
                for zone in Set(nodes.map { zoneOf[$0] }) { spread.zone[zone] += bytes }
                left -= bytes
                block += 1
            }
            spreads[dataSet.name] = spread
        }
    }

    // MARK: Placement

    /// The nodes with a replica of a block.
    ///
    /// HDFS puts the first replica on the writer's node, or any when the writer is outside, the second into
    /// another rack, the third on another node of the second's rack, and more of them anywhere. Hadoop,
    /// "HDFS Architecture", "Replica Placement: The First Baby Steps".
    private func nodes(ofBlock block: Int, _ dataSet: DataSet, _ stream: inout RandomStream) -> [Int] {
        switch dataSet.placement {
        case .nodes(let names):
            let list = names.compactMap { numbers[$0] }
            return (0..<min(dataSet.replicas, list.count)).map { list[(block + $0) % list.count] }
        case .hdfs(let writer):
            var chosen: [Int] = []
            for replica in 0..<min(dataSet.replicas, rackOf.count) {
                var candidates: [Int] = []
                switch replica {
                case 0: candidates = writer.flatMap { numbers[$0] }.map { [$0] } ?? []
                case 1: candidates = rackOf.indices.filter { rackOf[$0] != rackOf[chosen[0]] }
                case 2:
                    candidates = rackOf.indices.filter {
                        rackOf[$0] == rackOf[chosen[1]] && !chosen.contains($0)
                    }
                default: break
                }
                if candidates.isEmpty { candidates = rackOf.indices.filter { !chosen.contains($0) } }
                chosen.append(candidates[stream.index(below: candidates.count)])
            }
            return chosen
        }
    }

    // MARK: Reading

    /// `scheduling.simk.dev/reads`: what a pod's first container reads before it goes on:
    /// `logs`, `logs=0.25`, `logs=0.25,users`.
    public static let readsAnnotation = "scheduling.simk.dev/reads"

    /// A share of a data set, the same of every block.
    public struct Read: Hashable, Sendable {
        public var dataSet: String
        /// Above 0 and at most 1.
        public var fraction: Double
    }

    /// What a pod reads; empty for a pod that reads nothing.
    public func reads(of metadata: ObjectMeta) throws(AnnotationError) -> [Read] {
        guard let text = metadata.annotations[Self.readsAnnotation] else { return [] }
        var reads: [Read] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(sides[0])
            let fraction = sides.count == 1 ? 1 : Double(String(sides[1])) ?? 0
            guard fraction > 0, fraction <= 1 else {
                throw AnnotationError(
                    name: Self.readsAnnotation, value: String(part),
                    expected: "dataset=fraction, above 0 and at most 1")
            }
            guard spreads[name] != nil else {
                throw AnnotationError(
                    name: Self.readsAnnotation, value: name,
                    expected: "one of the data sets \(spreads.keys.sorted().joined(separator: ", "))")
            }
            reads.append(Read(dataSet: name, fraction: fraction))
        }
        return reads
    }

    /// The bytes to read by distance from a node, in the order of ``Distance``.
    ///
    /// A node that was not there at the start has all of them remote.
    public func bytes(_ reads: [Read], from node: String) -> [Double] {
        var sums = [0.0, 0.0, 0.0, 0.0]
        for read in reads {
            guard let spread = spreads[read.dataSet] else { continue }
            guard let number = numbers[node] else {
                sums[3] += read.fraction * Double(spread.total)
                continue
            }
            let (own, rack) = (spread.node[number], spread.rack[rackOf[number]])
            let zone = spread.zone[zoneOf[number]]
            for (place, bytes) in [own, rack - own, zone - rack, spread.total - zone].enumerated() {
                sums[place] += read.fraction * Double(bytes)
            }
        }
        return sums
    }

    /// How long reading takes on a node: one block after the other, each from its nearest replica.
    public func readTime(_ reads: [Read], from node: String) -> VirtualDuration {
        let bytes = bytes(reads, from: node)
        var seconds = 0.0
        for distance in Distance.allCases where bytes[distance.rawValue] > 0 {
            seconds += bytes[distance.rawValue] / Double(bandwidth[distance])
        }
        return VirtualDuration(fractionalSeconds: min(seconds, 1e9))
    }

    /// The distance within which a node has everything.
    public func distance(_ reads: [Read], from node: String) -> Distance {
        let bytes = bytes(reads, from: node)
        return Distance.allCases.last { bytes[$0.rawValue] > 0 } ?? .node
    }

    /// How long a pod's reading takes on a node; zero for a pod whose annotation makes no sense.
    public func readTime(of metadata: ObjectMeta, on node: String) -> VirtualDuration {
        guard !isEmpty, let reads = try? reads(of: metadata), !reads.isEmpty else { return .zero }
        return readTime(reads, from: node)
    }
}
