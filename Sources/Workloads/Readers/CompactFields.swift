import KubernetesModel
import SimulationKernel

// How each kind of record is written in the compact form, and read again.

extension CompactEncoder {
    mutating func resources(_ value: TraceResources) {
        signed(value.milliCPU)
        signed(value.memoryBytes)
        signed(value.diskBytes)
        signed(value.gpuCount)
        signed(value.gpuMilli)
        unsigned(UInt64(value.others.count))
        for other in value.others {
            text(other.name)
            signed(other.amount)
        }
    }

    mutating func labels(_ values: [TraceLabel]) {
        unsigned(UInt64(values.count))
        for label in values {
            text(label.name)
            text(label.value)
        }
    }

    mutating func texts(_ values: [String]) {
        unsigned(UInt64(values.count))
        for value in values { text(value) }
    }

    mutating func optional(_ value: Int64?) {
        byte(value == nil ? 0 : 1)
        if let value { signed(value) }
    }

    /// What tasks have in common: all but the id, the times, the machine, the job and the dependencies.
    mutating func template(_ task: TraceTaskTraits) {
        text(task.user)
        text(task.group)
        resources(task.requests)
        byte(task.limits == nil ? 0 : 1)
        if let limits = task.limits { resources(limits) }
        texts(task.gpuModels)
        optional(task.priority.map { Int64($0) })
        byte(task.qos.rawValue)
        unsigned(UInt64(task.constraints.count))
        for constraint in task.constraints {
            text(constraint.attribute)
            byte(constraint.relation.rawValue)
            text(constraint.value)
        }
        optional(task.maxPerMachine)
        byte(task.outcome.rawValue)
        labels(task.labels)
    }

    mutating func machine(_ event: TraceMachineEvent) {
        byte(event.kind.rawValue)
        text(event.machine.id)
        resources(event.machine.capacity)
        text(event.machine.gpuModel)
        labels(event.machine.labels)
    }

    mutating func object(_ object: TraceObject, json: String) {
        byte(object.action.rawValue)
        text(json)
        unsigned(UInt64(object.podLifetimes.count))
        for lifetime in object.podLifetimes {
            unsigned(lifetime.specHash)
            signed(lifetime.start.nanoseconds)
            optional(lifetime.end?.nanoseconds)
        }
    }
}

extension CompactDecoder {
    mutating func resources() throws(Fault) -> TraceResources {
        var value = TraceResources()
        value.milliCPU = try signed()
        value.memoryBytes = try signed()
        value.diskBytes = try signed()
        value.gpuCount = try signed()
        value.gpuMilli = try signed()
        for _ in 0..<(try count()) {
            let name = try text()
            value.others.append(NamedAmount(name: name, amount: try signed()))
        }
        return value
    }

    mutating func labels() throws(Fault) -> [TraceLabel] {
        var values: [TraceLabel] = []
        for _ in 0..<(try count()) {
            let name = try text()
            values.append(TraceLabel(name: name, value: try text()))
        }
        return values
    }

    mutating func texts() throws(Fault) -> [String] {
        var values: [String] = []
        for _ in 0..<(try count()) { values.append(try text()) }
        return values
    }

    mutating func optional() throws(Fault) -> Int64? { try byte() == 0 ? nil : try signed() }

    mutating func template() throws(Fault) -> TraceTaskTraits {
        var task = TraceTaskTraits(requests: TraceResources())
        task.user = try text()
        task.group = try text()
        task.requests = try resources()
        if try byte() != 0 { task.limits = try resources() }
        task.gpuModels = try texts()
        if let priority = try optional() {
            guard let narrow = Int32(exactly: priority) else { throw Fault() }
            task.priority = narrow
        }
        guard let qos = TraceTask.QoS(rawValue: try byte()) else { throw Fault() }
        task.qos = qos
        for _ in 0..<(try count()) {
            let attribute = try text()
            guard let relation = TraceConstraint.Relation(rawValue: try byte()) else { throw Fault() }
            task.constraints.append(
                TraceConstraint(attribute: attribute, relation: relation, value: try text()))
        }
        task.maxPerMachine = try optional()
        guard let outcome = TraceTask.Outcome(rawValue: try byte()) else { throw Fault() }
        task.outcome = outcome
        task.labels = try labels()
        return task
    }

    mutating func machine(at time: VirtualTime) throws(Fault) -> TraceMachineEvent {
        guard let kind = TraceMachineEvent.Kind(rawValue: try byte()) else { throw Fault() }
        var machine = TraceMachine(id: try text(), capacity: try resources())
        machine.gpuModel = try text()
        machine.labels = try labels()
        return TraceMachineEvent(time: time, kind: kind, machine: machine)
    }

    mutating func object(at time: VirtualTime) throws(Fault) -> TraceObject {
        guard let action = TraceObject.Action(rawValue: try byte()) else { throw Fault() }
        let text = try text()
        let json: JSONValue
        do throws(JSONSyntaxError) { json = try JSONParser.parse(text) } catch { throw Fault() }
        var lifetimes: [TraceObject.PodLifetime] = []
        for _ in 0..<(try count()) {
            let hash = try unsigned()
            let start = VirtualTime(nanoseconds: try signed())
            lifetimes.append(
                TraceObject.PodLifetime(
                    specHash: hash, start: start, end: try optional().map(VirtualTime.init(nanoseconds:))))
        }
        return TraceObject(time: time, action: action, object: json, podLifetimes: lifetimes)
    }
}
