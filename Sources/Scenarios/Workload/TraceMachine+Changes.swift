import Workloads

extension TraceMachine {
    /// What the machine is after a change of its capacity or its attributes; other events change nothing.
    mutating func take(_ event: TraceMachineEvent) {
        switch event.kind {
        case .update:
            capacity = event.machine.capacity
            if !event.machine.gpuModel.isEmpty { gpuModel = event.machine.gpuModel }
            set(event.machine.labels)
        case .label, .add: set(event.machine.labels)
        case .unlabel: labels.removeAll { label in event.machine.labels.contains { $0.name == label.name } }
        case .remove, .fault: break
        }
    }

    private mutating func set(_ changes: [TraceLabel]) {
        for change in changes {
            if let place = labels.firstIndex(where: { $0.name == change.name }) {
                labels[place].value = change.value
            } else {
                labels.append(change)
            }
        }
    }
}
