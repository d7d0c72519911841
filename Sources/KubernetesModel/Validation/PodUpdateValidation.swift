import OrderedCollections

/// Checks of changes to pods, and of their status.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    private func podOptions(_ old: APITree) -> PodOptions {
        var options = PodOptions(oldSpec: old.spec, oldMeta: old.metadata)
        options.isPod = true
        return options
    }

    mutating func podUpdate(_ new: APITree, _ old: APITree) {
        let options = podOptions(old)
        let path = FieldPath("spec")
        metadataUpdate(new.metadata, old.metadata)
        pod(new, options)
        podAnnotationUpdate(new, old, options)
        for kind in ["containers", "initContainers"] {
            let place = path.child(kind)
            if new.spec[kind].count != old.spec[kind].count {
                return forbidden(place, "pod updates may not add or remove containers")
            }
            for (index, container) in new.spec[kind].list.enumerated() {
                if container.image.isEmpty { required(place.index(index).child("image")) }
                containerOnlyForPod(container, place.index(index))
            }
        }
        let deadline = path.child("activeDeadlineSeconds")
        if let seconds = new.spec.activeDeadlineSeconds.optionalInt {
            if seconds < 0 || seconds > Int64(Int32.max) {
                return invalid(deadline, .int(seconds), Names.range(0, Int64(Int32.max)))
            }
            if let before = old.spec.activeDeadlineSeconds.optionalInt, before < seconds {
                return invalid(deadline, .int(seconds), "must be less than or equal to previous value")
            }
        } else if old.spec.activeDeadlineSeconds.exists {
            invalid(deadline, .null, "must not update from a positive integer to nil value")
        }
        addedTolerations(new.spec, old.spec, path.child("tolerations"), options)
        deletedGates(new.spec, old.spec, path.child("schedulingGates"))
        if APITree.areSemanticallyEqual(new.spec, old.spec) { return }

        var spec = FieldErrorList.spec(new.spec, withImagesOf: old.spec)
        for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
            spec = spec.setting(field, old.spec[field])
        }
        let grace = "terminationGracePeriodSeconds"
        if old.spec[grace].int < 0 && spec[grace].int == 1 { spec = spec.setting(grace, old.spec[grace]) }
        if !old.spec.schedulingGates.isEmpty { spec = gatedChanges(spec, old.spec, path) }
        if !APITree.areSemanticallyEqual(spec, old.spec) {
            forbidden(
                path,
                "pod updates may not change fields other than `spec.containers[*].image`,"
                    + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
                    + "`spec.tolerations` (only additions to existing tolerations),"
                    + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
                    + "negative)\n" + FieldErrorList.differenceNote)
        }
    }

    /// Upstream prints a difference of its internal structs after the message's first line.
    static let differenceNote = "(the difference is not shown)"

    private static func spec(_ spec: APITree, withImagesOf old: APITree) -> APITree {
        var result = spec
        for kind in ["containers", "initContainers"] {
            let before = old[kind].list
            let containers = spec[kind].list.enumerated().map { index, container in
                container.setting("image", before[index].image).value ?? .null
            }
            if spec[kind].exists { result = result.setting(kind, APITree(.array(containers))) }
        }
        return result
    }

    /// What may change while a pod is gated: its node selector and node affinity may grow narrower.
    private mutating func gatedChanges(_ new: APITree, _ old: APITree, _ path: FieldPath) -> APITree {
        var spec = new
        if !APITree.areSemanticallyEqual(spec.nodeSelector, old.nodeSelector) {
            let shrinks = old.nodeSelector.textEntries.contains { key, value in
                new.nodeSelector[key].optionalText != value
            }
            if shrinks {
                invalid(
                    path.child("nodeSelector"), .raw(GoText.json(new.nodeSelector.value ?? .null)),
                    "only additions to spec.nodeSelector are allowed (no mutations or deletions)")
            }
            spec = spec.setting("nodeSelector", old.nodeSelector)
        }
        let before = old.affinity.nodeAffinity
        let after = spec.affinity.nodeAffinity
        guard !APITree.areSemanticallyEqual(before, after) else { return spec }
        nodeAffinityChange(after, before, path.child("affinity", "nodeAffinity"))
        if !spec.affinity.exists {
            if before.exists {
                spec = spec.setting(
                    "affinity", APITree(.object(["nodeAffinity": before.value ?? .null])))
            }
        } else if !old.affinity.exists && !spec.affinity.podAffinity.exists
            && !spec.affinity.podAntiAffinity.exists
        {
            spec = spec.setting("affinity", APITree(nil))
        } else {
            spec = spec.setting("affinity", spec.affinity.setting("nodeAffinity", before))
        }
        return spec
    }

    private mutating func nodeAffinityChange(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        guard old[required].exists else { return }
        let place = path.child(required, "nodeSelectorTerms")
        let before = old[required].nodeSelectorTerms.list
        let terms = new[required].nodeSelectorTerms
        let after = terms.list
        if !before.isEmpty && before.count != after.count {
            return invalid(
                place, .raw(GoStruct.json(list: terms, "NodeSelectorTerm")),
                "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
        }
        for (index, term) in before.enumerated() {
            if !FieldErrorList.onlyAdds(after[index], to: term) {
                invalid(
                    place.index(index), .raw(GoStruct.json(after[index], "NodeSelectorTerm")),
                    "only additions are allowed (no mutations or deletions)")
            }
        }
    }

    private static func onlyAdds(_ new: APITree, to old: APITree) -> Bool {
        let kinds = ["matchExpressions", "matchFields"]
        if kinds.allSatisfy({ old[$0].isEmpty }) { return kinds.allSatisfy { new[$0].isEmpty } }
        return kinds.allSatisfy { kind in
            let before = old[kind].list
            let after = new[kind].list
            return after.count >= before.count
                && zip(before, after).allSatisfy { APITree.areSemanticallyEqual($0, $1) }
        }
    }

    private mutating func addedTolerations(
        _ new: APITree, _ old: APITree, _ path: FieldPath, _ options: PodOptions
    ) {
        let after = new.tolerations.list.map { $0.setting("tolerationSeconds", APITree(nil)) }
        for toleration in old.tolerations.list {
            let plain = toleration.setting("tolerationSeconds", APITree(nil))
            if !after.contains(where: { APITree.areSemanticallyEqual($0, plain) }) {
                return forbidden(
                    path, "existing toleration can not be modified except its tolerationSeconds")
            }
        }
        tolerations(new.tolerations.list, path, options)
    }

    private mutating func deletedGates(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        let known = Set(old.schedulingGates.list.map(\.name.text))
        let gates = new.schedulingGates.list.map(\.name.text)
        for (index, name) in gates.enumerated()
        where !known.contains(name) && gates.lastIndex(of: name) == index {
            forbidden(
                path.index(index).child("name"),
                "only deletion is allowed, but found new scheduling gate '\(name)'")
        }
    }

    private mutating func podAnnotationUpdate(_ new: APITree, _ old: APITree, _ options: PodOptions) {
        let path = FieldPath("metadata").child("annotations")
        let prefix = "container.apparmor.security.beta.kubernetes.io/"
        let mirror = FieldErrorList.mirrorAnnotation
        let after = new.metadata.annotations
        let before = old.metadata.annotations
        for (key, value) in before.textEntries where after[key].optionalText != value {
            if key.hasPrefix(prefix) {
                forbidden(path.key(key), "may not remove or update AppArmor annotations")
            }
            if key == mirror {
                forbidden(path.key(key), "may not remove or update mirror pod annotation")
            }
        }
        for (key, _) in after.textEntries where !before[key].exists {
            if key.hasPrefix(prefix) { forbidden(path.key(key), "may not add AppArmor annotations") }
            if key == mirror { forbidden(path.key(key), "may not add mirror pod annotation") }
        }
        podAnnotations(after, new.spec, path, options)
    }

    // MARK: Ephemeral containers

    mutating func podEphemeralContainersUpdate(_ new: APITree, _ old: APITree) {
        let options = podOptions(old)
        if old.metadata.annotations[FieldErrorList.mirrorAnnotation].exists {
            self = FieldErrorList()
            return forbidden(FieldPath("[]"), "static pods do not support ephemeral containers")
        }
        metadataUpdate(new.metadata, old.metadata)
        pod(new, options)
        podAnnotationUpdate(new, old, options)
        let path = FieldPath("spec").child("ephemeralContainers")
        let after = new.spec.ephemeralContainers.list
        for container in old.spec.ephemeralContainers.list {
            let name = container.name.text
            let subject = "existing ephemeral containers \(GoText.quoted(name)) may not be"
            if let current = after.last(where: { $0.name.text == name }) {
                if !APITree.areSemanticallyEqual(container, current) {
                    forbidden(path, "\(subject) changed\n\(FieldErrorList.differenceNote)")
                }
            } else {
                forbidden(path, "\(subject) removed\n")
            }
        }
    }

    // MARK: Resize

    mutating func podResize(_ new: APITree, _ old: APITree) {
        let options = podOptions(old)
        if old.metadata.annotations[FieldErrorList.mirrorAnnotation].exists {
            return forbidden(FieldPath("[]"), "static pods cannot be resized")
        }
        if old.spec.os.name.text == "windows" {
            return forbidden(FieldPath("[]"), "windows pods cannot be resized")
        }
        let path = FieldPath("spec")
        metadataUpdate(new.metadata, old.metadata)
        pod(new, options)
        let before = old.status.qosClass.optionalText ?? PodQoS.of(old.spec)
        if before != PodQoS.of(new.spec) {
            invalid(
                path, .typed(new.status.qosClass.text),
                "Pod QOS Class may not change as a result of resizing")
        }
        if let running = old.status.containerStatuses.list.first(where: \.state.running.exists),
            !running.resources.exists
        {
            forbidden(path, "Pod running on node without support for resize")
        }
        var spec = new.spec
        func hasPodResources(_ pod: APITree) -> Bool {
            pod.spec.resources.requests.count + pod.spec.resources.limits.count > 0
        }
        if hasPodResources(old) || hasPodResources(new) { spec = podLevelResize(spec, old.spec, path) }
        if !old.status.nodeAllocatableResourceClaimStatuses.isEmpty {
            forbidden(path, "pods with node allocatable resource claims cannot be resized")
        }
        if !sameContainers(new.spec, old.spec, path) { return }
        for kind in ["initContainers", "containers"] {
            let after = new.spec[kind].list
            for (index, container) in old.spec[kind].list.enumerated() {
                removedResources(
                    after[index].resources, container.resources,
                    path.child(kind).index(index).child("resources"))
            }
        }
        spec = containerResize(spec, old.spec, path)
        if errors.isEmpty && !APITree.areSemanticallyEqual(spec, old.spec) {
            forbidden(path, "only cpu and memory resources are mutable")
        }
    }

    private mutating func containerResize(_ new: APITree, _ old: APITree, _ path: FieldPath) -> APITree {
        var spec = new
        for kind in ["containers", "initContainers"] where new[kind].exists {
            let before = old[kind].list
            var containers: [JSONValue] = []
            for (index, container) in new[kind].list.enumerated() {
                let isModified = !APITree.areSemanticallyEqual(container, before[index])
                let plain = container.setting(
                    "resources",
                    FieldErrorList.withoutComputeChanges(container.resources, before[index].resources))
                let place = path.child(kind).index(index)
                let isEqual = APITree.areSemanticallyEqual(plain, before[index])
                if kind == "containers" {
                    if !isEqual { forbidden(path, "only cpu and memory resources are mutable") }
                } else {
                    if !isEqual {
                        forbidden(
                            place, "only cpu and memory resources for init or sidecar containers are mutable")
                    }
                    if isModified && container.restartPolicy.text != "Always" {
                        for policy in container.resizePolicy.list
                        where policy.restartPolicy.text == "RestartContainer" {
                            forbidden(
                                place,
                                "non-sidecar init containers with a resize policy of RestartContainer "
                                    + "cannot be "
                                    + "resized")
                        }
                    }
                }
                containers.append(plain.value ?? .null)
            }
            spec = spec.setting(kind, APITree(.array(containers)))
        }
        return spec
    }

    private mutating func podLevelResize(_ new: APITree, _ old: APITree, _ path: FieldPath) -> APITree {
        let place = path.child("resources")
        if old.resources.exists && !new.resources.exists {
            forbidden(place, "pod-level resources cannot be removed")
            return new
        }
        if old.resources.exists {
            for (list, word) in [("requests", "requests"), ("limits", "limits")]
            where FieldErrorList.isRemoved(new.resources[list], old.resources[list]) {
                forbidden(place.child(list), "pod-level resource \(word) cannot be removed")
            }
        }
        var resources = FieldErrorList.withoutComputeChanges(new.resources, old.resources)
        if !old.resources.exists
            && ["requests", "limits", "claims"].allSatisfy({ resources[$0].isEmpty })
        {
            resources = APITree(nil)
        }
        if !APITree.areSemanticallyEqual(resources, old.resources) {
            forbidden(path, "only cpu and memory resources are mutable at pod-level")
        }
        return new.setting("resources", resources)
    }

    private mutating func sameContainers(_ new: APITree, _ old: APITree, _ path: FieldPath) -> Bool {
        let count = errors.count
        for kind in ["containers", "initContainers"] {
            if new[kind].count != old[kind].count {
                forbidden(path.child(kind), "\(kind) may not be added or removed on resize")
                continue
            }
            for (index, pair) in zip(new[kind].list, old[kind].list).enumerated()
            where pair.0.name.text != pair.1.name.text {
                forbidden(
                    path.child(kind).index(index).child("name"),
                    "\(kind) may not be renamed or reordered on resize")
            }
        }
        return errors.count == count
    }

    private mutating func removedResources(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        for list in ["requests", "limits"] where FieldErrorList.isRemoved(new[list], old[list]) {
            forbidden(path.child(list), "resource \(list) cannot be removed")
        }
    }

    private static func isRemoved(_ new: APITree, _ old: APITree) -> Bool {
        old.entries.contains { !new[$0.key].exists }
    }

    /// The new requirements with the old amounts of CPU and memory.
    private static func withoutComputeChanges(_ new: APITree, _ old: APITree) -> APITree {
        var result: JSONObject = [:]
        for list in ["limits", "requests"] {
            var amounts = new[list].value?.objectValue ?? [:]
            for name in ["cpu", "memory"] { amounts[name] = old[list][name].value }
            if !amounts.isEmpty { result[list] = .object(amounts) }
        }
        return APITree(.object(result))
    }

    // MARK: Status

    mutating func podStatusUpdate(_ new: APITree, _ old: APITree) {
        let options = podOptions(old)
        let path = FieldPath("status")
        metadataUpdate(new.metadata, old.metadata)
        podAnnotationUpdate(new, old, options)
        for (index, condition) in new.status.conditions.list.enumerated() {
            let place = path.child("conditions").index(index)
            let generation = condition.observedGeneration.int
            if generation < 0 {
                invalid(
                    place.child("observedGeneration"), .int(generation), "must be a non-negative integer")
            }
            let type = condition.type.text
            if ["PodScheduled", "Ready", "Initialized"].contains(type) { continue }
            qualifiedName(type, place.child("Type"))
        }
        if new.spec.nodeName.text != old.spec.nodeName.text {
            forbidden(path.child("nodeName"), "may not be changed directly")
        }
        let nominated = new.status.nominatedNodeName.text
        if nominated != old.status.nominatedNodeName.text && !nominated.isEmpty {
            subdomain(nominated, path.child("nominatedNodeName"))
            if !old.spec.nodeName.isEmpty {
                forbidden(
                    path.child("nominatedNodeName"),
                    "may not be set on pods that are already bound to a node")
            }
        }
        let generation = new.status.observedGeneration.int
        if generation < 0 {
            invalid(path.child("observedGeneration"), .int(generation), "must be a non-negative integer")
        }
        if new.status.qosClass.text != old.status.qosClass.text {
            invalid(
                path.child("qosClass"), .typed(new.status.qosClass.text), FieldErrorList.immutableMessage)
        }
        stateTransitions(new, old, path)
        statusClaims(new, path)
        statusIPs(new.status, old.status, path)
        statusUsers(new, path)
        statusResources(new, path)
    }

    /// A terminated container may run again only if its restart policy lets it.
    private mutating func stateTransitions(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        for (kind, containers) in [
            ("containerStatuses", "containers"), ("initContainerStatuses", "initContainers"),
            ("ephemeralContainerStatuses", ""),
        ] {
            if !containers.isEmpty && PodRestarts.allContainersCouldRestart(old.spec) { continue }
            for (index, status) in old.status[kind].list.enumerated() where status.state.terminated.exists {
                let name = status.name.text
                guard
                    new.status[kind].list.contains(where: {
                        $0.name.text == name && !$0.state.terminated.exists
                    })
                else { continue }
                let code = status.state.terminated.exitCode.int
                let container = old.spec[containers].list.first { $0.name.text == name }
                let isAllowed = container.map { PodRestarts.shouldRestart($0, old.spec, exitCode: code) }
                if !(isAllowed ?? false) {
                    forbidden(
                        path.child(kind).index(index).child("state"),
                        "may not be transitioned to non-terminated state")
                }
            }
        }
    }

    private mutating func statusClaims(_ pod: APITree, _ path: FieldPath) {
        let known = Set(pod.spec.resourceClaims.list.map(\.name.text))
        var seen: Set<String> = []
        for (index, status) in pod.status.resourceClaimStatuses.list.enumerated() {
            let place = path.child("resourceClaimStatuses").index(index)
            let name = status.name.text
            if !known.contains(name) {
                invalid(
                    place.child("name"), .text(name),
                    "must match the name of an entry in `spec.resourceClaims`")
            }
            if !seen.insert(name).inserted { duplicate(place.child("name"), .text(name)) }
            if let claim = status.resourceClaimName.optionalText {
                invalid(
                    place.child("resourceClaimName"), .typed(claim), each: Names.dns1123Subdomain(claim))
            }
        }
    }

    private mutating func statusIPs(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        let hosts = new.hostIPs.list
        for (kind, type) in [("podIPs", "PodIP"), ("hostIPs", "HostIP")] {
            let list = new[kind].list.map(\.ip.text)
            let place = path.child(kind)
            if kind == "hostIPs", let first = hosts.first, first.ip.text != new.hostIP.text {
                invalid(place.index(0).child("ip"), .text(first.ip.text), "must be equal to `hostIP`")
            }
            let before = old[kind].list.map(\.ip.text)
            for (index, address) in list.enumerated() { legacyIP(address, place.index(index), old: before) }
            if list.count > 1 && (list.count > 2 || !FieldErrorList.isDualStack(list)) {
                invalid(
                    place, .raw(GoStruct.json(list: new[kind], type)),
                    "may specify no more than one IP for each IP family")
            }
        }
    }

    /// Whether addresses of both families occur.
    static func isDualStack(_ addresses: [String]) -> Bool {
        let families = addresses.compactMap { IPAddress($0)?.isIPv4 }
        return families.contains(true) && families.contains(false)
    }

    private mutating func statusUsers(_ pod: APITree, _ path: FieldPath) {
        let os = pod.spec.os.name.optionalText ?? "linux"
        for kind in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
            for (index, status) in pod.status[kind].list.enumerated() {
                let user = status.user.linux
                guard user.exists else { continue }
                let place = path.child(kind).index(index).child("user", "linux")
                if os == "windows" { forbidden(place, "cannot be set for a windows pod") }
                guard os == "linux" else { continue }
                for field in ["uid", "gid"] {
                    invalid(place.child(field), .int(user[field].int), each: Names.userID(user[field].int))
                }
                for (position, group) in user.supplementalGroups.list.enumerated() {
                    invalid(
                        place.child("supplementalGroups").index(position), .int(group.int),
                        each: Names.userID(group.int))
                }
            }
        }
    }

    private mutating func statusResources(_ pod: APITree, _ path: FieldPath) {
        for (kind, containers) in [
            ("containerStatuses", "containers"), ("initContainerStatuses", "initContainers"),
        ] {
            for (index, status) in pod.status[kind].list.enumerated() {
                let container = pod.spec[containers].list.first { $0.name.text == status.name.text }
                for (position, resource) in status.allocatedResourcesStatus.list.enumerated() {
                    allocatedResource(
                        resource, container,
                        path.child(kind).index(index).child("allocatedResourcesStatus").index(position))
                }
            }
        }
        for (index, status) in pod.status.ephemeralContainerStatuses.list.enumerated()
        where !status.allocatedResourcesStatus.isEmpty {
            forbidden(
                path.child("ephemeralContainerStatuses").index(index).child("allocatedResourcesStatus"),
                "must not be specified in container status")
        }
    }

    private mutating func allocatedResource(
        _ resource: APITree, _ container: APITree?, _ path: FieldPath
    ) {
        let name = resource.name.text
        if let container {
            if name.hasPrefix("claim:") {
                let isKnown = container.resources.claims.list.contains { claim in
                    let request = claim.request.text
                    return name == "claim:\(claim.name.text)" + (request.isEmpty ? "" : "/\(request)")
                }
                if !isKnown {
                    invalid(
                        path.child("name"), .typed(name),
                        "must match one of the container's resource claims in a format "
                            + "'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty")
                }
            } else if !container.resources.requests[name].exists {
                invalid(
                    path.child("name"), .typed(name), "must match one of the container's resource requests")
            }
        }
        var seen: Set<String> = []
        for (index, entry) in resource.resources.list.enumerated() {
            let place = path.child("resources").index(index)
            member(entry.health.text, place.child("health"), of: ["Healthy", "Unhealthy", "Unknown"])
            if let message = entry.message.optionalText {
                if message.isEmpty {
                    required(place.child("message"), "must be non-empty if specified")
                } else if message.utf8.count > 1024 {
                    tooLong(place.child("message"), bytes: 1024)
                }
            }
            let id = entry.resourceID.text
            if !seen.insert(id).inserted { duplicate(place.child("resourceID"), .typed(id)) }
        }
    }
}

/// Quality of service from a pod's requests and limits.
///
/// Upstream: `pkg/apis/core/helper/qos/qos.go` (v1.36).
enum PodQoS {
    static func of(_ spec: APITree) -> String {
        var requests: [String: Quantity] = [:]
        var limits: [String: Quantity] = [:]
        var isGuaranteed = true
        let holders =
            spec.resources.exists ? [spec] : spec.containers.list + spec.initContainers.list
        for holder in holders {
            for (name, value) in holder.resources.requests.entries where name == "cpu" || name == "memory" {
                guard let amount = value.quantity, amount > Quantity.zero else { continue }
                requests[name] = requests[name].map { $0 + amount } ?? amount
            }
            var found: Set<String> = []
            for (name, value) in holder.resources.limits.entries where name == "cpu" || name == "memory" {
                guard let amount = value.quantity, amount > Quantity.zero else { continue }
                found.insert(name)
                limits[name] = limits[name].map { $0 + amount } ?? amount
            }
            if found.count < 2 { isGuaranteed = false }
        }
        if requests.isEmpty && limits.isEmpty { return "BestEffort" }
        if isGuaranteed && requests.count == limits.count
            && requests.allSatisfy({ limits[$0.key] == $0.value })
        {
            return "Guaranteed"
        }
        return "Burstable"
    }
}

/// Which containers run again after they ended.
///
/// Upstream: `pkg/api/v1/pod/util.go` (v1.36).
enum PodRestarts {
    /// Whether a rule of any container may restart all of them.
    static func allContainersCouldRestart(_ spec: APITree) -> Bool {
        (spec.initContainers.list + spec.containers.list).contains { container in
            container.restartPolicyRules.list.contains { $0.action.text == "RestartAllContainers" }
        }
    }

    static func shouldRestart(_ container: APITree, _ spec: APITree, exitCode: Int64) -> Bool {
        for rule in container.restartPolicyRules.list where rule.exitCodes.exists {
            let codes = rule.exitCodes.values.list.map(\.int)
            let isIn = codes.contains(exitCode)
            let matches = rule.exitCodes["operator"].text == "In" ? isIn : !isIn
            if matches && container.restartPolicy.exists { return true }
        }
        switch container.restartPolicy.optionalText ?? spec.restartPolicy.text {
        case "Always": return true
        case "OnFailure": return exitCode != 0
        case "Never": return false
        default: return true
        }
    }
}
