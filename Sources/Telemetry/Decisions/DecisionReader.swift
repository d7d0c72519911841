public import Foundation
import GRDB
public import KubernetesModel
public import SimulationKernel

/// Reads what a run folder holds about scheduling.
public final class DecisionReader {
    private let queue: DatabaseQueue
    private let path: String

    /// Opens a run folder, which must hold a run of this version.
    public init(_ folder: URL) throws {
        let file = folder.appending(path: "results.sqlite")
        path = folder.relativePath
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw DecisionReaderError.noFolder(path)
        }
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw DecisionReaderError.noRun(path)
        }
        var configuration = Configuration()
        configuration.readonly = true
        do {
            queue = try DatabaseQueue(path: file.path, configuration: configuration)
            let hasTables = try queue.read { database in
                try database.tableExists("scheduling_attempt") && database.tableExists("pod")
            }
            guard hasTables else { throw DecisionReaderError.tooOld(path) }
        } catch let error as DatabaseError {
            throw DecisionReaderError.unreadable(path, error.message ?? "\(error)")
        }
    }

    /// The pods of the run whose name is near to one, at most a few; for error messages.
    private func suggestions(_ key: ObjectKey, _ database: Database) throws -> DecisionReaderError {
        let rows = try Row.fetchAll(
            database, sql: "SELECT namespace, name FROM pod GROUP BY namespace, name ORDER BY MIN(id)")
        let all = rows.map { ObjectKey(namespace: $0["namespace"], name: $0["name"]) }
        if all.isEmpty { return .noPods(path) }
        let elsewhere = all.filter { $0.name == key.name }
        let here = all.filter { $0.namespace == key.namespace }
        let begin = here.filter { $0.name.hasPrefix(key.name) }
        let contain = here.filter { $0.name.contains(key.name) }
        var near = elsewhere + (begin.isEmpty ? contain : begin)
        if near.isEmpty {
            near = here.map { (key: $0, distance: NearestName.distance(key.name, $0.name)) }
                .filter { $0.distance <= max(2, key.name.count / 3) }
                .sorted { ($0.distance, $0.key) < ($1.distance, $1.key) }.map(\.key)
        }
        return .noPod(key, near: Array(near.prefix(5)), nearCount: near.count, podCount: all.count)
    }

    /// The pods that an object stands for, in the order of their creation, each name once.
    ///
    /// They are those that it owns; of a Deployment and a CronJob those of its ReplicaSets and Jobs; of a Node those
    /// that were bound to it.
    public func pods(of object: DecisionObject, _ key: ObjectKey) throws -> [ObjectKey] {
        let rows = try queue.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT namespace, name, owner, node FROM pod GROUP BY namespace, name ORDER BY MIN(id)")
        }
        return rows.filter { row in
            let (namespace, owner, node) = (
                row["namespace"] as String, row["owner"] as String, row["node"] as String?
            )
            if object == .node { return node == key.name }
            guard namespace == key.namespace else { return false }
            guard let ownerKind = object.kindBetween else { return owner == "\(object.rawValue)/\(key.name)" }
            let prefix = "\(ownerKind)/\(key.name)-"
            // What stands between the name and the pod is a hash or a number, without a hyphen.
            return owner.hasPrefix(prefix) && !owner.dropFirst(prefix.count).contains("-")
        }.map { ObjectKey(namespace: $0["namespace"], name: $0["name"]) }
    }

    /// All about one pod.
    ///
    /// - Parameter instance: which of several pods of that name, from 1; nil takes the last one, or the last
    ///   that was there at `time`.
    public func pod(_ key: ObjectKey, instance: Int? = nil, at time: VirtualTime? = nil) throws
        -> PodDecisions
    {
        try queue.read { database in
            var rows = try Row.fetchAll(
                database, sql: "SELECT * FROM pod WHERE namespace = ? AND name = ? ORDER BY id",
                arguments: [key.namespace, key.name])
            let count = rows.count
            if rows.isEmpty { throw try suggestions(key, database) }
            var place = count - 1
            if let instance {
                guard (1...count).contains(instance) else {
                    throw DecisionReaderError.noInstance(key, instance, count: count)
                }
                place = instance - 1
            } else if let time {
                let existing = rows.lastIndex { ($0["created"] as Int64) <= time.nanoseconds }
                guard let existing else {
                    throw DecisionReaderError.notYet(
                        key, created: VirtualTime(nanoseconds: rows[0]["created"]))
                }
                place = existing
            }
            rows = [rows[place]]
            var pod = try read(rows[0], key, database)
            pod.instance = place + 1
            pod.instanceCount = count
            return pod
        }
    }

    private func read(_ row: Row, _ key: ObjectKey, _ database: Database) throws -> PodDecisions {
        let id: Int64 = row["id"]
        func time(_ value: Int64?) -> VirtualTime? { value.map(VirtualTime.init(nanoseconds:)) }
        var pod = PodDecisions(
            key: key, uid: row["uid"], created: VirtualTime(nanoseconds: row["created"]),
            scheduler: row["scheduler"], priority: row["priority"], owner: row["owner"],
            requests: row["requests"], requestedNode: row["requested_node"], bound: time(row["bound"]),
            node: row["node"], ended: time(row["ended"]))
        pod.nodeNames = try String.fetchAll(database, sql: "SELECT name FROM node_name ORDER BY id")
        pod.profiles = try String.fetchAll(database, sql: "SELECT name FROM scheduler_profile ORDER BY name")
        pod.runEnd = time(
            try Int64.fetchOne(
                database, sql: "SELECT CAST(value AS INTEGER) FROM run WHERE key = 'nanoseconds'"))
        let moves = try Row.fetchAll(
            database,
            sql: """
                SELECT m.*, e.value AS event_text, p.value AS plugin_text, t.value AS message_text
                FROM queue_move m JOIN text e ON e.id = m.event JOIN text p ON p.id = m.plugin
                JOIN text t ON t.id = m.message WHERE m.pod = ? ORDER BY m.number
                """, arguments: [id])
        pod.moves = moves.map { move in
            PodDecisions.Move(
                time: VirtualTime(nanoseconds: move["nanoseconds"]), origin: move["origin"],
                destination: move["destination"], event: move["event_text"], plugin: move["plugin_text"],
                message: move["message_text"], backoffEnd: time(move["backoff_end"]))
        }
        let steps = try Row.fetchAll(
            database, sql: "SELECT * FROM attempt_step WHERE pod = ? ORDER BY number", arguments: [id])
        pod.steps = steps.map {
            PodDecisions.Step(
                time: VirtualTime(nanoseconds: $0["nanoseconds"]), kind: $0["kind"], message: $0["message"])
        }
        let evictions = try Row.fetchAll(
            database,
            sql: """
                SELECT a.nanoseconds, c.node, p.namespace, p.name, p.priority
                FROM preemption_victim v
                JOIN preemption_candidate c ON c.attempt = v.attempt AND c.place = v.candidate
                JOIN scheduling_attempt a ON a.number = v.attempt JOIN pod p ON p.id = a.pod
                WHERE c.chosen = 1 AND v.namespace = ? AND v.name = ? AND a.nanoseconds BETWEEN ? AND ?
                ORDER BY a.number
                """,
            arguments: [
                key.namespace, key.name, pod.created.nanoseconds, pod.ended?.nanoseconds ?? Int64.max,
            ])
        pod.evictions = evictions.map {
            PodDecisions.Eviction(
                time: VirtualTime(nanoseconds: $0["nanoseconds"]), node: $0["node"],
                preemptor: ObjectKey(namespace: $0["namespace"], name: $0["name"]),
                preemptorPriority: $0["priority"])
        }
        pod.attempts = try attempts(of: id, pod.nodeNames, database)
        var known: Set<Int> = []
        for number in pod.attempts.compactMap(\.whatIf) where known.insert(number).inserted {
            if let analysis = try analysis(number, database) { pod.analyses.append(analysis) }
        }
        return pod
    }

    // MARK: Attempts

    private func attempts(
        of pod: Int64, _ nodeNames: [String], _ database: Database
    ) throws -> [PodDecisions.Attempt] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT a.*, p.value AS profile_text, e.value AS event_text, r.value AS refused_text,
                    m.value AS message_text
                FROM scheduling_attempt a JOIN text p ON p.id = a.profile JOIN text e ON e.id = a.event
                JOIN text r ON r.id = a.refused_by JOIN text m ON m.id = a.message
                WHERE a.pod = ? ORDER BY a.number
                """, arguments: [pod])
        return try rows.map { row in
            let number: Int64 = row["number"]
            let node: Int? = row["node"]
            var attempt = PodDecisions.Attempt(
                time: VirtualTime(nanoseconds: row["nanoseconds"]), number: row["attempt"],
                profile: row["profile_text"], event: row["event_text"], nodeCount: row["nodes"],
                visitedCount: row["visited"], feasibleCount: row["feasible"],
                isNominatedNodeOnly: row["nominated_only"], isPreFilterRejection: row["prefilter"],
                tieCount: row["ties"], isDrawn: row["drawn"],
                node: node.flatMap { nodeNames.indices.contains($0) ? nodeNames[$0] : nil },
                refusedBy: row["refused_text"], isError: row["error"], message: row["message_text"],
                nominatedNode: row["nominated_node"], candidateCount: row["candidates"],
                whatIf: row["what_if"])
            attempt.rejections = try rejections(of: number, database)
            attempt.best = try best(of: number, nodeNames, database)
            if attempt.candidateCount > 0 { attempt.candidates = try candidates(of: number, database) }
            return attempt
        }
    }

    private func rejections(of attempt: Int64, _ database: Database) throws -> [PodDecisions.Rejection] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT p.value AS plugin, c.value AS code, r.value AS reasons, s.members AS members
                FROM attempt_rejection j JOIN text p ON p.id = j.plugin JOIN text c ON c.id = j.code
                JOIN text r ON r.id = j.reasons JOIN node_set s ON s.id = j.node_set
                WHERE j.attempt = ? ORDER BY j.place
                """, arguments: [attempt])
        return rows.map {
            PodDecisions.Rejection(
                plugin: $0["plugin"], code: $0["code"], reasons: Self.strings($0["reasons"]),
                nodes: NodeSetCoding.decode($0["members"] as Data))
        }
    }

    private func best(
        of attempt: Int64, _ nodeNames: [String], _ database: Database
    ) throws -> [PodDecisions.ScoredNode] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT s.*, p.value AS plugin_text FROM attempt_score s JOIN text p ON p.id = s.plugin
                WHERE s.attempt = ? ORDER BY s.rank, s.place
                """, arguments: [attempt])
        var best: [PodDecisions.ScoredNode] = []
        for row in rows {
            let rank: Int = row["rank"]
            let node: Int = row["node"]
            if rank >= best.count {
                best.append(
                    .init(
                        node: nodeNames.indices.contains(node) ? nodeNames[node] : "", total: row["total"],
                        shares: []))
            }
            best[best.count - 1].shares.append(
                .init(
                    plugin: row["plugin_text"], raw: row["raw"], normalized: row["normalized"],
                    weight: row["weight"]))
        }
        return best
    }

    private func candidates(of attempt: Int64, _ database: Database) throws -> [PodDecisions.Candidate] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM preemption_candidate WHERE attempt = ? ORDER BY place",
            arguments: [attempt])
        return try rows.map { row in
            let place: Int64 = row["place"]
            let victims = try Row.fetchAll(
                database,
                sql: "SELECT * FROM preemption_victim WHERE attempt = ? AND candidate = ? ORDER BY place",
                arguments: [attempt, place])
            return PodDecisions.Candidate(
                node: row["node"], violations: row["violations"], highestPriority: row["highest_priority"],
                prioritySum: row["priority_sum"], earliestStartSeconds: row["earliest_start"],
                lostBy: row["lost_by"], isChosen: row["chosen"],
                victims: victims.map {
                    .init(
                        key: ObjectKey(namespace: $0["namespace"], name: $0["name"]),
                        priority: $0["priority"], startSeconds: $0["started"],
                        budgets: Self.strings($0["budgets"]))
                })
        }
    }

    private func analysis(_ number: Int, _ database: Database) throws -> PodDecisions.Analysis? {
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM what_if WHERE number = ?", arguments: [number])
        else { return nil }
        let options = try Row.fetchAll(
            database,
            sql: """
                SELECT o.*, s.members AS members FROM what_if_option o JOIN node_set s ON s.id = o.node_set
                WHERE o.what_if = ? ORDER BY o.rank
                """, arguments: [number])
        return PodDecisions.Analysis(
            number: number, time: VirtualTime(nanoseconds: row["nanoseconds"]),
            pod: ObjectKey(namespace: row["namespace"], name: row["name"]), attempt: row["attempt"],
            isComplete: row["complete"],
            options: try options.map { option in
                let rank: Int64 = option["rank"]
                let changes = try Row.fetchAll(
                    database,
                    sql: "SELECT * FROM what_if_change WHERE what_if = ? AND rank = ? ORDER BY place",
                    arguments: [number, rank])
                return PodDecisions.Option(
                    changes: changes.map {
                        .init(
                            kind: $0["kind"], text: $0["text"],
                            detail: (try? JSONParser.parse($0["detail"] as String)) ?? .null)
                    },
                    cost: option["cost"], rejection: option["rejection"],
                    nodes: NodeSetCoding.decode(option["members"] as Data))
            })
    }

    private static func strings(_ json: String) -> [String] {
        (try? JSONParser.parse(json))?.arrayValue?.compactMap(\.stringValue) ?? []
    }
}

/// Objects that stand for pods.
public enum DecisionObject: String, CaseIterable, Sendable {
    case deployment = "Deployment"
    case replicaSet = "ReplicaSet"
    case statefulSet = "StatefulSet"
    case daemonSet = "DaemonSet"
    case job = "Job"
    case cronJob = "CronJob"
    case node = "Node"

    /// From a kind's name as kubectl takes it: singular, plural or short.
    public init?(named name: String) {
        let shorts = ["deploy": Self.deployment, "rs": .replicaSet, "sts": .statefulSet, "ds": .daemonSet]
        let others = ["cj": Self.cronJob, "no": .node]
        let name = name.lowercased()
        let full = Self.allCases.first {
            name == $0.rawValue.lowercased() || name == $0.rawValue.lowercased() + "s"
        }
        guard let found = full ?? shorts[name] ?? others[name] else { return nil }
        self = found
    }

    /// The kind of the objects by which it owns its pods; nil when it owns them itself.
    fileprivate var kindBetween: String? {
        switch self {
        case .deployment: "ReplicaSet"
        case .cronJob: "Job"
        default: nil
        }
    }
}

public enum DecisionReaderError: Error, CustomStringConvertible {
    case noFolder(String)
    case noRun(String)
    case tooOld(String)
    case unreadable(String, String)
    case noPods(String)
    case noPod(ObjectKey, near: [ObjectKey], nearCount: Int, podCount: Int)
    case noInstance(ObjectKey, Int, count: Int)
    case notYet(ObjectKey, created: VirtualTime)

    public var description: String {
        switch self {
        case .noFolder(let path):
            return "\(path): there is no such folder. `simk run` prints where a run's is"
        case .noRun(let path):
            return "\(path): is no run folder: it holds no results.sqlite. `simk run` writes one"
        case .tooOld(let path):
            return
                "\(path): was written by a version that did not record scheduling. Run the scenario again"
        case .unreadable(let path, let problem): return "\(path)/results.sqlite: cannot be read: \(problem)"
        case .noPods(let path):
            return
                "\(path): holds no pods: the run had none, or was made with --decisions none"
        case .noPod(let key, let near, let nearCount, let podCount):
            var text = "there was no pod \(key.namespace)/\(key.name) in this run"
            if near.isEmpty { return text + ", which had \(podCount == 1 ? "1 pod" : "\(podCount) pods")" }
            let names = near.map { $0.namespace == key.namespace ? $0.name : "\($0.namespace)/\($0.name)" }
            text += ". Did you mean \(names.joined(separator: ", "))"
            if nearCount > near.count { text += " or one of \(nearCount - near.count) more" }
            return text + "?"
        case .noInstance(let key, let instance, let count):
            return
                "--instance \(instance): there \(count == 1 ? "was 1 pod" : "were \(count) pods") "
                + "\(key.namespace)/\(key.name) in this run: "
                + "give 1\(count == 1 ? "" : " to \(count)")"
        case .notYet(let key, let created):
            return "\(key.namespace)/\(key.name) was created at \(created), later than --at"
        }
    }
}
