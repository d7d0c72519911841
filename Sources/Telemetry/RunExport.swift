public import Foundation
import GRDB
import KubernetesModel
import SimulationKernel

/// Writes what happened in a run as CSV files for notebooks: pods, nodes, attempts of the scheduler, events.
///
/// Times are seconds of virtual time with nine digits; an empty field says that it did not happen.
/// `notebooks-data/README.md` describes the columns.
public struct RunExport {
    /// A file that was written, with its number of rows.
    public struct Written: Equatable, Sendable {
        public var name: String
        public var rows: Int
    }

    public enum Fault: Error, CustomStringConvertible {
        case noRun(String)
        case unreadable(String, String)
        case unwritable(String)

        public var description: String {
            switch self {
            case .noRun(let path):
                "\(path): holds no run (results.sqlite is missing). `simk run` prints where it wrote one"
            case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
            case .unwritable(let path): "\(path): cannot be written. Is the folder there and writable?"
            }
        }
    }

    private let queue: DatabaseQueue
    private let path: String

    /// Opens a run folder.
    public init(_ folder: URL) throws(Fault) {
        path = folder.path
        let file = folder.appending(path: "results.sqlite")
        guard FileManager.default.fileExists(atPath: file.path) else { throw .noRun(path) }
        var configuration = Configuration()
        configuration.readonly = true
        do {
            queue = try DatabaseQueue(path: file.path, configuration: configuration)
        } catch {
            throw .unreadable(path, "\(error)")
        }
    }

    /// Writes the files into a folder, which is made if it is not there.
    public func write(to folder: URL) throws(Fault) -> [Written] {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(folder.path)
        }
        do {
            return try queue.read { database in
                let life = try Self.lives(database)
                return [
                    try Self.pods(database, life, folder), try Self.nodes(database, folder),
                    try Self.attempts(database, folder), try Self.events(database, folder),
                    try Self.metrics(database, folder),
                ]
            }
        } catch let fault as Fault {
            throw fault
        } catch is RunFolderError {
            throw .unwritable(folder.path)
        } catch {
            throw .unreadable(path, "\(error)")
        }
    }

    // MARK: Pods

    /// What the timeline says of a pod.
    private struct Life {
        var started: Int64?
        var ready: Int64?
        var finished: Int64?
        var phase = "Pending"
        var gone: Int64?
        var restarts = 0
        var preempted = false
    }

    /// The lives of all pods by their number: of several pods with one name a line belongs to the one that
    /// was there.
    private static func lives(_ database: Database) throws -> [Int64: Life] {
        var lives: [Int64: Life] = [:]
        var present: [String: [(created: Int64, id: Int64)]] = [:]
        let pods = try Row.fetchCursor(
            database, sql: "SELECT id, namespace, name, created FROM pod ORDER BY created, id")
        while let row = try pods.next() {
            let namespace: String = row[1]
            let name: String = row[2]
            present[namespace + "/" + name, default: []].append((row[3], row[0]))
            lives[row[0]] = Life()
        }
        let lines = try Row.fetchCursor(
            database,
            sql: """
                SELECT nanoseconds, namespace, name, reason FROM timeline
                WHERE kind = 'Pod' ORDER BY number
                """)
        while let row = try lines.next() {
            let time: Int64 = row[0]
            let namespace: String = row[1]
            let name: String = row[2]
            guard let candidates = present[namespace + "/" + name],
                let id = candidates.last(where: { $0.created <= time })?.id ?? candidates.first?.id
            else { continue }
            let reason: String = row[3]
            var life = lives[id] ?? Life()
            switch reason {
            case "Started":
                if life.started == nil { life.started = time } else { life.restarts += 1 }
                if life.phase == "Pending" { life.phase = "Running" }
            case "Ready":
                if life.ready == nil { life.ready = time }
            case "Succeeded", "Failed":
                if life.finished == nil { life.finished = time }
                life.phase = reason
            case "Preempted": life.preempted = true
            case "Gone": life.gone = time
            default: continue
            }
            lives[id] = life
        }
        return lives
    }

    private static func pods(
        _ database: Database, _ lives: [Int64: Life], _ folder: URL
    ) throws -> Written {
        try table(
            "pods.csv",
            "namespace,name,uid,owner,scheduler,priority,cpu_cores,memory_bytes,requests,node,created_s,"
                + "scheduled_s,queueing_delay_s,started_s,ready_s,finished_s,deleted_s,phase,container_starts,"
                + "attempts,preempted",
            database, folder,
            sql: """
                SELECT pod.id, namespace, name, uid, owner, scheduler, priority, requests, node, created, bound,
                    ended, (SELECT COUNT(*) FROM scheduling_attempt WHERE pod = pod.id)
                FROM pod ORDER BY pod.id
                """
        ) { row in
            let life = lives[row[0]] ?? Life()
            let created: Int64 = row[9]
            let bound: Int64? = row[10]
            let ended: Int64? = row[11]
            let requests: String = row[7]
            let amounts = Self.amounts(requests)
            let starts = life.started == nil ? 0 : life.restarts + 1
            return [
                row[1], row[2], row[3], row[4], row[5], String(row[6] as Int64), amounts.cores, amounts.bytes,
                requests, (row[8] as String?) ?? "", seconds(created), seconds(bound),
                bound.map { seconds($0 - created) } ?? "", seconds(life.started), seconds(life.ready),
                seconds(life.finished), seconds(life.gone ?? (ended != life.finished ? ended : nil)),
                life.phase,
                String(starts), String(row[12] as Int64), life.preempted ? "true" : "false",
            ]
        }
    }

    /// Cores and bytes of `cpu=250m,memory=256Mi`; empty where nothing is requested.
    private static func amounts(_ requests: String) -> (cores: String, bytes: String) {
        var result = (cores: "", bytes: "")
        for part in requests.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let quantity = try? Quantity(parsing: String(pair[1])) else { continue }
            if pair[0] == "cpu" {
                result.cores = JSONWriter.string(.number(Double(quantity.milliValue) / 1_000))
            } else if pair[0] == "memory" {
                result.bytes = String(quantity.value)
            }
        }
        return result
    }

    /// Writes one table: a line for each row of the query, below the names of the columns.
    private static func table(
        _ name: String, _ header: String, _ database: Database, _ folder: URL, sql: String,
        _ fields: (Row) throws -> [String]
    ) throws -> Written {
        let file = try LineWriter(folder.appending(path: name))
        file.write(header)
        let rows = try Row.fetchCursor(database, sql: sql)
        var count = 0
        while let row = try rows.next() {
            file.write(line(try fields(row)))
            count += 1
        }
        try file.close()
        return Written(name: name, rows: count)
    }

    // MARK: The others

    private static func nodes(_ database: Database, _ folder: URL) throws -> Written {
        try table(
            "nodes.csv",
            "name,registered_s,first_ready_s,not_ready_times,last_not_ready_s,deleted_s,pods_bound", database,
            folder,
            sql: """
                SELECT name,
                    MIN(CASE WHEN reason = 'NodeRegistered' THEN nanoseconds END),
                    MIN(CASE WHEN reason = 'NodeReadyTrue' THEN nanoseconds END),
                    SUM(reason IN ('NodeReadyFalse', 'NodeStatusUnknown')),
                    MAX(CASE WHEN reason IN ('NodeReadyFalse', 'NodeStatusUnknown') THEN nanoseconds END),
                    MAX(CASE WHEN reason = 'NodeGone' THEN nanoseconds END),
                    (SELECT COUNT(*) FROM pod WHERE node = timeline.name)
                FROM timeline WHERE kind = 'Node' GROUP BY name ORDER BY MIN(number)
                """
        ) { row in
            [
                row[0], seconds(row[1]), seconds(row[2]), String(row[3] as Int64), seconds(row[4]),
                seconds(row[5]), String(row[6] as Int64),
            ]
        }
    }

    private static func attempts(_ database: Database, _ folder: URL) throws -> Written {
        try table(
            "attempts.csv",
            "time_s,namespace,pod,attempt,nodes,visited,feasible,node,message", database, folder,
            sql: """
                SELECT nanoseconds, pod.namespace, pod.name, attempt, nodes, visited, feasible, node_name.name,
                    text.value
                FROM scheduling_attempt AS a JOIN pod ON pod.id = a.pod
                LEFT JOIN node_name ON node_name.id = a.node LEFT JOIN text ON text.id = a.message
                ORDER BY a.number
                """
        ) { row in
            [
                seconds(row[0]), row[1], row[2], String(row[3] as Int64), String(row[4] as Int64),
                String(row[5] as Int64), String(row[6] as Int64), (row[7] as String?) ?? "",
                (row[8] as String?) ?? "",
            ]
        }
    }

    private static func events(_ database: Database, _ folder: URL) throws -> Written {
        try table(
            "events.csv",
            "time_s,category,kind,namespace,name,reason,message,cause,warning", database, folder,
            sql: """
                SELECT nanoseconds, category, kind, namespace, name, reason, message, cause, warning
                FROM timeline ORDER BY number
                """
        ) { row in
            [
                seconds(row[0]), row[1], (row[2] as String?) ?? "", row[3], row[4], row[5], row[6],
                row[7],
                (row[8] as Int64) == 0 ? "false" : "true",
            ]
        }
    }

    private static func metrics(_ database: Database, _ folder: URL) throws -> Written {
        try table(
            "metrics.csv",
            "time_s,metric,kind,namespace,name,value", database, folder,
            sql: "SELECT nanoseconds, name, kind, namespace, object, value FROM metric ORDER BY number"
        ) { row in
            [
                seconds(row[0]), row[1], (row[2] as String?) ?? "", row[3], row[4],
                JSONWriter.string(.number(row[5])),
            ]
        }
    }

    // MARK: Text

    private static func seconds(_ nanoseconds: Int64?) -> String {
        nanoseconds.map(RunFolder.decimal(nanoseconds:)) ?? ""
    }

    /// A row as RFC 4180 writes it.
    private static func line(_ fields: [String]) -> String {
        fields.map { field in
            let isPlain = !field.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
            return isPlain ? field : "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
        }.joined(separator: ",")
    }
}
