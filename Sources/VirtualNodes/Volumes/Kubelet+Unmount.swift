import ControlPlane
import KubernetesModel
import SimulationKernel
import Stochastics

/// The end of a pod's volumes: unmounted, then given back to the attach/detach controller.
///
/// Upstream: `pkg/kubelet/volumemanager/volume_manager.go`, `WaitForUnmount` (v1.36).
extension Kubelet {
    /// Begins the unmounting of everything that the pod has mounted.
    func unmountVolumes(_ slot: Int32, _ now: VirtualTime) {
        let index = Int(slot)
        var last = now
        for place in pods[index].volumes.indices {
            let wait = settings.value.volumes.localUnmount.sample(
                streams(pods[index]), "unmount", Int(pods[index].volumes[place].index))
            if pods[index].volumes[place].stage == .mounted || pods[index].volumes[place].stage == .mounting {
                last = max(last, tick(timing.volumeLoopPeriod, from: now) + wait)
            }
            if pods[index].volumes[place].stage == .mounted {
                forgetMountBackOff(pods[index].volumes[place])
            }
            releaseAttachable(pods[index].volumes[place], now)
        }
        pods[index].volumeVersion &+= 1
        pods[index].volumeDeadline = last
        if last == now { pods[index].volumes = [] }
        pods[index].stepStartedAt = now
    }

    func releaseAttachable(_ volume: VolumeState, _ now: VirtualTime) {
        guard !volume.uniqueName.isEmpty,
            let place = attachable.firstIndex(where: { $0.name == volume.uniqueName })
        else { return }
        attachable[place].users -= 1
        if attachable[place].users <= 0 {
            let wait = settings.value.volumes.deviceUnmount.sample(nodeStreams, "device-unmount", place)
            attachable[place].unmountedAt = attachable[place].isDeviceMounted ? now + wait : now
        }
    }

    func pollUnmount(_ slot: Int32, _ now: VirtualTime, _ out: inout Outbox) {
        let index = Int(slot)
        guard now >= pods[index].volumeDeadline else {
            arm(slot, at: now + timing.volumePollPeriod)
            return
        }
        pods[index].volumes = []
        dropDetached(now)
        finishPod(slot, now)
        // The devices' own unmounting may still be going on.
        if attachable.contains(where: { $0.users <= 0 }) { scheduleNodeStatus(now) }
    }

    /// Drops volumes that nobody uses and whose devices are unmounted: the next node status frees them.
    func dropDetached(_ now: VirtualTime) {
        attachable.removeAll { $0.users <= 0 && $0.unmountedAt <= now }
    }

    /// After a node status: further volumes may have been released meanwhile.
    func forgetDetached(_ now: VirtualTime) {
        let count = attachable.count
        dropDetached(now)
        if attachable.count != count || attachable.contains(where: { $0.users <= 0 }) {
            scheduleNodeStatus(now)
        }
    }
}
