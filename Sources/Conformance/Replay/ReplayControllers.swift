import ControlPlane
import Controllers
import KubernetesModel
import SimulationKernel

/// What recordings do not tell, though results may depend on it.
struct ReplayVariant {
    /// How long before the case the controllers were started; it decides when they look at everything again.
    var phase = VirtualDuration.zero
    /// Which of several nodes that wait is tainted first; upstream it is up to a hash table.
    var taintsLastFirst = false
    /// How long the driver's calls for one pod take.
    var driverPause = VirtualDuration.milliseconds(8)

    /// The variants under which a case may agree: it does when it agrees under one of them.
    static func all(for recording: JSONValue) -> [ReplayVariant] {
        let phases = [Int64(0), 3, 6, 9, 12].map { VirtualDuration.seconds($0) }
        switch recording["category"]?.stringValue {
        case "nodelifecycle":
            return [false, true].flatMap { order in
                phases.map { ReplayVariant(phase: $0, taintsLastFirst: order) }
            }
        case "volume": return phases.map { ReplayVariant(phase: $0) }
        default: break
        }
        guard (recording["steps"]?.arrayValue ?? []).contains(where: { $0["net"] == true }) else {
            return [ReplayVariant()]
        }
        // In how many syncs a bulk of changes was worked off depends on the speed of the driver.
        return [8, 5, 6, 4, 7, 3, 12, 2, 16, 24, 1].map { ReplayVariant(driverPause: .milliseconds($0)) }
    }
}

/// The controllers and the server's settings with which recordings were made.
///
/// A controller that simk gains is one line in ``add(to:for:epoch:variant:)``, and one less in ``gaps``.
enum ReplayControllers {
    /// Kinds whose controllers or admission are not there yet, with what is missing.
    private static let gaps: [ObjectKind: String] = [
        .horizontalPodAutoscaler: "the metrics APIs beside a HorizontalPodAutoscaler"
    ]

    /// Why a recording cannot be played; nil when it can.
    static func gap(of recording: JSONValue) -> String? {
        for step in recording["steps"]?.arrayValue ?? [] {
            guard let object = step["object"], step["do"]?.stringValue?.hasPrefix("create") == true,
                let kind = ObjectKind(
                    apiVersion: object["apiVersion"]?.stringValue ?? "",
                    kind: object["kind"]?.stringValue ?? "")
            else { continue }
            if let gap = gaps[kind] { return gap }
        }
        return nil
    }

    /// Adds what kube-controller-manager runs by default, in its order of start.
    static func add(
        to manager: inout ControllerManager, for recording: JSONValue, epoch: CalendarTime,
        variant: ReplayVariant
    ) {
        let flags = recording["flags"]
        let gates = recording["featureGates"]
        manager.add(EndpointSliceController(epoch: epoch))
        manager.add(EndpointsController(epoch: epoch))
        manager.add(ReplicationControllerController())
        let threshold = flags?["terminated-pod-gc-threshold"]?.stringValue.flatMap { Int($0) }
        manager.add(PodGCController(terminatedPodThreshold: threshold ?? 12_500))
        manager.add(ResourceQuotaController())
        manager.add(NamespaceController())
        manager.add(ServiceAccountController())
        manager.add(GarbageCollectorController())
        manager.add(DaemonSetController())
        manager.add(JobController())
        manager.add(DeploymentController())
        manager.add(ReplicaSetController())
        manager.add(DisruptionController())
        manager.add(
            StatefulSetController(respectsMaxUnavailable: gates?["MaxUnavailableStatefulSet"] == true))
        manager.add(CronJobController(epoch: epoch))
        manager.add(NodeTTLController())
        if recording["lifecycle"] == true {
            func seconds(_ flag: String, _ value: inout VirtualDuration) {
                let text = flags?[flag]?.stringValue ?? ""
                if let number = Int64(text.dropLast()) { value = .seconds(number) }
            }
            var options = NodeLifecycleOptions()
            seconds("node-monitor-period", &options.monitorPeriod)
            seconds("node-monitor-grace-period", &options.monitorGracePeriod)
            seconds("node-startup-grace-period", &options.startupGracePeriod)
            options.taintsLastFirst = variant.taintsLastFirst
            manager.add(NodeLifecycleController(options: options))
            manager.add(TaintEvictionController())
        }
        manager.add(AttachDetachController())
        manager.add(PersistentVolumeController())
        manager.add(VolumeExpandController())
        manager.add(PVCProtectionController())
        manager.add(PVProtectionController())
        manager.add(TTLAfterFinishedController())
        manager.add(RootCertificatePublisher())
    }

    static func configure(_ server: inout APIServer, for recording: JSONValue) {
        if recording["featureGates"]?["MaxUnavailableStatefulSet"] == true {
            server.enabledFeatureGates.insert(.maxUnavailableStatefulSet)
        }
    }
}
