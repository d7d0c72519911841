import KubernetesModel

/// The tables of the results database that explain scheduling: `docs/reference/run-folder.md` describes them.
enum DecisionSchema {
    static let tables = [
        "CREATE TABLE text (id INTEGER PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE node_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
        "CREATE TABLE node_set (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, members BLOB NOT NULL)",
        "CREATE TABLE scheduler_profile (name TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE pod (
            id INTEGER PRIMARY KEY,
            uid TEXT NOT NULL,
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            created INTEGER NOT NULL,
            scheduler TEXT NOT NULL,
            priority INTEGER NOT NULL,
            owner TEXT NOT NULL,
            requests TEXT NOT NULL,
            requested_node TEXT,
            bound INTEGER,
            node TEXT,
            ended INTEGER
        )
        """,
        """
        CREATE TABLE queue_move (
            number INTEGER PRIMARY KEY,
            nanoseconds INTEGER NOT NULL,
            pod INTEGER NOT NULL REFERENCES pod,
            origin TEXT,
            destination TEXT,
            event INTEGER NOT NULL REFERENCES text,
            plugin INTEGER NOT NULL REFERENCES text,
            message INTEGER NOT NULL REFERENCES text,
            backoff_end INTEGER
        )
        """,
        """
        CREATE TABLE scheduling_attempt (
            number INTEGER PRIMARY KEY,
            nanoseconds INTEGER NOT NULL,
            pod INTEGER NOT NULL REFERENCES pod,
            attempt INTEGER NOT NULL,
            profile INTEGER NOT NULL REFERENCES text,
            event INTEGER NOT NULL REFERENCES text,
            nodes INTEGER NOT NULL,
            visited INTEGER NOT NULL,
            feasible INTEGER NOT NULL,
            nominated_only INTEGER NOT NULL,
            prefilter INTEGER NOT NULL,
            ties INTEGER NOT NULL,
            drawn INTEGER NOT NULL,
            node INTEGER REFERENCES node_name,
            refused_by INTEGER NOT NULL REFERENCES text,
            error INTEGER NOT NULL,
            message INTEGER NOT NULL REFERENCES text,
            nominated_node TEXT,
            candidates INTEGER NOT NULL,
            what_if INTEGER REFERENCES what_if
        )
        """,
        """
        CREATE TABLE attempt_rejection (
            attempt INTEGER NOT NULL REFERENCES scheduling_attempt,
            place INTEGER NOT NULL,
            plugin INTEGER NOT NULL REFERENCES text,
            code INTEGER NOT NULL REFERENCES text,
            reasons INTEGER NOT NULL REFERENCES text,
            node_set INTEGER NOT NULL REFERENCES node_set,
            PRIMARY KEY (attempt, place)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE attempt_score (
            attempt INTEGER NOT NULL REFERENCES scheduling_attempt,
            rank INTEGER NOT NULL,
            place INTEGER NOT NULL,
            node INTEGER NOT NULL REFERENCES node_name,
            total INTEGER NOT NULL,
            plugin INTEGER NOT NULL REFERENCES text,
            raw INTEGER NOT NULL,
            normalized INTEGER NOT NULL,
            weight INTEGER NOT NULL,
            PRIMARY KEY (attempt, rank, place)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE preemption_candidate (
            attempt INTEGER NOT NULL REFERENCES scheduling_attempt,
            place INTEGER NOT NULL,
            node TEXT NOT NULL,
            violations INTEGER NOT NULL,
            highest_priority INTEGER NOT NULL,
            priority_sum INTEGER NOT NULL,
            victims INTEGER NOT NULL,
            earliest_start INTEGER,
            lost_by INTEGER NOT NULL,
            chosen INTEGER NOT NULL,
            PRIMARY KEY (attempt, place)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE preemption_victim (
            attempt INTEGER NOT NULL REFERENCES scheduling_attempt,
            candidate INTEGER NOT NULL,
            place INTEGER NOT NULL,
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            priority INTEGER NOT NULL,
            started INTEGER,
            budgets TEXT NOT NULL,
            PRIMARY KEY (attempt, candidate, place)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE attempt_step (
            number INTEGER PRIMARY KEY,
            nanoseconds INTEGER NOT NULL,
            pod INTEGER NOT NULL REFERENCES pod,
            attempt INTEGER REFERENCES scheduling_attempt,
            kind TEXT NOT NULL,
            message TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE what_if (
            number INTEGER PRIMARY KEY,
            nanoseconds INTEGER NOT NULL,
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            complete INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE what_if_option (
            what_if INTEGER NOT NULL REFERENCES what_if,
            rank INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            rejection INTEGER,
            node_set INTEGER NOT NULL REFERENCES node_set,
            PRIMARY KEY (what_if, rank)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE what_if_change (
            what_if INTEGER NOT NULL REFERENCES what_if,
            rank INTEGER NOT NULL,
            place INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            detail TEXT NOT NULL,
            PRIMARY KEY (what_if, rank, place)
        ) WITHOUT ROWID
        """,
    ]

    /// Made when all rows are written.
    static let indexes = [
        "CREATE INDEX pod_name ON pod (namespace, name)",
        "CREATE INDEX queue_move_pod ON queue_move (pod)",
        "CREATE INDEX scheduling_attempt_pod ON scheduling_attempt (pod)",
        "CREATE INDEX attempt_step_pod ON attempt_step (pod)",
        "CREATE INDEX preemption_victim_pod ON preemption_victim (namespace, name)",
    ]

    /// The statements that fill the tables, in the order of their columns.
    enum Statement: Int, CaseIterable {
        case text, node, nodeSet, profile, pod, podBound, podEnded, move, attempt, rejection, score, candidate
        case victim, step, whatIf, option, change

        var sql: String {
            switch self {
            case .text: insert("text", 2)
            case .node: insert("node_name", 2)
            case .nodeSet: insert("node_set", 3)
            case .profile: insert("scheduler_profile", 1)
            case .pod: insert("pod", 13)
            case .podBound: "UPDATE pod SET bound = ?, node = ? WHERE id = ?"
            case .podEnded: "UPDATE pod SET ended = ? WHERE id = ?"
            case .move: insert("queue_move", 9)
            case .attempt: insert("scheduling_attempt", 20)
            case .rejection: insert("attempt_rejection", 6)
            case .score: insert("attempt_score", 9)
            case .candidate: insert("preemption_candidate", 10)
            case .victim: insert("preemption_victim", 8)
            case .step: insert("attempt_step", 6)
            case .whatIf: insert("what_if", 6)
            case .option: insert("what_if_option", 5)
            case .change: insert("what_if_change", 6)
            }
        }

        private func insert(_ table: String, _ columns: Int) -> String {
            let marks = Array(repeating: "?", count: columns).joined(separator: ", ")
            return "INSERT INTO \(table) VALUES (\(marks))"
        }
    }
}

/// One row for the tables of ``DecisionSchema``.
struct DecisionRow {
    enum Value {
        case null
        case integer(Int64)
        case text(String)
        case blob([UInt8])

        static func integer(_ value: Int) -> Value { .integer(Int64(value)) }
        static func flag(_ value: Bool) -> Value { .integer(value ? 1 : 0) }
    }
    let statement: DecisionSchema.Statement
    let values: [Value]
}
