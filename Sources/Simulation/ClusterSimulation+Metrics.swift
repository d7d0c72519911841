import Autoscalers
import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics
import VirtualNodes

/// The metrics APIs, and when metrics-server has to work for them.
///
/// It reads kubelets on a grid of its own, and only what an autoscaler may ask for: pods in namespaces that have
/// one, or will have one within two readings. Otherwise nothing happens, for nobody would see it.
struct MetricsPipeline {
    var server: MetricsServer
    let stated: StatedMetrics
    /// When metrics-server took its first reading: its grid has nothing to do with the autoscalers'.
    let phase: VirtualTime
    /// How many autoscalers each namespace has that read resources.
    var autoscalers: [String: Int] = [:]
    /// Autoscalers that the timeline will make: when, and in which namespace.
    var expected: [(time: VirtualTime, namespace: String)] = []
    /// Nil while nobody asks.
    var pods: PodLabelIndex?
    /// The moment for which a reading is scheduled.
    var armedFor = VirtualTime.never
    var alarm: EventHandle?

    init(_ configuration: ClusterConfiguration) {
        let resolution = configuration.metricResolution
        server = MetricsServer(resolution: resolution)
        stated = StatedMetrics(configuration.metrics)
        var stream = RandomStreams(seed: configuration.seed).stream("metrics-server/phase")
        phase = .start + resolution.scaled(by: stream.uniform())
    }

    /// The first reading at or after a moment.
    func reading(from time: VirtualTime) -> VirtualTime {
        time <= phase ? phase : time.roundedUp(toPeriod: server.resolution, phase: phase)
    }
}

extension ClusterSimulation {
    // MARK: Who asks

    /// Manifests that will be applied may have autoscalers: whoever comes finds metrics-server at work.
    func expectAutoscalers(in manifests: [AppliedManifest], at time: VirtualTime) {
        for manifest in manifests where manifest.tree["kind"] == "HorizontalPodAutoscaler" {
            let namespace = manifest.tree["metadata"]?["namespace"]?.stringValue ?? "default"
            metrics.expected.append((time, namespace))
        }
        armScrape()
    }

    /// An autoscaler came, changed or went.
    func autoscalersChanged(_ change: StoreChange) {
        let namespace = change.object.metadata.namespace
        func reads(_ object: APIObject?) -> Bool {
            object?.horizontalPodAutoscaler?.value.readsResources ?? false
        }
        let before = change.kind == .added ? false : reads(change.previous ?? change.object)
        let after = change.kind == .deleted ? false : reads(change.object)
        if before != after { metrics.autoscalers[namespace, default: 0] += after ? 1 : -1 }
        if metrics.autoscalers[namespace] == 0 { metrics.autoscalers[namespace] = nil }
        indexPods()
        armScrape()
    }

    /// A pod came, changed or went.
    func podChanged(_ change: StoreChange) {
        metrics.pods?.update(
            from: change.previous?.metadata, to: change.kind == .deleted ? nil : change.object.metadata)
    }

    private func indexPods() {
        if metrics.pods != nil { return }
        var pods = PodLabelIndex()
        server.store.visitUnordered(.pod) { pods.update(from: nil, to: $0.metadata) }
        metrics.pods = pods
    }

    /// Arms the next reading that somebody may ask for.
    private func armScrape() {
        var wanted = VirtualTime.never
        if !metrics.autoscalers.isEmpty { wanted = metrics.reading(from: now + .nanoseconds(1)) }
        for entry in metrics.expected where entry.time > now {
            let early = entry.time - metrics.server.resolution * 2
            wanted = min(wanted, metrics.reading(from: max(early, now + .nanoseconds(1))))
        }
        if wanted == .never { metrics.server.removeAll() }
        guard wanted != metrics.armedFor else { return }
        if let alarm = metrics.alarm { queue.cancel(alarm) }
        metrics.armedFor = wanted
        metrics.alarm = wanted == .never ? nil : queue.schedule(.metricsScrape, at: wanted)
    }

    // MARK: Reading kubelets

    func scrapeMetrics() {
        metrics.alarm = nil
        metrics.armedFor = .never
        let soon = now + metrics.server.resolution * 2
        metrics.expected.removeAll { $0.time < now }
        var namespaces = Set(metrics.autoscalers.keys)
        for entry in metrics.expected where entry.time <= soon { namespaces.insert(entry.namespace) }
        indexPods()
        var readings: [MetricsServer.PodReading] = []
        for namespace in namespaces.sorted() {
            metrics.pods?.visitUnordered(namespace) { key in
                guard let pod = server.store[.pod, key]?.pod else { return }
                if let reading = reading(of: pod.value) { readings.append(reading) }
            }
        }
        metrics.server.store(readings, at: now)
        armScrape()
    }

    /// What the pod's kubelet says of it; nil when it cannot be reached, or nothing is known of what the pod uses.
    private func reading(of pod: Pod) -> MetricsServer.PodReading? {
        guard !pod.nodeName.isEmpty, let id = kubeletProcesses[pod.nodeName] else { return nil }
        let process = processes[Int(id.index)]
        guard process.isRunning, process.isConnected, case .kubelet(let place) = process.role else {
            return nil
        }
        let used = kubelets[place].containerUsage(of: pod.metadata.uid, at: now)
        guard !used.isEmpty else { return nil }
        var containers = used.map { container in
            MetricsServer.ContainerReading(
                name: container.name, startedAt: container.startedAt,
                cpuNanoseconds: UInt64(max(0, container.cpuSeconds) * 1e9),
                memoryBytes: container.workingSetBytes)
        }
        // Containers of which nothing is said run, too, and use nothing.
        for status in pod.status.containerStatuses where !used.contains(where: { $0.name == status.name }) {
            guard case .running(let started?)? = status.state else { continue }
            containers.append(
                MetricsServer.ContainerReading(
                    name: status.name, startedAt: started.time, cpuNanoseconds: 0, memoryBytes: 0))
        }
        return MetricsServer.PodReading(pod: pod.metadata.key, containers: containers)
    }

    // MARK: Answering

    /// Answers what a client asks the metrics APIs.
    func answer(_ query: MetricsQuery) -> APIResult {
        indexPods()
        func running(_ namespace: String, _ selector: CompiledLabelSelector) -> [Pod] {
            (metrics.pods?.pods(in: namespace, selector) ?? []).compactMap { key in
                guard let pod = server.store[.pod, key]?.pod, pod.value.status.phase == .running else {
                    return nil
                }
                return pod.value
            }
        }
        if case .resources(let namespace, let selector) = query {
            let pods = running(namespace, selector).map(\.metadata.key)
            return .success(APIObject(metrics.server.list(pods)))
        }
        do throws(APIError) {
            return .success(APIObject(try metrics.stated.answer(query, running: running, at: now)))
        } catch {
            return .failure(error)
        }
    }
}

extension HorizontalPodAutoscaler {
    /// Whether it goes by what pods use.
    fileprivate var readsResources: Bool {
        spec.metrics.contains { $0.type == "Resource" || $0.type == "ContainerResource" }
    }
}
