import Autoscalers
import ControlPlane
import Controllers
import Failures
import KubernetesModel
import Scheduler
public import Simulation
import SimulationKernel
import Stochastics
import VirtualNodes

extension ClusterConfiguration {
    /// The cluster that a scenario describes.
    public init(_ scenario: Scenario) {
        self.init(seed: scenario.seed, start: scenario.start)
        let plan = scenario.cluster
        zones = plan.zones.map(\.name)
        racks = plan.racks
        // The reader has checked it.
        var environment = PluginEnvironment(
            seed: scenario.seed, epoch: scenario.start, imageBytesPerSecond: plan.registry.bandwidth.value,
            unknownImageBytes: plan.registry.defaultImageSize.value)
        let data = plan.dataCatalog(seed: scenario.seed)
        environment.data = data
        if !data.isEmpty { kubelet.readTime = { data.readTime(of: $0, on: $1) } }
        environment.sharesGPUs = plan.nodePools.contains {
            $0.allocatable[GPURequest.countAnnotation]?.value ?? 0 > 0
        }
        if environment.sharesGPUs { environment.targetWorkload = scenario.targetWorkload }
        if !plan.scheduler.configuration.isNull || environment.sharesGPUs,
            let configured = try? SchedulerConfiguration(
                json: plan.scheduler.configuration, registry: .standard(environment))
        {
            scheduler = configured
            scheduler.attach(HTTPExtenderTransport(), epoch: scenario.start)
            clients.scheduler = ClientLimits.Limit(
                queriesPerSecond: configured.queriesPerSecond, burst: Int(configured.burst))
        }
        schedulerTies =
            switch plan.scheduler.ties {
            case .seeded: .drawn
            case .lexicographic: .lexicographic
            case .first: .first
            }
        schedulers = plan.schedulers
        controllerManagers = plan.controllerManagers
        admitsServiceAccounts = plan.admitsServiceAccounts
        for node in plan.nodes {
            let pool = plan.nodePools[node.pool]
            var description = NodeDescription(name: node.name)
            description.labels = Labels(node.labels.map { ($0.key, $0.value) })
            description.taints = pool.taints
            description.capacity = pool.capacity
            description.allocatable = pool.allocatable
            description.disks = pool.disks.map {
                NodeDisk(name: $0.name, mountPath: $0.mountPath, repair: $0.repair)
            }
            // containerd's times are timing parameters.
            if pool.runtime != .containerd { description.runtime = pool.runtime.profile }
            for (handler, runtime) in pool.runtimeHandlers {
                description.runtimeHandlers[handler] = runtime.profile
            }
            description.imageBandwidth = Double(plan.registry.bandwidth.value)
            let place = nodes.count
            description.internalIP = "10.\(place >> 16 & 255).\(place >> 8 & 255).\(place & 255)"
            description.podCIDR = "10.\(128 + (place >> 8 & 127)).\(place & 255).0/24"
            nodes.append(
                NodeConfiguration(
                    description, zone: zones.firstIndex(of: node.zone), rack: racks.firstIndex(of: node.rack),
                    bootTime: .distribution(pool.bootTime)))
        }
        kubelet.images.entries = plan.images.map { image in
            ImageCatalog.Entry(
                image: image.name, sizeBytes: image.size.value,
                failure: image.isMissing ? "\(image.name): not found" : nil)
        }
        kubelet.images.standardSizeBytes = plan.registry.defaultImageSize.value
        kubelet.behaviors.rules = scenario.behaviors.map(BehaviorCatalog.Rule.init)
        for object in scenario.everyManifest where object.kind == .runtimeClass {
            kubelet.runtimeClasses[object.key.name] = object.tree["handler"]?.stringValue
        }
        metrics = scenario.metrics.map(\.metric)
        failures = scenario.failures.map { FailurePlan($0, in: plan) }
        chaos = scenario.chaos
        apply(plan.parameters)
    }

    /// Puts the named constants in their places.
    private mutating func apply(_ parameters: ParameterValues) {
        func set(_ name: String, _ target: inout VirtualDuration) {
            if let value = parameters.duration(name) { target = value }
        }
        // A configuration of the scheduler says it otherwise.
        func setIfGiven(_ name: String, _ target: inout VirtualDuration) {
            if parameters.changed.contains(where: { $0.parameter.name == name }) { set(name, &target) }
        }
        func set(_ name: String, _ target: inout Draw) {
            if let value = parameters.duration(name) { target = .constant(value) }
        }
        set("requestLatency", &timing.requestLatency)
        set("commitLatency", &timing.commitLatency)
        set("responseLatency", &timing.responseLatency)
        set("watchLatency", &timing.watchLatency)
        set("unreachableTimeout", &timing.unreachableTimeout)
        set("defaultNotReadyToleration", &notReadyToleration)
        set("defaultUnreachableToleration", &unreachableToleration)
        set("leaderElectionLeaseDuration", &election.leaseDuration)
        set("leaderElectionRenewDeadline", &election.renewDeadline)
        set("leaderElectionRetryPeriod", &election.retryPeriod)

        set("schedulingTime", &schedulerTiming.cycleBase)
        setIfGiven("podInitialBackoff", &scheduler.podInitialBackoff)
        setIfGiven("podMaxBackoff", &scheduler.podMaxBackoff)
        set("podMaxInUnschedulablePods", &scheduler.podMaxInUnschedulablePods)

        set("nodeLeaseRenewInterval", &kubelet.timing.leaseRenewalPeriod)
        if let duration = parameters.duration("nodeLeaseDuration") {
            kubelet.timing.leaseDurationSeconds = duration.wholeSeconds
        }
        // At its default the report of an unchanged status changes nothing and is left out.
        if parameters.changed.contains(where: { $0.parameter.name == "nodeStatusReportFrequency" }) {
            kubelet.timing.nodeStatusReportPeriod = parameters.duration("nodeStatusReportFrequency")
        }
        set("kubeletSyncFrequency", &kubelet.timing.syncFrequency)
        set("podLifecycleRelistPeriod", &kubelet.timing.relistPeriod)
        set("crashLoopBackOffInitial", &kubelet.timing.crashBackOffInitial)
        set("crashLoopBackOffMaximum", &kubelet.timing.crashBackOffMaximum)
        set("crashLoopBackOffReset", &kubelet.timing.crashBackOffReset)
        set("imagePullBackOffInitial", &kubelet.timing.imageBackOffInitial)
        set("imagePullBackOffMaximum", &kubelet.timing.imageBackOffMaximum)
        set("sandboxStartTime", &kubelet.runtime.sandboxStart)
        set("containerStartTime", &kubelet.runtime.containerStart)
        set("volumeMountTime", &kubelet.volumes.deviceMount)
        set("volumeNodeExpandTime", &kubelet.volumes.expand)

        set("nodeMonitorPeriod", &controllers.nodeLifecycle.monitorPeriod)
        set("nodeMonitorGracePeriod", &controllers.nodeLifecycle.monitorGracePeriod)
        set("nodeStartupGracePeriod", &controllers.nodeLifecycle.startupGracePeriod)
        func set(_ name: String, _ target: inout Float) {
            if let value = parameters.number(name) { target = Float(value) }
        }
        set("nodeEvictionRate", &controllers.nodeLifecycle.evictionRate)
        set("secondaryNodeEvictionRate", &controllers.nodeLifecycle.secondaryEvictionRate)
        set("unhealthyZoneThreshold", &controllers.nodeLifecycle.unhealthyZoneThreshold)
        if let value = parameters.number("largeClusterSizeThreshold") {
            controllers.nodeLifecycle.largeClusterThreshold = Int(value)
        }
        set("podGCPeriod", &controllers.podGCPeriod)
        set("podGCQuarantine", &controllers.podGCQuarantine)
        set("claimBinderSyncPeriod", &controllers.claimBinderSyncPeriod)
        set("forceDetachTimeout", &controllers.attachDetach.maxWaitForUnmountDuration)
        set("attachDetachPeriod", &controllers.attachDetach.loopPeriod)
        set("horizontalPodAutoscalerSyncPeriod", &controllers.horizontal.syncPeriod)
        set("horizontalPodAutoscalerDownscaleStabilization", &controllers.horizontal.downscaleStabilization)
        set("horizontalPodAutoscalerCPUInitializationPeriod", &controllers.horizontal.cpuInitializationPeriod)
        set("horizontalPodAutoscalerInitialReadinessDelay", &controllers.horizontal.initialReadinessDelay)
        if let tolerance = parameters.number("horizontalPodAutoscalerTolerance") {
            controllers.horizontal.tolerance = tolerance
        }
        set("metricResolution", &metricResolution)
        set("volumeProvisionTime", &controllers.volumes.provision)
        set("volumeAttachTime", &controllers.volumes.attach)
        set("volumeDetachTime", &controllers.volumes.detach)
        set("volumeExpandTime", &controllers.volumes.expand)
        set("quotaSyncPeriod", &controllers.quotaSyncPeriod)
    }
}

extension FailurePlan {
    init(_ rule: FailureRule, in cluster: ClusterPlan) {
        func isMeant(_ node: NodePlan) -> Bool {
            rule.pools.isEmpty || rule.pools.contains(cluster.nodePools[node.pool].name)
        }
        let targets: [Target]
        switch rule.model.scope {
        case .node:
            targets = cluster.nodes.enumerated().filter { isMeant($1) }.map {
                Target(component: FailureComponent(.node, UInt32($0)), name: $1.name)
            }
        case .rack:
            let racks = Set(cluster.nodes.filter(isMeant).map(\.rack))
            targets = cluster.racks.enumerated().filter { racks.contains($1) }.map {
                Target(component: FailureComponent(.rack, UInt32($0)), name: $1)
            }
        case .zone:
            let zones = Set(cluster.nodes.filter(isMeant).map(\.zone))
            targets = cluster.zones.enumerated().filter { zones.contains($1.name) }.map {
                Target(component: FailureComponent(.zone, UInt32($0)), name: $1.name)
            }
        case .disk:
            // Numbered node by node, as ``ClusterConfiguration/disks`` has them.
            let disks = cluster.nodes.flatMap { node in
                cluster.nodePools[node.pool].disks.map { (node, $0.name) }
            }
            targets = disks.enumerated().filter { isMeant($1.0) && rule.disks.contains($1.1) }.map {
                Target(component: FailureComponent(.disk, UInt32($0)), name: "\($1.0.name)/\($1.1)")
            }
        }
        self.init(model: rule.model, targets: targets)
    }
}

extension BehaviorCatalog.Rule {
    init(_ rule: BehaviorRule) {
        var behavior = ContainerBehavior()
        behavior.startupTime = .distribution(rule.startup)
        behavior.runTime = rule.runTime.map(Draw.distribution)
        behavior.exitCode = rule.exitCode
        behavior.readinessDelay = .distribution(rule.readinessDelay)
        behavior.livenessFailure = rule.livenessFailsAfter.map(Draw.distribution)
        if let crash = rule.crash {
            let after = Draw.distribution(crash.after)
            behavior.crashes =
                crash.times.map { .runTimes(Array(repeating: after, count: Int($0))) }
                ?? .always(after: after)
            behavior.crashExitCode = crash.exitCode
        }
        behavior.hookDuration = .distribution(rule.preStop)
        behavior.stopTime = rule.ignoresSIGTERM ? nil : .distribution(rule.shutdown)
        behavior.diskFailure = rule.diskFailure.map {
            DiskFailureResponse(after: .distribution($0.after), exitCode: $0.exitCode)
        }
        behavior.cpu = rule.cpuUsage
        behavior.memory = rule.memoryUsage
        self.init(
            namespace: rule.namespace, selector: rule.selector, container: rule.container, behavior: behavior)
    }
}

extension WorkloadMeter {
    /// A meter that knows where a scenario's data is and what its nodes cost.
    convenience init(_ scenario: Scenario) {
        let prices = scenario.cluster.prices
        self.init(
            duration: scenario.duration, data: scenario.cluster.dataCatalog(seed: scenario.seed),
            price: { prices[$0] })
    }
}

extension ClusterPlan {
    /// The price of an hour of each node that has one: its label `simk.dev/price-per-hour`.
    var prices: [String: Double] {
        var prices: [String: Double] = [:]
        for node in nodes {
            guard let text = node.labels[Self.priceLabel], let price = Double(text), price >= 0 else {
                continue
            }
            prices[node.name] = price
        }
        return prices
    }
}
