import OrderedCollections

/// Checks of pods and of pod templates.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    static let mirrorAnnotation = "kubernetes.io/config.mirror"

    // MARK: Pods

    mutating func pod(_ pod: APITree, _ options: PodOptions) {
        let spec = FieldPath("spec")
        metadata(pod.metadata, isNamespaced: true, name: .subdomain)
        podAnnotations(
            pod.metadata.annotations, pod.spec, FieldPath("metadata").child("annotations"), options)
        podSpec(pod.spec, meta: pod.metadata, spec, options)
        if PodSpecView.serviceAccount(pod.spec).isEmpty {
            for (index, volume) in pod.spec.volumes.list.enumerated() {
                for (position, source) in volume.projected.sources.list.enumerated()
                where source.serviceAccountToken.exists {
                    let place = spec.child("volumes").index(index).child("projected", "sources")
                    forbidden(
                        place.index(position).child("serviceAccountToken"),
                        "must not be specified when serviceAccountName is not set")
                }
            }
        }
        for kind in ["containers", "initContainers"] {
            for (index, container) in pod.spec[kind].list.enumerated() {
                containerOnlyForPod(container, spec.child(kind).index(index))
            }
        }
    }

    mutating func podCreate(_ object: APITree) {
        var options = PodOptions()
        options.isPod = true
        let spec = FieldPath("spec")
        pod(object, options)
        if !object.spec.ephemeralContainers.isEmpty {
            forbidden(spec.child("ephemeralContainers"), "cannot be set on create")
        }
        if !object.spec.nodeName.isEmpty && !object.spec.schedulingGates.isEmpty {
            forbidden(spec.child("nodeName"), "cannot be set until all schedulingGates have been cleared")
        }
        profilesMatch(object.metadata.annotations, object.spec, spec)
    }

    mutating func podTemplate(_ template: APITree, _ path: FieldPath, _ options: PodOptions) {
        let meta = template.metadata
        labels(meta.labels, path.child("labels"))
        annotations(meta.annotations, path.child("annotations"))
        podAnnotations(meta.annotations, template.spec, path.child("annotations"), options)
        podSpec(template.spec, meta: nil, path.child("spec"), options)
        profilesMatch(meta.annotations, template.spec, path.child("spec"))
        if !template.spec.ephemeralContainers.isEmpty {
            forbidden(
                path.child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template")
        }
    }

    // MARK: The spec

    mutating func podSpec(_ spec: APITree, meta: APITree?, _ path: FieldPath, _ options: PodOptions) {
        if !spec.terminationGracePeriodSeconds.exists {
            required(path.child("terminationGracePeriodSeconds"))
        }
        let usesHostUsers = spec.hostUsers.optionalFlag ?? true
        let volumes = volumes(
            spec.volumes, podName: meta?.name.text ?? "", path.child("volumes"), options)
        let claims = Set(spec.resourceClaims.list.map(\.name.text).filter { !$0.isEmpty })
        podResourceClaims(spec.resourceClaims, meta, path.child("resourceClaims"))
        let context = ContainerContext(
            volumes: volumes, claimNames: claims, gracePeriod: spec.terminationGracePeriodSeconds.optionalInt,
            restartPolicy: spec.restartPolicy.text, usesHostUsers: usesHostUsers, os: spec.os,
            options: options)
        containers(spec.containers, path.child("containers"), context)
        initContainers(
            spec.initContainers, besides: spec.containers, path.child("initContainers"), context)
        ephemeralContainers(spec, path.child("ephemeralContainers"), context)
        podResources(spec, path, claims, options)
        hostNetworkPorts(spec, path, options)
        restartAndDNSPolicies(spec, path)
        labels(spec.nodeSelector, path.child("nodeSelector"))
        podSecurityContext(spec, path.child("securityContext"), options)
        if spec.affinity.exists { affinity(spec.affinity, path.child("affinity"), options) }
        dnsConfig(spec, path.child("dnsConfig"))
        for (index, gate) in spec.readinessGates.list.enumerated() {
            qualifiedName(
                gate.conditionType.text, path.child("readinessGates").index(index).child("conditionType"))
        }
        schedulingGates(spec.schedulingGates, path.child("schedulingGates"))
        spreadConstraints(
            spec.topologySpreadConstraints, path.child("topologySpreadConstraints"), options)
        hostProcesses(spec, path)
        if !usesHostUsers { ownUsers(spec, path, options) }
        hostnameOverride(spec, path)
        smallFields(spec, path, options)
        operatingSystem(spec, path)
        if spec.schedulingGroup.exists {
            schedulingGroup(spec.schedulingGroup, path.child("schedulingGroup"))
        }
        fileKeyVolumes(spec, path)
    }

    private mutating func smallFields(_ spec: APITree, _ path: FieldPath, _ options: PodOptions) {
        let account = PodSpecView.serviceAccount(spec)
        if !account.isEmpty { subdomain(account, path.child("serviceAccountName")) }
        if !spec.nodeName.isEmpty { subdomain(spec.nodeName.text, path.child("nodeName")) }
        if let deadline = spec.activeDeadlineSeconds.optionalInt,
            deadline < 1 || deadline > Int64(Int32.max)
        {
            invalid(
                path.child("activeDeadlineSeconds"), .int(deadline), Names.range(1, Int64(Int32.max)))
        }
        for field in ["hostname", "subdomain"] where !spec[field].isEmpty {
            label(spec[field].text, path.child(field))
        }
        tolerations(spec.tolerations.list, path.child("tolerations"), options)
        for (index, alias) in spec.hostAliases.list.enumerated() {
            let place = path.child("hostAliases").index(index)
            legacyIP(alias.ip.text, place.child("ip"))
            for (position, name) in alias.hostnames.strings.enumerated() {
                subdomain(name, place.child("hostnames").index(position))
            }
        }
        if !spec.priorityClassName.isEmpty {
            subdomain(spec.priorityClassName.text, path.child("priorityClassName"))
        }
        if let name = spec.runtimeClassName.optionalText { subdomain(name, path.child("runtimeClassName")) }
        if let policy = spec.preemptionPolicy.optionalText {
            preemptionPolicy(policy, path.child("preemptionPolicy"))
        }
        if spec.overhead.exists {
            let limits = APITree(.object(["limits": spec.overhead.value ?? .null]))
            resourceRequirements(limits, path.child("overhead"), claimNames: [], options: options)
        }
    }

    mutating func preemptionPolicy(_ policy: String, _ path: FieldPath) {
        if policy.isEmpty {
            required(path)
        } else {
            member(policy, path, of: ["PreemptLowerPriority", "Never"])
        }
    }

    private mutating func restartAndDNSPolicies(_ spec: APITree, _ path: FieldPath) {
        let restart = spec.restartPolicy.text
        if restart.isEmpty {
            required(path.child("restartPolicy"))
        } else {
            member(restart, path.child("restartPolicy"), of: ["Always", "OnFailure", "Never"])
        }
        let dns = spec.dnsPolicy.text
        if dns.isEmpty {
            required(path.child("dnsPolicy"))
        } else {
            member(
                dns, path.child("dnsPolicy"),
                of: ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
        }
    }

    private mutating func podResourceClaims(_ claims: APITree, _ meta: APITree?, _ path: FieldPath) {
        var names: Set<String> = []
        for (index, claim) in claims.list.enumerated() {
            if let meta, meta.annotations[FieldErrorList.mirrorAnnotation].exists {
                forbidden(FieldPath("[]"), "static pods do not support resource claims")
                continue
            }
            let place = path.index(index)
            let name = claim.name.text
            if name.isEmpty {
                required(place.child("name"))
            } else if !names.insert(name).inserted {
                duplicate(place.child("name"), .text(name))
            } else {
                label(name, place.child("name"))
            }
            let count = [claim.resourceClaimName, claim.resourceClaimTemplateName].filter(\.exists).count
            if count == 2 {
                invalid(
                    place, .raw(GoStruct.json(claim, "PodResourceClaim")),
                    "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
            }
            if count == 0 {
                invalid(
                    place, .raw(GoStruct.json(claim, "PodResourceClaim")),
                    "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
            }
            for field in ["resourceClaimName", "resourceClaimTemplateName"] {
                if let reference = claim[field].optionalText { subdomain(reference, place.child(field)) }
            }
        }
    }

    private mutating func podResources(
        _ spec: APITree, _ specPath: FieldPath, _ claims: Set<String>, _ options: PodOptions
    ) {
        guard spec.resources.exists else { return }
        let path = specPath.child("resources")
        if spec.os.name.text == "windows" { return forbidden(path, "may not be set for a windows pod") }
        if spec.resources.claims.exists {
            forbidden(path.child("claims"), "claims may not be set for Resources at pod-level")
        }
        resourceRequirements(spec.resources, path, claimNames: claims, options: options, isPodLevel: true)
        let requests = PodAggregates.requests(spec)
        for name in requests.keys.sorted(by: PodAggregates.byBytes) {
            let bound = spec.resources.requests[name]
            guard let sum = requests[name], let amount = bound.quantity, sum > amount else { continue }
            invalid(
                path.child("requests").key(name), .text(bound.quantityText),
                "must be greater than or equal to aggregate container requests of \(sum)")
        }
        let limits = PodAggregates.limits(spec)
        for name in limits.keys.sorted(by: PodAggregates.byBytes) where ResourceNames.isHugePage(name) {
            let bound = spec.resources.limits[name]
            guard let sum = limits[name], let amount = bound.quantity, sum > amount else { continue }
            invalid(
                path.child("limits").key(name), .text(bound.quantityText),
                "must be greater than or equal to aggregate container limits of \(sum)")
        }
        for (index, container) in spec.containers.list.enumerated() {
            for (name, value) in container.resources.limits.entries {
                let bound = spec.resources.limits[name]
                guard let amount = value.quantity, let limit = bound.quantity, amount > limit else {
                    continue
                }
                invalid(
                    path.child("containers").index(index).key(name).child("limits"),
                    .text(value.quantityText),
                    "must be less than or equal to pod limits of \(bound.quantityText)")
            }
        }
    }

    private mutating func hostNetworkPorts(_ spec: APITree, _ path: FieldPath, _ options: PodOptions) {
        guard spec.hostNetwork.flag else { return }
        for (index, container) in spec.containers.list.enumerated() {
            for (position, port) in container.ports.list.enumerated() {
                let host = port.hostPort.int
                if (options.isPod || host != 0) && host != port.containerPort.int {
                    let place = path.child("containers").index(index).child("ports").index(position)
                    invalid(
                        place.child("hostPort"), .int(host),
                        "must match `containerPort` when `hostNetwork` is true")
                }
            }
        }
    }

    private mutating func dnsConfig(_ spec: APITree, _ path: FieldPath) {
        let config = spec.dnsConfig
        if spec.dnsPolicy.text == "None" {
            if !config.exists {
                return required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            }
            if config.nameservers.isEmpty {
                return required(
                    path.child("nameservers"),
                    "must provide at least one DNS nameserver when `dnsPolicy` is None")
            }
        }
        let servers = config.nameservers.strings
        if servers.count > 3 {
            invalid(path.child("nameservers"), .strings(servers), "must not have more than 3 nameservers")
        }
        for (index, server) in servers.enumerated() {
            legacyIP(server, path.child("nameservers").index(index))
        }
        let searches = config.searches.strings
        if searches.count > 32 {
            invalid(path.child("searches"), .strings(searches), "must not have more than 32 search paths")
        }
        if searches.joined(separator: " ").utf8.count > 2048 {
            invalid(
                path.child("searches"), .strings(searches),
                "must not have more than 2048 characters (including spaces) in the search list")
        }
        for (index, search) in searches.enumerated() where search != "." {
            let domain = search.hasSuffix(".") ? String(search.dropLast()) : search
            invalid(
                path.child("searches").index(index), .text(domain),
                each: Names.dns1123SubdomainWithUnderscore(domain))
        }
        for (index, option) in config.options.list.enumerated() where option.name.isEmpty {
            required(path.child("options").index(index), "must not be empty")
        }
    }

    private mutating func schedulingGates(_ gates: APITree, _ path: FieldPath) {
        var seen: Set<String> = []
        for (index, gate) in gates.list.enumerated() {
            let name = gate.name.text
            qualifiedName(name, path.index(index))
            if !seen.insert(name).inserted { duplicate(path.index(index), .text(name)) }
        }
    }

    private mutating func schedulingGroup(_ group: APITree, _ path: FieldPath) {
        let place = path.child("podGroupName")
        if let name = group.podGroupName.optionalText {
            subdomain(name, place)
        } else {
            invalid(place, .null, "must specify one of: `podGroupName`")
        }
    }

    /// A pod in a user namespace of its own.
    private mutating func ownUsers(_ spec: APITree, _ path: FieldPath, _ options: PodOptions) {
        let message = "when `hostUsers` is false"
        if spec.hostNetwork.flag && !options.allowsUserNamespacesWithHostNetwork {
            forbidden(path.child("hostNetwork"), message)
        }
        if spec.hostPID.flag { forbidden(path.child("HostPID"), message) }
        if spec.hostIPC.flag { forbidden(path.child("HostIPC"), message) }
        if options.allowsUserNamespacesWithDevices { return }
        for (container, place) in PodSpecView.allContainers(spec, path)
        where !container.volumeDevices.isEmpty {
            forbidden(place.child("volumeDevices"), message)
        }
    }

    private mutating func hostnameOverride(_ spec: APITree, _ path: FieldPath) {
        guard let name = spec.hostnameOverride.optionalText else { return }
        let place = path.child("hostnameOverride")
        if spec.setHostnameAsFQDN.flag {
            forbidden(place, "may not be specified when setHostnameAsFQDN is true")
        }
        if spec.hostNetwork.flag { forbidden(place, "may not be specified when hostNetwork is true") }
        if name.utf8.count > 64 { tooLong(place, bytes: 64) }
        subdomain(name, place)
    }

    private mutating func fileKeyVolumes(_ spec: APITree, _ path: FieldPath) {
        for (container, containerPath) in PodSpecView.allContainers(spec, path) {
            for (index, variable) in container.env.list.enumerated() {
                let reference = variable.valueFrom.fileKeyRef
                guard reference.exists else { continue }
                let name = reference.volumeName.text
                let place = containerPath.child("env").index(index)
                    .child("valueFrom", "fileKeyRef", "volumeName")
                if let volume = spec.volumes.list.last(where: { $0.name.text == name }) {
                    if !volume.emptyDir.exists {
                        invalid(place, .text(name), "referenced volume must be of type emptyDir")
                    }
                } else {
                    notFound(place, .text(name))
                }
            }
        }
    }

    // MARK: Annotations with a meaning

    mutating func podAnnotations(
        _ annotations: APITree, _ spec: APITree, _ path: FieldPath, _ options: PodOptions
    ) {
        let mirror = annotations[FieldErrorList.mirrorAnnotation]
        if mirror.exists && spec.nodeName.isEmpty {
            invalid(
                path.key(FieldErrorList.mirrorAnnotation), .text(mirror.text),
                "must set spec.nodeName if mirror pod annotation is set")
        }
        tolerationsAnnotation(annotations, path, options)
        let costKey = "controller.kubernetes.io/pod-deletion-cost"
        if let cost = annotations[costKey].optionalText, !options.allowsInvalidDeletionCost,
            !PodSpecView.isDeletionCost(cost)
        {
            invalid(path.key(costKey), .text(cost), "must be a 32bit integer")
        }
        let podKey = "seccomp.security.alpha.kubernetes.io/pod"
        if let profile = annotations[podKey].optionalText { seccompName(profile, path.child(podKey)) }
        for (key, profile) in annotations.textEntries
        where key.hasPrefix("container.seccomp.security.alpha.kubernetes.io/") {
            seccompName(profile, path.child(key))
        }
        let prefix = "container.apparmor.security.beta.kubernetes.io/"
        for (key, profile) in annotations.textEntries where key.hasPrefix(prefix) {
            let name = String(key.dropFirst(prefix.count))
            if !PodSpecView.allContainers(spec).contains(where: { $0.name.text == name }) {
                invalid(path.key(key), .text(name), "container not found")
            }
            if !["", "runtime/default", "unconfined"].contains(profile) && !profile.hasPrefix("localhost/") {
                invalid(
                    path.key(key), .text(profile),
                    "invalid AppArmor profile name: \(GoText.quoted(profile))")
            }
        }
    }

    private mutating func tolerationsAnnotation(
        _ annotations: APITree, _ path: FieldPath, _ options: PodOptions
    ) {
        let key = "scheduler.alpha.kubernetes.io/tolerations"
        let text = annotations[key].text
        guard !text.isEmpty else { return }
        switch GoJSON.decode(text) {
        case .success(.array(let list)):
            // The keys of this annotation are the internal names: Key, Operator, ...
            let lowered = list.map { element -> APITree in
                guard let members = element.objectValue else { return APITree(nil) }
                var result: JSONObject = [:]
                for (name, value) in members {
                    result[name.prefix(1).lowercased() + name.dropFirst()] = value
                }
                return APITree(.object(result))
            }
            tolerations(lowered, path.child(key), options)
        case .success(.null): break
        case .success(let other):
            invalid(
                path, .text(key),
                "json: cannot unmarshal \(GoJSON.kindName(other)) into Go value of type []core.Toleration")
        case .failure(let fault): invalid(path, .text(key), fault.message)
        }
    }

    private mutating func seccompName(_ profile: String, _ path: FieldPath) {
        if ["runtime/default", "docker/default", "unconfined"].contains(profile) { return }
        if profile.hasPrefix("localhost/") {
            return descendingPath(String(profile.dropFirst("localhost/".count)), path)
        }
        invalid(path, .text(profile), "must be a valid seccomp profile")
    }

    /// Annotations of old must agree with the fields that replaced them.
    private mutating func profilesMatch(_ annotations: APITree, _ spec: APITree, _ path: FieldPath) {
        let podProfile = spec.securityContext.seccompProfile
        if podProfile.exists,
            let note = annotations["seccomp.security.alpha.kubernetes.io/pod"].optionalText
        {
            seccompMatches(note, podProfile, path.child("securityContext", "seccompProfile"))
        }
        let containers = PodSpecView.allContainers(spec, path)
        for (container, place) in containers {
            let profile = container.securityContext.seccompProfile
            let key = "container.seccomp.security.alpha.kubernetes.io/" + container.name.text
            if profile.exists, let note = annotations[key].optionalText {
                seccompMatches(note, profile, place.child("securityContext", "seccompProfile"))
            }
        }
        if spec.os.name.text == "windows" { return }
        for (container, place) in containers {
            let own = container.securityContext.appArmorProfile
            let profile = own.exists ? own : spec.securityContext.appArmorProfile
            let key = "container.apparmor.security.beta.kubernetes.io/" + container.name.text
            guard profile.exists, let note = annotations[key].optionalText else { continue }
            profileMatches(
                note, profile, defaults: ["runtime/default"], "apparmor",
                place.child("securityContext", "appArmorProfile"))
        }
    }

    private mutating func seccompMatches(_ note: String, _ profile: APITree, _ path: FieldPath) {
        profileMatches(note, profile, defaults: ["runtime/default", "docker/default"], "seccomp", path)
    }

    private mutating func profileMatches(
        _ note: String, _ profile: APITree, defaults: [String], _ kind: String, _ path: FieldPath
    ) {
        let typeFault = "\(kind) type in annotation and field must match"
        switch profile.type.text {
        case "Unconfined": if note != "unconfined" { forbidden(path.child("type"), typeFault) }
        case "RuntimeDefault": if !defaults.contains(note) { forbidden(path.child("type"), typeFault) }
        case "Localhost":
            if !note.hasPrefix("localhost/") {
                forbidden(path.child("type"), typeFault)
            } else if profile.localhostProfile.optionalText
                != String(note.dropFirst("localhost/".count))
            {
                forbidden(
                    path.child("localhostProfile"), "\(kind) profile in annotation and field must match")
            }
        default: break
        }
    }
}

/// Sums over the containers of a pod.
///
/// Upstream: `component-helpers/resource/helpers.go` (v1.36).
enum PodAggregates {
    static func byBytes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    static func requests(_ spec: APITree) -> [String: Quantity] { aggregate(spec, "requests") }
    static func limits(_ spec: APITree) -> [String: Quantity] { aggregate(spec, "limits") }

    /// Containers and sidecars run together; a plain init container runs with the sidecars before it.
    private static func aggregate(_ spec: APITree, _ list: String) -> [String: Quantity] {
        var sum: [String: Quantity] = [:]
        for container in spec.containers.list { add(container, list, to: &sum) }
        var sidecars: [String: Quantity] = [:]
        var peak: [String: Quantity] = [:]
        for container in spec.initContainers.list {
            var now: [String: Quantity]
            if container.restartPolicy.text == "Always" {
                add(container, list, to: &sum)
                add(container, list, to: &sidecars)
                now = sidecars
            } else {
                now = [:]
                add(container, list, to: &now)
                for (name, amount) in sidecars { now[name] = now[name].map { $0 + amount } ?? amount }
            }
            raise(&peak, to: now)
        }
        raise(&sum, to: peak)
        return sum
    }

    private static func add(_ container: APITree, _ list: String, to sum: inout [String: Quantity]) {
        for (name, value) in container.resources[list].entries {
            guard let amount = value.quantity else { continue }
            sum[name] = sum[name].map { $0 + amount } ?? amount
        }
    }

    private static func raise(_ amounts: inout [String: Quantity], to floor: [String: Quantity]) {
        for (name, amount) in floor where amounts[name].map({ amount > $0 }) ?? true {
            amounts[name] = amount
        }
    }
}
