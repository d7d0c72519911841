/// What a pod's validation tolerates: v1.36's default feature gates, and faults that the stored pod already
/// has.
///
/// Upstream: `pkg/api/pod/util.go`, `GetValidationOptionsFromPodSpecAndMeta` (v1.36).
struct PodOptions {
    var isPod = false
    var allowsInvalidDeletionCost = false
    var allowsInvalidSelectorValues = false
    var allowsInvalidNodeAffinityValues = false
    var allowsIndivisibleHugePages = false
    var allowsInvalidSpreadSelector = false
    var allowsNonLocalTokenPath = false
    var allowsNamespacedSysctls = false
    var onlyRecursiveSELinuxChange = true
    var violatesMatchLabelKeys = false
    var allowsRestartForPlainInitContainers = false
    var allowsUserNamespacesWithDevices = false
    var allowsComparisonTolerations = false
    var allowsUserNamespacesWithHostNetwork = false

    init() {}

    /// The options for an object whose stored form has this pod spec.
    init(oldSpec: APITree, oldMeta: APITree) {
        guard oldSpec.exists else { return }
        let containers = PodSpecView.allContainers(oldSpec)
        allowsIndivisibleHugePages = containers.contains { container in
            ["limits", "requests"].contains { list in
                container.resources[list].entries.contains { name, value in
                    guard ResourceNames.isHugePage(name), let quantity = value.quantity else { return false }
                    return !ResourceNames.isDivisible(name, quantity)
                }
            }
        }
        func terms(_ kind: APITree) -> [APITree] {
            kind.requiredDuringSchedulingIgnoredDuringExecution.list
                + kind.preferredDuringSchedulingIgnoredDuringExecution.list.map(\.podAffinityTerm)
        }
        func hasInvalidValue(_ selector: APITree) -> Bool {
            selector.matchExpressions.list.contains {
                $0.values.strings.contains { !Names.labelValue($0).isEmpty }
            }
        }
        let affinity = oldSpec.affinity
        allowsInvalidSelectorValues = (terms(affinity.podAffinity) + terms(affinity.podAntiAffinity))
            .contains { hasInvalidValue($0.labelSelector) }
        let required = affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
        allowsInvalidNodeAffinityValues = required.nodeSelectorTerms.list.contains(where: hasInvalidValue)
        let spreads = oldSpec.topologySpreadConstraints.list
        allowsInvalidSpreadSelector = spreads.contains { spread in
            guard spread.labelSelector.exists else { return false }
            var faults = FieldErrorList()
            faults.labelSelector(spread.labelSelector, FieldPath())
            return !faults.isEmpty
        }
        violatesMatchLabelKeys = spreads.contains { spread in
            guard !spread.matchLabelKeys.isEmpty else { return false }
            var faults = FieldErrorList()
            faults.matchLabelKeys(
                spread.matchLabelKeys.strings, mismatch: [], selector: spread.labelSelector, FieldPath())
            return !faults.isEmpty
        }
        allowsNonLocalTokenPath = oldSpec.volumes.list.contains { volume in
            volume.projected.sources.list.contains { source in
                guard source.serviceAccountToken.exists else { return false }
                var faults = FieldErrorList()
                faults.localPath(source.serviceAccountToken.path.text, FieldPath())
                return !faults.isEmpty
            }
        }
        allowsNamespacedSysctls = oldSpec.securityContext.sysctls.list.contains {
            PodSpecView.hostSysctlFault($0.name.text, oldSpec) != nil
        }
        onlyRecursiveSELinuxChange = !oldSpec.securityContext.seLinuxChangePolicy.exists
        allowsRestartForPlainInitContainers = oldSpec.initContainers.list.contains { container in
            container.restartPolicy.text != "Always"
                && container.resizePolicy.list.contains { $0.restartPolicy.text == "RestartContainer" }
        }
        let ownUsers = oldSpec.hostUsers.optionalFlag == false
        allowsUserNamespacesWithDevices = ownUsers && containers.contains { !$0.volumeDevices.isEmpty }
        allowsUserNamespacesWithHostNetwork = ownUsers && oldSpec.hostNetwork.flag
        allowsComparisonTolerations = oldSpec.tolerations.list.contains {
            $0["operator"].text == "Lt" || $0["operator"].text == "Gt"
        }
        if let cost = oldMeta.annotations["controller.kubernetes.io/pod-deletion-cost"].optionalText {
            allowsInvalidDeletionCost = !PodSpecView.isDeletionCost(cost)
        }
    }
}

/// Ways of looking at a pod spec that several checks share.
enum PodSpecView {
    /// Init containers, containers and ephemeral containers, in this order.
    static func allContainers(_ spec: APITree) -> [APITree] {
        spec.initContainers.list + spec.containers.list + spec.ephemeralContainers.list
    }

    static func allContainers(_ spec: APITree, _ path: FieldPath) -> [(APITree, FieldPath)] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { kind in
            spec[kind].list.enumerated().map { ($1, path.child(kind).index($0)) }
        }
    }

    /// Why a sysctl cannot be set with the pod's host namespaces.
    static func hostSysctlFault(_ name: String, _ spec: APITree) -> String? {
        var sysctl = name
        // A slash before the first dot means that slashes separate.
        if let first = name.first(where: { $0 == "." || $0 == "/" }), first == "/" {
            sysctl = String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
        }
        if let star = sysctl.firstIndex(of: "*") { sysctl = String(sysctl[..<star]) }
        let interprocess: Set<String> = [
            "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
            "kernel.shm", "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.msg",
        ]
        if spec.hostNetwork.flag && sysctl.hasPrefix("net.") {
            return "may not be specified when 'hostNetwork' is true"
        }
        if spec.hostIPC.flag && (interprocess.contains(sysctl) || sysctl.hasPrefix("fs.mqueue.")) {
            return "may not be specified when 'hostIPC' is true"
        }
        return nil
    }

    static func isDeletionCost(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        let isRightStart = first == Names.dash || text == "0" || first >= 0x31 && first <= 0x39
        return isRightStart && Int32(text) != nil
    }

    static func serviceAccount(_ spec: APITree) -> String {
        spec.serviceAccountName.exists ? spec.serviceAccountName.text : spec.serviceAccount.text
    }
}
