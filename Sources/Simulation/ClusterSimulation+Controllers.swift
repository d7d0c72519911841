import Autoscalers
import ControlPlane
import Controllers
import KubernetesModel
import Scheduler
import SimulationKernel

extension ClusterSimulation {
    /// A scheduler with nothing remembered.
    func newScheduler() -> SchedulerComponent {
        var scheduler = SchedulerComponent(
            configuration: configuration.scheduler, seed: configuration.seed,
            timing: configuration.schedulerTiming, tieBreak: configuration.schedulerTies, start: now)
        scheduler.isRecording = observers.contains(where: \.hearsScheduling)
        scheduler.recordsDecisions = observers.contains(where: \.hearsPlacements)
        return scheduler
    }

    /// A controller manager with all controllers, in upstream's order of start
    /// (`cmd/kube-controller-manager/app/controllermanager.go`, v1.36).
    func newControllerManager() -> ControllerManager {
        var options = configuration.controllers
        let timing = configuration.timing
        // A renewal has to reach the server, be committed and come back through the watch.
        options.nodeLifecycle.renewalDelay =
            timing.requestLatency + timing.commitLatency + timing.watchLatency
        var manager = ControllerManager(wrapping: options.wrapping)
        manager.add(EndpointSliceController(epoch: configuration.start))
        manager.add(EndpointsController(epoch: configuration.start))
        manager.add(ReplicaController<ReplicationController>())
        manager.add(
            PodGCController(period: options.podGCPeriod, quarantine: options.podGCQuarantine))
        manager.add(ResourceQuotaController(syncPeriod: options.quotaSyncPeriod))
        manager.add(NamespaceController())
        manager.add(ServiceAccountController())
        manager.add(GarbageCollectorController())
        manager.add(DaemonSetController())
        manager.add(JobController())
        manager.add(DeploymentController())
        manager.add(ReplicaController<ReplicaSet>())
        manager.add(HorizontalPodAutoscalerController(options: options.horizontal))
        manager.add(DisruptionController())
        manager.add(StatefulSetController())
        manager.add(CronJobController(epoch: configuration.start))
        manager.add(NodeTTLController())
        manager.add(NodeLifecycleController(options: options.nodeLifecycle))
        manager.add(TaintEvictionController())
        manager.add(AttachDetachController(options: options.attachDetach))
        manager.add(PersistentVolumeController(resyncPeriod: options.claimBinderSyncPeriod))
        manager.add(VolumeExpandController())
        manager.add(PVCProtectionController())
        manager.add(PVProtectionController())
        manager.add(TTLAfterFinishedController())
        manager.add(RootCertificatePublisher())
        return manager
    }

    /// The storage driver's sidecars: they make volumes, attach them and make them larger.
    func newStorageSidecars() -> ControllerManager {
        var manager = ControllerManager()
        manager.add(ExternalProvisioner(timing: configuration.controllers.volumes))
        manager.add(CSIAttacher(timing: configuration.controllers.volumes))
        manager.add(CSIResizer(timing: configuration.controllers.volumes))
        return manager
    }
}
