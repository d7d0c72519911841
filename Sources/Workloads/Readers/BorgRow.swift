import KubernetesModel
import OrderedCollections
import SimulationKernel

/// The columns of the trace of 2019 that are read, by their paths in JSON.
enum BorgField: Int, CaseIterable {
    case time, machineID, type, switchID, capacityCPUs
    case capacityMemory, platformID, name, value, deleted
    case collectionID, user, collectionLogicalName, maxPerMachine, startAfterCollectionIDs
    case instanceIndex, schedulingClass, collectionType, priority, allocCollectionID
    case resourceRequestCPUs, resourceRequestMemory, startTime, endTime, averageUsageCPUs
    case averageUsageMemory, maximumUsageCPUs, maximumUsageMemory, constraint

    var path: String { Self.paths[rawValue] }

    private static let paths = [
        "time", "machine_id", "type",
        "switch_id", "capacity.cpus", "capacity.memory",
        "platform_id", "name", "value",
        "deleted", "collection_id", "user",
        "collection_logical_name", "max_per_machine", "start_after_collection_ids",
        "instance_index", "scheduling_class", "collection_type",
        "priority", "alloc_collection_id", "resource_request.cpus",
        "resource_request.memory", "start_time", "end_time",
        "average_usage.cpus", "average_usage.memory", "maximum_usage.cpus",
        "maximum_usage.memory", "constraint",
    ]

    /// For each of the columns its place in a schema that has them under their paths; -1 for those that it has not.
    static func places(in schema: TableSchema) -> [Int] {
        paths.map { path in schema.columns.firstIndex { $0.name == path } ?? -1 }
    }
}

/// A row of the trace, a JSON object or a row of CSV; what is absent, null or empty is nil.
protocol BorgRow {
    func text(_ field: BorgField) -> String?
    func integer(_ field: BorgField) throws(RowFault) -> Int64?
    /// An enumeration's value by number or by name; -1 for a name that it does not have.
    func code(_ field: BorgField, _ names: [String]) throws(RowFault) -> Int?
    func amount(_ field: BorgField, times factor: Double) throws(RowFault) -> Int64?
    /// A repeated field: an array in JSON, `[1, 2]` or `1;2` in CSV.
    func list(_ field: BorgField) -> [String]
    func constraints() throws(RowFault) -> [TraceConstraint]?
    func fault(_ field: BorgField, _ expected: String) -> RowFault
}

extension BorgRow {
    func name(_ field: BorgField) throws(RowFault) -> String {
        guard let text = text(field) else { throw fault(field, "a name or number") }
        return text
    }

    /// A time in microseconds; nil for what lies after the trace.
    func time(_ field: BorgField) throws(RowFault) -> VirtualTime? {
        guard let number = try integer(field) else { throw fault(field, "a time") }
        if number == .max { return nil }
        let (nanoseconds, overflow) = number.multipliedReportingOverflow(by: 1_000)
        if number < 0 || overflow { throw fault(field, "a time that is not negative and in range") }
        return VirtualTime(nanoseconds: nanoseconds)
    }
}

/// A row of CSV, whose columns are named by their paths.
struct BorgTableRow: BorgRow {
    private let rows: TableRows
    private let places: [Int]

    init(_ rows: TableRows, _ places: [Int]) {
        self.rows = rows
        self.places = places
    }

    /// The column of a field that has a value.
    private func column(_ field: BorgField) -> Int? {
        let place = places[field.rawValue]
        return place < 0 || rows.isMissing(place) ? nil : place
    }

    func text(_ field: BorgField) -> String? { column(field).map { rows.string($0) } }

    func integer(_ field: BorgField) throws(RowFault) -> Int64? {
        guard let column = column(field) else { return nil }
        guard let number = rows.withBytes(column, NumberText.integer) else {
            throw fault(field, "a whole number")
        }
        return number
    }

    func code(_ field: BorgField, _ names: [String]) throws(RowFault) -> Int? {
        guard let column = column(field) else { return nil }
        if let number = rows.withBytes(column, NumberText.integer) { return Int(clamping: number) }
        return names.firstIndex(of: rows.string(column)) ?? -1
    }

    func amount(_ field: BorgField, times factor: Double) throws(RowFault) -> Int64? {
        guard let column = column(field) else { return nil }
        guard let number = rows.withBytes(column, NumberText.decimal), number >= 0,
            let result = NumberText.scaled(number, by: factor)
        else { throw fault(field, "a number of at least 0 and in range") }
        return result
    }

    func list(_ field: BorgField) -> [String] { text(field).map(BorgObject.list) ?? [] }

    func constraints() throws(RowFault) -> [TraceConstraint]? {
        guard let text = text(.constraint) else { return nil }
        return try BorgObject(.object(["constraint": .string(text)])).constraints()
    }

    func fault(_ field: BorgField, _ expected: String) -> RowFault {
        let found = text(field).map { "'\(String($0.prefix(40)))'" } ?? "nothing"
        return RowFault(column: field.path, found: found, expected: expected)
    }
}

/// A row of JSON lines.
///
/// BigQuery writes 64-bit numbers as strings in JSON, so every number may be one.
struct BorgObject: BorgRow {
    let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    /// A member by its path, `capacity.cpus`; nil when it is absent, null or empty.
    func member(_ path: String) -> JSONValue? {
        if let direct = value[path] { return direct.isNull ? .none : .some(direct) }
        var found: JSONValue? = value
        for name in path.split(separator: ".") { found = found?[String(name)] }
        guard let found, !found.isNull, found.stringValue != "" else { return nil }
        return found
    }

    func text(_ path: String) -> String? {
        switch member(path) {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        default: nil
        }
    }

    func name(_ path: String) throws(RowFault) -> String {
        guard let text = text(path) else { throw fault(path, "a name or number") }
        return text
    }

    func integer(_ path: String) throws(RowFault) -> Int64? {
        guard let member = member(path) else { return nil }
        if let number = member.integerValue { return number }
        if case .string(let text) = member, let number = NumberText.integer(Array(text.utf8).span) {
            return number
        }
        throw fault(path, "a whole number")
    }

    /// An enumeration's value by number or by name; -1 for a name that it does not have.
    func code(_ path: String, _ names: [String]) throws(RowFault) -> Int? {
        guard let member = member(path) else { return nil }
        if case .string(let text) = member, let index = names.firstIndex(of: text) { return index }
        if case .string(let text) = member, NumberText.integer(Array(text.utf8).span) == nil { return -1 }
        return try integer(path).map { Int(clamping: $0) }
    }

    func amount(_ path: String, times factor: Double) throws(RowFault) -> Int64? {
        guard let member = member(path) else { return nil }
        var number = member.doubleValue
        if case .string(let text) = member { number = NumberText.decimal(Array(text.utf8).span) }
        guard let number, number >= 0, let result = NumberText.scaled(number, by: factor) else {
            throw fault(path, "a number of at least 0 and in range")
        }
        return result
    }

    /// A repeated field: an array in JSON, `[1, 2]` or `1;2` in CSV.
    func list(_ path: String) -> [String] {
        switch member(path) {
        case .array(let elements):
            return elements.compactMap { BorgObject(.object(["e": $0])).text("e") }
        case .string(let text):
            return Self.list(text)
        default: return []
        }
    }

    /// The numbers of a list that is written as one text.
    static func list(_ text: String) -> [String] {
        text.split { !($0.isNumber || $0 == "-") }.map(String.init)
    }

    func text(_ field: BorgField) -> String? { text(field.path) }

    func integer(_ field: BorgField) throws(RowFault) -> Int64? { try integer(field.path) }

    func code(_ field: BorgField, _ names: [String]) throws(RowFault) -> Int? { try code(field.path, names) }

    func amount(_ field: BorgField, times factor: Double) throws(RowFault) -> Int64? {
        try amount(field.path, times: factor)
    }

    func list(_ field: BorgField) -> [String] { list(field.path) }

    func fault(_ field: BorgField, _ expected: String) -> RowFault { fault(field.path, expected) }

    func constraints() throws(RowFault) -> [TraceConstraint]? {
        guard var value = member("constraint") else { return nil }
        // In CSV, which has no records, what `TO_JSON_STRING` makes of them.
        if case .string(let text) = value {
            do throws(JSONSyntaxError) {
                var parser = JSONParser(Array(text.utf8))
                value = try parser.parseDocument()
            } catch {
                throw fault("constraint", "a list of constraints in JSON")
            }
        }
        guard let elements = value.arrayValue else { return nil }
        var constraints: [TraceConstraint] = []
        for element in elements {
            let row = BorgObject(element)
            let relations: [TraceConstraint.Relation] = [
                .equal, .notEqual, .less, .greater, .lessOrEqual, .greaterOrEqual, .present, .absent,
            ]
            let code =
                try row.code(
                    "relation",
                    [
                        "EQUAL", "NOT_EQUAL", "LESS_THAN", "GREATER_THAN", "LESS_THAN_EQUAL",
                        "GREATER_THAN_EQUAL", "PRESENT", "NOT_PRESENT",
                    ]) ?? 0
            guard relations.indices.contains(code) else { throw row.fault("relation", "0 to 7, or its name") }
            let value = row.text("value") ?? ""
            var relation = relations[code]
            // A machine without the attribute has the empty text as its value.
            if value.isEmpty && relation == .equal { relation = .absent }
            if value.isEmpty && relation == .notEqual { relation = .present }
            constraints.append(
                TraceConstraint(attribute: try row.name("name"), relation: relation, value: value))
        }
        return constraints
    }

    func fault(_ path: String, _ expected: String) -> RowFault {
        let found = member(path).map { "'\(String(JSONText.compact($0).prefix(40)))'" } ?? "nothing"
        return RowFault(column: path, found: found, expected: expected)
    }
}

/// A short text of a JSON value for messages.
private enum JSONText {
    static func compact(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        case .null: "null"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
