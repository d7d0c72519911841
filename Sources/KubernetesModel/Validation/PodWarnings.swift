import OrderedCollections

/// What the API server warns of in pods and pod templates.
///
/// Upstream: `pkg/api/pod/warnings.go` (v1.36).
extension WarningList {
    /// A pod, or a template at a path.
    mutating func podSpec(_ holder: APITree, _ path: FieldPath, isTemplate: Bool) {
        let spec = holder.spec
        let place = path.child("spec")
        let notes = holder.metadata.annotations
        let notePath = path.child("metadata", "annotations")
        podLabels(spec, place)
        for (key, version, field) in [
            ("scheduler.alpha.kubernetes.io/critical-pod", "v1.16", "priorityClassName"),
            ("security.alpha.kubernetes.io/sysctls", "v1.11", "sysctls"),
            ("security.alpha.kubernetes.io/unsafe-sysctls", "v1.11", "sysctls"),
        ] where notes[key].exists {
            add(
                notePath.key(key), "non-functional in \(version)+; use the \"\(field)\" field instead")
        }
        podVolumes(spec.volumes, place.child("volumes"))
        repeated(spec.hostAliases, "ip", place.child("hostAliases"), noun: "ip")
        repeated(spec.imagePullSecrets, "name", place.child("imagePullSecrets"), noun: "name")
        for (index, secret) in spec.imagePullSecrets.list.enumerated() where secret.name.isEmpty {
            add(place.child("imagePullSecrets").index(index).child("name"), "invalid empty name \"\"")
        }
        for name in ["memory", "ephemeral-storage"] {
            fraction(spec.overhead[name], place.child("overhead").key(name))
        }
        let seccomp = "non-functional in v1.27+; use the \"seccompProfile\" field instead"
        let podKey = "seccomp.security.alpha.kubernetes.io/pod"
        if !spec.securityContext.seccompProfile.exists && notes[podKey].exists {
            add(notePath.key(podKey), seccomp)
        }
        for (container, own) in PodSpecView.allContainers(spec, place) {
            let name = container.name.text
            let key = "container.seccomp.security.alpha.kubernetes.io/" + name
            if !container.securityContext.seccompProfile.exists && notes[key].exists {
                add(notePath.key(key), seccomp)
            }
            if isTemplate { appArmor(container, spec, notes, notePath) }
            for resource in ["memory", "ephemeral-storage"] {
                for list in ["limits", "requests"] {
                    fraction(
                        container.resources[list][resource], own.child("resources", list).key(resource))
                }
            }
            hiddenVariables(container.env, own.child("env"))
        }
        podPorts(spec, place)
        if spec.terminationGracePeriodSeconds.int < 0 {
            add(
                place.child("terminationGracePeriodSeconds"),
                "must be >= 0; negative values are invalid and will be treated as 1")
        }
        nullSelectors(spec.affinity, place.child("affinity"))
        for (index, text) in spec.dnsConfig.nameservers.strings.enumerated() {
            address(text, place.child("dnsConfig", "nameservers").index(index))
        }
        for (index, alias) in spec.hostAliases.list.enumerated() {
            address(alias.ip.text, place.child("hostAliases").index(index).child("ip"))
        }
    }

    private mutating func podLabels(_ spec: APITree, _ path: FieldPath) {
        for (key, _) in spec.nodeSelector.entries {
            if let text = WarningList.nodeLabels[key] { add(path.child("nodeSelector").key(key), text) }
        }
        let affinity = spec.affinity.nodeAffinity
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
        let place = path.child("affinity", "nodeAffinity")
        for (index, term) in affinity[required].nodeSelectorTerms.list.enumerated() {
            selectorTerm(
                term, place.child(required, "nodeSelectorTerms").index(index), checksValues: false)
        }
        for (index, term) in affinity[preferred].list.enumerated() {
            selectorTerm(
                term.preference, place.child(preferred).index(index).child("preference"),
                checksValues: true)
        }
        for (index, spread) in spec.topologySpreadConstraints.list.enumerated() {
            let own = path.child("topologySpreadConstraints").index(index)
            let key = spread.topologyKey.text
            if let text = WarningList.nodeLabels[key] { add(own.child("topologyKey"), "\(key) is \(text)") }
            if !spread.labelSelector.exists {
                add(own.child("labelSelector"), "a null labelSelector results in matching no pod")
            }
        }
    }

    private mutating func nullSelectors(_ affinity: APITree, _ path: FieldPath) {
        let text = "a null labelSelector results in matching no pod"
        for kind in ["podAffinity", "podAntiAffinity"] {
            let required = "requiredDuringSchedulingIgnoredDuringExecution"
            let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
            for (index, term) in affinity[kind][required].list.enumerated()
            where !term.labelSelector.exists {
                add(path.child(kind, required).index(index).child("labelSelector"), text)
            }
            for (index, term) in affinity[kind][preferred].list.enumerated()
            where !term.podAffinityTerm.labelSelector.exists {
                add(
                    path.child(kind, preferred).index(index).child("podAffinityTerm", "labelSelector"), text)
            }
        }
    }

    private mutating func repeated(
        _ list: APITree, _ field: String, _ path: FieldPath, noun: String
    ) {
        var seen: Set<String> = []
        for (index, item) in list.list.enumerated() {
            let value = item[field].text
            if !seen.insert(value).inserted {
                add(path.index(index).child(field), "duplicate \(noun) \(GoText.quoted(value))")
            }
        }
    }

    private mutating func hiddenVariables(_ variables: APITree, _ path: FieldPath) {
        var seen: Set<String> = []
        for (index, variable) in variables.list.enumerated() {
            let name = variable.name.text
            if seen.insert(name).inserted { continue }
            let reference = "$(\(name))"
            let value = variable["value"].text
            if variable.valueFrom.exists || value == reference || value.range(ofFirst: reference) == nil {
                add(
                    path.index(index),
                    "hides previous definition of \(GoText.quoted(name)), which may be dropped when "
                        + "using apply"
                )
            }
        }
    }

    private mutating func podPorts(_ spec: APITree, _ path: FieldPath) {
        var byNumber: [String: [(FieldPath, APITree)]] = [:]
        let containers = PodSpecView.allContainers(spec, path)
        for (container, own) in containers {
            for (index, port) in container.ports.list.enumerated() {
                let place = own.child("ports").index(index)
                let host = port.hostPort.int
                let address = port.hostIP.text
                if !address.isEmpty && host == 0 {
                    add(
                        place,
                        "hostIP set without hostPort: {Name:\(port.name.text) HostPort:0 "
                            + "ContainerPort:\(port.containerPort.int) Protocol:\(port["protocol"].text) "
                            + "HostIP:\(address)}")
                }
                let key = "\(port.containerPort.int)/\(port["protocol"].text)"
                for (other, before) in byNumber[key] ?? [] {
                    let otherHost = before.hostPort.int
                    let otherAddress = before.hostIP.text
                    if address == otherAddress && host == otherHost {
                        add(place, "duplicate port definition with \(other)")
                    } else if host == 0 || otherHost == 0 {
                        add(place, "overlapping port definition with \(other)")
                    } else if host == otherHost && address.isEmpty != otherAddress.isEmpty {
                        add(place, "dangerously ambiguous port definition with \(other)")
                    }
                }
                byNumber[key, default: []].append((place, port))
            }
        }
        var byName: [String: FieldPath] = [:]
        for (container, own) in containers {
            for (index, port) in container.ports.list.enumerated() where !port.name.isEmpty {
                let name = port.name.text
                let place = own.child("ports").index(index)
                guard let other = byName[name] else {
                    byName[name] = place
                    continue
                }
                add(
                    place,
                    "duplicate port name \(GoText.quoted(name)) with \(other), services and probes that "
                        + "select "
                        + "ports by name will use \(other)")
            }
        }
    }

    // MARK: AppArmor

    private static let appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/"

    private static func appArmorProfile(_ note: String) -> APITree {
        if note == "unconfined" { return APITree(.object(["type": "Unconfined"])) }
        if note == "runtime/default" { return APITree(.object(["type": "RuntimeDefault"])) }
        let prefix = "localhost/"
        guard note.hasPrefix(prefix), note.utf8.count > prefix.utf8.count else { return APITree(nil) }
        let name = String(note.dropFirst(prefix.count))
        return APITree(.object(["type": "Localhost", "localhostProfile": .string(name)]))
    }

    private mutating func appArmor(
        _ container: APITree, _ spec: APITree, _ notes: APITree, _ path: FieldPath
    ) {
        let key = WarningList.appArmorPrefix + container.name.text
        guard !container.securityContext.appArmorProfile.exists, let note = notes[key].optionalText
        else { return }
        let profile = WarningList.appArmorProfile(note)
        let podProfile = spec.securityContext.appArmorProfile
        if podProfile.exists && APITree.areSemanticallyEqual(profile, podProfile) { return }
        add(path.key(key), "deprecated since v1.30; use the \"appArmorProfile\" field instead")
    }

    /// Annotations that stand for AppArmor fields, in a pod as it was sent.
    mutating func podAppArmor(_ pod: APITree) {
        if pod.spec.os.name.text == "windows" { return }
        for container in PodSpecView.allContainers(pod.spec) {
            appArmor(
                container, pod.spec, pod.metadata.annotations, FieldPath("metadata").child("annotations"))
        }
    }

    // MARK: Volumes

    private mutating func podVolumes(_ volumes: APITree, _ path: FieldPath) {
        for (index, volume) in volumes.list.enumerated() {
            let place = path.index(index)
            for (field, shown, text) in [
                ("photonPersistentDisk", "photonPersistentDisk", "v1.11, non-functional in v1.16+"),
                ("gitRepo", "gitRepo", "v1.11, and disabled by default in v1.33+"),
                ("scaleIO", "scaleIO", "v1.16, non-functional in v1.22+"),
                ("flocker", "flocker", "v1.22, non-functional in v1.25+"),
                ("storageos", "storageOS", "v1.22, non-functional in v1.25+"),
                ("quobyte", "quobyte", "v1.22, non-functional in v1.25+"),
                ("glusterfs", "glusterfs", "v1.25, non-functional in v1.26+"),
            ] where volume[field].exists {
                add(place.child(shown), "deprecated in \(text)")
            }
            if volume.ephemeral.volumeClaimTemplate.exists {
                claimSpec(
                    volume.ephemeral.volumeClaimTemplate.spec,
                    place.child("ephemeral", "volumeClaimTemplate", "spec"))
            }
            for field in ["cephfs", "rbd"] where volume[field].exists {
                add(place.child(field), "deprecated in v1.28, non-functional in v1.31+")
            }
        }
        for volume in volumes.list { overlappingPaths(volume) }
    }

    /// A file that a volume projects, and where it comes from.
    private struct ProjectedPath: Equatable {
        var path: String
        var source: String

        var shown: String {
            source.isEmpty ? GoText.quoted(path) : "\(GoText.quoted(path)) (\(source))"
        }
    }

    private mutating func overlappingPaths(_ volume: APITree) {
        let name = GoText.quoted(volume.name.text)
        func items(_ source: APITree, _ text: String) -> [ProjectedPath] {
            source.items.list.map { ProjectedPath(path: $0.path.text, source: text) }
        }
        var seen: [ProjectedPath] = []
        func check(_ paths: [ProjectedPath], _ kind: String) {
            for var entry in paths {
                while entry.path.hasSuffix("/") { entry.path.removeLast() }
                for other in seen where WarningList.overlap(entry, other) {
                    add("volume \(name) (\(kind)): overlapping paths: \(entry.shown) with \(other.shown)")
                }
                seen.append(entry)
            }
        }
        check(items(volume.configMap, ""), "ConfigMap \(GoText.quoted(volume.configMap.name.text))")
        seen = []
        check(items(volume.secret, ""), "Secret \(GoText.quoted(volume.secret.secretName.text))")
        seen = []
        check(items(volume.downwardAPI, ""), "DownwardAPI")
        seen = []
        for source in volume.projected.sources.list {
            if source.isEmpty {
                add("volume \(name) (Projected) has no sources provided")
                continue
            }
            var paths: [ProjectedPath] = []
            if !source.configMap.items.isEmpty {
                paths = items(source.configMap, "ConfigMap \(GoText.quoted(source.configMap.name.text))")
            } else if !source.secret.items.isEmpty {
                paths = items(source.secret, "Secret \(GoText.quoted(source.secret.name.text))")
            } else if !source.downwardAPI.items.isEmpty {
                paths = items(source.downwardAPI, "DownwardAPI")
            } else if source.serviceAccountToken.exists {
                paths = [
                    ProjectedPath(path: source.serviceAccountToken.path.text, source: "ServiceAccountToken")
                ]
            } else if source.clusterTrustBundle.exists {
                let bundle = source.clusterTrustBundle
                let subject = bundle.name.optionalText ?? bundle.signerName.text
                paths = [
                    ProjectedPath(
                        path: bundle.path.text, source: "ClusterTrustBundle \(GoText.quoted(subject))")
                ]
            } else if source.podCertificate.exists {
                for (field, noun) in [
                    ("certificateChainPath", "chain"), ("keyPath", "key"),
                    ("credentialBundlePath", "credential bundle"),
                ] where !source.podCertificate[field].isEmpty {
                    paths.append(
                        ProjectedPath(
                            path: source.podCertificate[field].text, source: "PodCertificate \(noun)"))
                }
            }
            check(paths, "Projected")
        }
    }

    private static func overlap(_ left: ProjectedPath, _ right: ProjectedPath) -> Bool {
        if left.path.isEmpty || right.path.isEmpty { return false }
        return (right.path + "/").hasPrefix(left.path + "/")
            || (left.path + "/").hasPrefix(right.path + "/")
    }
}
