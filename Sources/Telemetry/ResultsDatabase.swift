import ControlPlane
import Foundation
import GRDB
import KubernetesModel
import Simulation
public import SimulationKernel

/// The results database of a run: SQLite, with the tables that `docs/reference/run-folder.md` describes.
///
/// Rows are written in large transactions, in the order in which things happened; the same run gives the same
/// file.
final class ResultsDatabase {
    private let queue: DatabaseQueue
    private var timeline: [TimelineRecord] = []
    private var samples: [MetricSample] = []
    private var decisions: [DecisionRow] = []
    private static let batchSize = 5_000

    init(path: String) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // One writer, one process; a run that is cut off is told by `run.json`, not by the journal.
            try database.execute(sql: "PRAGMA journal_mode = MEMORY")
            try database.execute(sql: "PRAGMA synchronous = OFF")
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            for statement in Self.schema + DecisionSchema.tables { try database.execute(sql: statement) }
        }
    }

    static let schema = [
        """
        CREATE TABLE run (
            key TEXT PRIMARY KEY NOT NULL,
            value TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE timeline (
            number INTEGER PRIMARY KEY,
            nanoseconds INTEGER NOT NULL,
            category TEXT NOT NULL,
            kind TEXT,
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            reason TEXT NOT NULL,
            message TEXT NOT NULL,
            cause TEXT NOT NULL,
            warning INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE metric (
            number INTEGER PRIMARY KEY,
            nanoseconds INTEGER NOT NULL,
            name TEXT NOT NULL,
            kind TEXT,
            namespace TEXT NOT NULL,
            object TEXT NOT NULL,
            value REAL NOT NULL
        )
        """,
        """
        CREATE TABLE expectation (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            condition TEXT NOT NULL,
            verdict TEXT NOT NULL,
            nanoseconds INTEGER,
            state TEXT NOT NULL
        )
        """,
    ]

    func add(_ record: TimelineRecord) throws {
        timeline.append(record)
        if timeline.count >= Self.batchSize { try flush() }
    }

    func add(_ sample: MetricSample) throws {
        samples.append(sample)
        if samples.count >= Self.batchSize { try flush() }
    }

    func add(_ row: DecisionRow) throws {
        decisions.append(row)
        if decisions.count >= Self.batchSize { try flush() }
    }

    /// Writes what is waiting.
    func flush() throws {
        let (lines, figures) = (timeline, samples)
        timeline.removeAll(keepingCapacity: true)
        samples.removeAll(keepingCapacity: true)
        let rows = decisions
        decisions.removeAll(keepingCapacity: true)
        try queue.write { database in
            let line = try database.cachedStatement(
                sql: "INSERT INTO timeline VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            for record in lines {
                try line.execute(arguments: [
                    record.number, record.time.nanoseconds, record.category.rawValue, record.kind?.name,
                    record.key.namespace, record.key.name, record.reason, record.message, record.cause,
                    record.isWarning,
                ])
            }
            let figure = try database.cachedStatement(
                sql: """
                    INSERT INTO metric (nanoseconds, name, kind, namespace, object, value)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """)
            for sample in figures {
                try figure.execute(arguments: [
                    sample.time.nanoseconds, sample.name, sample.kind?.name, sample.key.namespace,
                    sample.key.name, sample.value,
                ])
            }
            try Self.write(rows, to: database)
        }
    }

    private static func write(_ rows: [DecisionRow], to database: Database) throws {
        if rows.isEmpty { return }
        let statements = try DecisionSchema.Statement.allCases.map {
            try database.cachedStatement(sql: $0.sql)
        }
        for row in rows {
            let values: [DatabaseValue] = row.values.map { value in
                switch value {
                case .null: .null
                case .integer(let number): number.databaseValue
                case .text(let text): text.databaseValue
                case .blob(let bytes): Data(bytes).databaseValue
                }
            }
            try statements[row.statement.rawValue].execute(arguments: StatementArguments(values))
        }
    }

    func finish(facts: [(String, String)], expectations: [ExpectationRow]) throws {
        try flush()
        try queue.write { database in
            for (key, value) in facts {
                try database.execute(sql: "INSERT INTO run VALUES (?, ?)", arguments: [key, value])
            }
            for (number, row) in expectations.enumerated() {
                try database.execute(
                    sql: "INSERT INTO expectation VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [
                        number, row.name, row.condition, row.verdict, row.time?.nanoseconds, row.state,
                    ])
            }
            try database.execute(sql: "CREATE INDEX timeline_object ON timeline (kind, namespace, name)")
            try database.execute(sql: "CREATE INDEX metric_name ON metric (name, nanoseconds)")
            for statement in DecisionSchema.indexes { try database.execute(sql: statement) }
        }
        try queue.close()
    }
}

/// An expectation's outcome as the database keeps it.
public struct ExpectationRow: Sendable {
    public var name: String
    public var condition: String
    public var verdict: String
    public var time: VirtualTime?
    public var state: String

    public init(name: String, condition: String, verdict: String, time: VirtualTime?, state: String) {
        self.name = name
        self.condition = condition
        self.verdict = verdict
        self.time = time
        self.state = state
    }
}
