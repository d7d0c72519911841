import KubernetesModel
import Scheduler

/// Turns a scenario file with a `workload` into a ``ReplayPlan``.
struct ReplayReader {
    let file: String
    let folder: String
    let log: DiagnosticLog

    static let keys = [
        "$schema", "apiVersion", "kind", "metadata", "seed", "seeds", "policies", "nodes", "workload",
    ]

    func read(_ root: Cursor, _ reader: ScenarioReader) -> ReplayPlan? {
        guard let object = root.object(keys: Self.keys) else { return nil }
        reader.checkConstant(
            object.required("apiVersion", "\"\(Scenario.apiVersion)\""), Scenario.apiVersion)
        reader.checkConstant(object.required("kind", "\"\(Scenario.kind)\""), Scenario.kind)
        let metadata = reader.readMetadata(object.required("metadata", "an object with at least a name"))
        let seeds = readSeeds(object, reader)
        let policies = reader.list(object["policies"], of: "policies").compactMap {
            $0.choice(SchedulingPolicy.self)
        }
        let nodes = object["nodes"]?.object(keys: ["order"])
        let workload = object.required("workload", "an object with trace")?
            .object(keys: ["trace", "order", "arrivedPercent"])
        let trace = workload?.required("trace", "an object with files")?
            .object(keys: ["format", "folders", "files", "source"])
        let files = trace?.required("files", "a list of the trace's files")
            .map { reader.list($0, of: "paths").compactMap { $0.string("a path") } }
        let folders = trace?["folders"].map {
            reader.list($0, of: "paths").compactMap { $0.string("a path") }
        }
        let percent = workload?["arrivedPercent"]?.integer(1...10_000, "a whole number from 1 to 10000")
        guard let metadata, let files, !log.hasErrors else { return nil }
        if files.isEmpty {
            trace?["files"]?.bad("at least one file")
            return nil
        }
        return ReplayPlan(
            file: file, metadata: metadata, seeds: seeds, policies: policies,
            format: trace?["format"]?.string(), folders: (folders ?? [""]).map(path), files: files,
            source: trace?["source"]?.string() ?? "", podOrder: readOrder(workload?["order"]),
            nodeOrder: readOrder(nodes?["order"]),
            arrivedPercent: percent ?? ReplayPlan.publishedPercent)
    }

    private func readSeeds(_ object: ObjectCursor, _ reader: ScenarioReader) -> [UInt64] {
        if let seeds = object["seeds"] {
            if let seed = object["seed"] { seed.bad("either a seed or seeds") }
            let list = reader.list(seeds, of: "seeds").map(reader.readSeed)
            if list.isEmpty { seeds.bad("at least one seed") }
            return list
        }
        return [object["seed"].map(reader.readSeed) ?? 1]
    }

    private func readOrder(_ cursor: Cursor?) -> ReplayPlan.Order {
        guard let cursor else { return .shuffled }
        guard let text = cursor.string("a path, or recorded or shuffled"), !text.isEmpty else {
            cursor.bad("a path, or recorded or shuffled")
            return .shuffled
        }
        let order = ReplayPlan.Order(text)
        guard case .file(let name) = order else { return order }
        return .file(path(name))
    }

    /// A path of the scenario: relative to its folder.
    private func path(_ name: String) -> String { name.hasPrefix("/") ? name : folder + name }
}

extension ScenarioLoader {
    /// What a scenario file describes.
    public enum Loaded: Sendable {
        case scenario(Scenario)
        case replay(ReplayPlan)
    }

    /// Reads a file of either sort; its paths are relative to its folder.
    public static func loadAny(path: String, options: Options = Options()) throws(InvalidInput) -> Loaded {
        let log = DiagnosticLog()
        let documents = InputFile.documents(
            path: path, name: path, limit: InputFile.scenarioLimit, log: log)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        // A workload for a whole cluster has the cluster beside it.
        guard let root = documents?.first?.root, root["workload"] != nil, root["cluster"] == nil else {
            return .scenario(try load(path: path, options: options))
        }
        let cursor = Cursor(root, path: "", file: path, log: log)
        let manifests = ManifestLoader(options: options, log: log, folder: folder)
        let reader = ScenarioReader(file: path, log: log, manifests: manifests)
        let plan = ReplayReader(file: path, folder: folder, log: log).read(cursor, reader)
        guard var plan, !log.hasErrors else { throw InvalidInput(diagnostics: log.sorted) }
        plan.warnings = log.sorted
        return .replay(plan)
    }
}
