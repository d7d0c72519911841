public import KubernetesModel
public import SimulationKernel

/// Samples what pods use, and answers the resource metrics API: metrics-server with one replica.
///
/// Every so often it reads each kubelet. Of each container it keeps the last two points, and CPU is the slope
/// between them, so that a pod shows once every one of its containers has two; a container that started since
/// the point before is shown from its start on, once it is 10 s old. A pod that a reading does not have,
/// because its node cannot be reached, is gone from the answers until it has two points again.
/// Upstream: `kubernetes-sigs/metrics-server` 0.8, `pkg/storage/{pod,types}.go`, `pkg/server/server.go`.
public struct MetricsServer: Sendable {
    /// What a kubelet says of one running container.
    public struct ContainerReading: Sendable {
        public var name: String
        public var startedAt: VirtualTime
        /// CPU time since the start, in nanoseconds of one core.
        public var cpuNanoseconds: UInt64
        public var memoryBytes: Int64

        public init(name: String, startedAt: VirtualTime, cpuNanoseconds: UInt64, memoryBytes: Int64) {
            self.name = name
            self.startedAt = startedAt
            self.cpuNanoseconds = cpuNanoseconds
            self.memoryBytes = memoryBytes
        }
    }

    /// What a kubelet says of one pod.
    public struct PodReading: Sendable {
        public var pod: ObjectKey
        public var containers: [ContainerReading]

        public init(pod: ObjectKey, containers: [ContainerReading]) {
            self.pod = pod
            self.containers = containers
        }
    }

    private struct Point: Sendable {
        var start: VirtualTime
        var time: VirtualTime
        var cpuNanoseconds: UInt64
        var memoryBytes: Int64
    }

    /// A pod's containers, in the order in which the kubelet names them; nil for one without a second point.
    private struct Record: Sendable {
        var names: [String] = []
        var last: [Point] = []
        var previous: [Point?] = []

        func place(of name: String) -> Int? { names.firstIndex(of: name) }
    }

    /// A container of less than this age has no point of its own start.
    static let freshContainerAge = VirtualDuration.seconds(10)

    /// How often kubelets are read (`--metric-resolution`; the shipped manifests have 15 s).
    public let resolution: VirtualDuration
    private var records: [ObjectKey: Record] = [:]

    public init(resolution: VirtualDuration = .seconds(15)) { self.resolution = resolution }

    // MARK: Reading kubelets

    /// Takes in one reading of all kubelets, in place of the one before.
    public mutating func store(_ readings: [PodReading], at now: VirtualTime) {
        var next: [ObjectKey: Record] = [:]
        next.reserveCapacity(readings.count)
        for reading in readings {
            let old = records[reading.pod]
            var record = Record()
            for container in reading.containers {
                let point = Point(
                    start: container.startedAt, time: now, cpuNanoseconds: container.cpuNanoseconds,
                    memoryBytes: container.memoryBytes)
                record.names.append(container.name)
                record.last.append(point)
                record.previous.append(previous(of: point, in: old, container.name))
            }
            next[reading.pod] = record
        }
        records = next
    }

    /// Forgets everything: nobody has asked for long.
    public mutating func removeAll() { records = [:] }

    private func previous(of point: Point, in record: Record?, _ name: String) -> Point? {
        let age = point.time - point.start
        if age > .zero && age < resolution && age >= Self.freshContainerAge {
            return Point(
                start: point.start, time: point.start, cpuNanoseconds: 0, memoryBytes: point.memoryBytes)
        }
        guard let record, let place = record.place(of: name) else { return nil }
        let last = record.last[place]
        // A container that started after its last point is another one.
        guard point.start < last.time else { return nil }
        if point.time > last.time { return last }
        guard let before = record.previous[place], before.time < point.time else { return nil }
        return before
    }

    // MARK: Answering

    /// What a pod uses; nil while it has not got two points of every container.
    public func usage(of pod: ObjectKey) -> MetricValueList.Item? {
        guard let record = records[pod], !record.names.isEmpty else { return nil }
        var containers: [MetricValueList.ContainerUsage] = []
        var earliest: (time: VirtualTime, window: VirtualDuration)?
        for place in record.names.indices {
            guard let before = record.previous[place] else { return nil }
            let last = record.last[place]
            let window = last.time - before.time
            guard last.start >= before.start, last.cpuNanoseconds >= before.cpuNanoseconds, window > .zero
            else { continue }
            let rate = Double(last.cpuNanoseconds - before.cpuNanoseconds) / window.fractionalSeconds
            containers.append(
                MetricValueList.ContainerUsage(
                    name: record.names[place],
                    usage: ResourceList([
                        (ResourceName.cpu, Quantity(nano: Int64(rate))),
                        (ResourceName.memory, Quantity(value: last.memoryBytes, format: .binarySI)),
                    ])))
            if earliest.map({ last.time < $0.time }) ?? true { earliest = (last.time, window) }
        }
        guard let earliest else { return nil }
        return MetricValueList.Item(
            name: pod.name, timestamp: Timestamp(earliest.time).time, window: earliest.window,
            containers: containers)
    }

    /// Answers a list of the pods with these names, which are running.
    public func list(_ pods: [ObjectKey]) -> MetricValueList {
        MetricValueList(items: pods.compactMap(usage))
    }
}
