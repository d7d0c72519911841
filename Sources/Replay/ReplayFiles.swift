import Foundation
public import Scenarios
import SimulationKernel
import TraceFiles
import Workloads

/// Reads what a ``ReplayPlan`` names.
public struct ReplayFiles: Sendable {
    public let plan: ReplayPlan

    public init(_ plan: ReplayPlan) { self.plan = plan }

    /// Why a file cannot be used.
    public struct Fault: Error, CustomStringConvertible, Sendable {
        public let description: String
    }

    // MARK: Trace

    /// Reads the trace's files.
    public func cluster() throws -> ReplayCluster {
        var files: [(table: TraceTable, name: String, bytes: [UInt8])] = []
        if let name = plan.format, TraceFormat(name: name) != .alibabaGPU2023 {
            throw Fault(
                description:
                    "\(plan.file): workload.trace.format: found '\(name)', expected "
                    + "\(TraceFormat.alibabaGPU2023.rawValue): no other format has what the scheduler alone "
                    + "replays")
        }
        for file in plan.files {
            let (path, bytes) = try trace(file)
            files.append((Self.table(bytes), path, bytes))
        }
        // Machines first.
        files.sort { $0.table == AlibabaGPU2023.nodes && $1.table != AlibabaGPU2023.nodes }
        return try ReplayCluster(LoadedTrace.read(files, with: AlibabaGPU2023()))
    }

    /// Nodes and pods are told from the first column's name.
    private static func table(_ bytes: [UInt8]) -> TraceTable {
        bytes.starts(with: "sn,".utf8) || bytes.starts(with: "\u{FEFF}sn,".utf8)
            ? AlibabaGPU2023.nodes : AlibabaGPU2023.pods
    }

    private func trace(_ name: String) throws(Fault) -> (path: String, bytes: [UInt8]) {
        let candidates =
            name.hasPrefix("/")
            ? [name] : plan.folders.map { $0.isEmpty || $0.hasSuffix("/") ? $0 + name : "\($0)/\(name)" }
        for path in candidates where FileManager.default.fileExists(atPath: path) {
            return (path, try read(path))
        }
        var text = "\(plan.file): the trace's file \(name) is not there: looked for it as "
        text += candidates.joined(separator: ", ") + "."
        if !plan.source.isEmpty {
            text += " simk does not contain the trace. Fetch it from its publisher, \(plan.source), and put "
            text += "the file at one of these places, or name its folder with --trace-folder"
        }
        throw Fault(description: text)
    }

    private func read(_ path: String) throws(Fault) -> [UInt8] {
        do throws(TraceError) {
            return try ByteSource.contents(of: path, limit: Self.fileLimitBytes)
        } catch {
            throw Fault(description: error.description)
        }
    }

    /// Lists of nodes, pods and names are read whole, unpacked.
    private static let fileLimitBytes = 1 << 28

    // MARK: Orders

    /// The orders for one seed.
    public func orders(_ cluster: ReplayCluster, seed: UInt64) throws -> ReplayOrders {
        let arrivals: [ReplayOrders.Arrival]
        switch plan.podOrder {
        case .asRecorded:
            arrivals = cluster.tasks.enumerated().map { .init(name: $1.id, task: $0) }
        case .shuffled:
            arrivals = ReplayOrders.shuffledArrivals(cluster, seed: seed, percent: plan.arrivedPercent)
        case .file(let name):
            let (path, text) = try names(name, seed: seed, "workload.order")
            arrivals = try ReplayOrders.arrivals(Self.lines(text), file: path, cluster)
        }
        let nodes: [Int]
        switch plan.nodeOrder {
        case .asRecorded: nodes = Array(cluster.machines.indices)
        case .shuffled: nodes = ReplayOrders.shuffledNodes(cluster, seed: seed)
        case .file(let name):
            let (path, text) = try names(name, seed: seed, "nodes.order")
            nodes = try ReplayOrders.nodes(Self.lines(text), file: path, cluster)
        }
        return ReplayOrders(arrivals: arrivals, nodes: nodes)
    }

    private func names(
        _ template: String, seed: UInt64, _ key: String
    ) throws(Fault) -> (path: String, text: String) {
        let path = template.replacing("{seed}", with: String(seed))
        guard FileManager.default.fileExists(atPath: path) else {
            throw Fault(
                description:
                    "\(plan.file): \(key): \(path) is not there. Give an order for seed \(seed), or say "
                    + "\"shuffled\" (--order shuffled --node-order shuffled) for one that is made from the seed"
            )
        }
        return (path, String(decoding: try read(path), as: UTF8.self))
    }

    /// The lines that are not empty, without the space around them.
    private static func lines(_ text: String) -> [Substring] {
        text.utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.map { Substring($0) }
            .filter { !$0.isEmpty }
    }
}
