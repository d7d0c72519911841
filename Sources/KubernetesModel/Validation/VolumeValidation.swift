/// Checks of volumes.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    /// The volumes of a pod.
    /// - Returns: those without faults, by name.
    mutating func volumes(
        _ volumes: APITree, podName: String, _ path: FieldPath, _ options: PodOptions
    ) -> [String: APITree] {
        var found: [String: APITree] = [:]
        var created: Set<String> = []
        if !podName.isEmpty {
            for volume in volumes.list where volume.ephemeral.exists {
                created.insert(podName + "-" + volume.name.text)
            }
        }
        for (index, volume) in volumes.list.enumerated() {
            let place = path.index(index)
            let name = volume.name.text
            var faults = FieldErrorList()
            faults.volumeSource(volume, podName: podName, place, options)
            if name.isEmpty {
                faults.required(place.child("name"))
            } else {
                faults.label(name, place.child("name"))
            }
            if found[name] != nil { faults.duplicate(place.child("name"), .text(name)) }
            if faults.isEmpty { found[name] = volume } else { add(faults) }
            let claim = volume.persistentVolumeClaim.claimName.text
            if volume.persistentVolumeClaim.exists && created.contains(claim) {
                invalid(
                    place.child("persistentVolumeClaim", "claimName"), .text(claim),
                    "must not reference a PVC that gets created for an ephemeral volume")
            }
        }
        return found
    }

    /// The kinds of source in upstream's order: the member, and the path element its faults are told under.
    private static let podSources: [(member: String, twice: String, inner: String)] = [
        ("hostPath", "hostPath", "hostPath"), ("gitRepo", "gitRepo", "gitRepo"),
        ("gcePersistentDisk", "gcePersistentDisk", "persistentDisk"),
        ("awsElasticBlockStore", "awsElasticBlockStore", "awsElasticBlockStore"),
        ("secret", "secret", "secret"), ("nfs", "nfs", "nfs"), ("iscsi", "iscsi", "iscsi"),
        ("glusterfs", "glusterfs", "glusterfs"), ("flocker", "flocker", "flocker"),
        ("persistentVolumeClaim", "persistentVolumeClaim", "persistentVolumeClaim"), ("rbd", "rbd", "rbd"),
        ("cinder", "cinder", "cinder"), ("cephfs", "cephFS", "cephfs"), ("quobyte", "quobyte", "quobyte"),
        ("downwardAPI", "downwarAPI", "downwardAPI"), ("fc", "fc", "fc"),
        ("flexVolume", "flexVolume", "flexVolume"), ("configMap", "configMap", "configMap"),
        ("azureFile", "azureFile", "azureFile"), ("vsphereVolume", "vsphereVolume", "vsphereVolume"),
        ("photonPersistentDisk", "photonPersistentDisk", "photonPersistentDisk"),
        ("portworxVolume", "portworxVolume", "portworxVolume"), ("azureDisk", "azureDisk", "azureDisk"),
        ("storageos", "storageos", "storageos"), ("projected", "projected", "projected"),
        ("scaleIO", "scaleIO", "scaleIO"), ("csi", "csi", "csi"), ("ephemeral", "ephemeral", "ephemeral"),
        ("image", "image", "image"),
    ]

    private mutating func volumeSource(
        _ volume: APITree, podName: String, _ path: FieldPath, _ options: PodOptions
    ) {
        var count = 0
        if volume.emptyDir.exists {
            count += 1
            if let limit = volume.emptyDir.sizeLimit.quantity, limit < Quantity.zero {
                forbidden(
                    path.child("emptyDir", "sizeLimit"), "SizeLimit field must be a valid resource quantity")
            }
        }
        for kind in FieldErrorList.podSources where volume[kind.member].exists {
            if count > 0 {
                forbidden(path.child(kind.twice), "may not specify more than 1 volume type")
            } else {
                count += 1
                podSource(volume, kind.member, podName: podName, path, path.child(kind.inner), options)
            }
            if kind.member == "iscsi" && volume.iscsi.initiatorName.exists {
                let name = volume.name.text
                if name.utf8.count + 1 + volume.iscsi.targetPortal.count > 64 {
                    invalid(path.child("name"), .text(name), FieldErrorList.portalTooLong)
                }
            }
        }
        if count == 0 { required(path, "must specify a volume type") }
    }

    private static let portalTooLong =
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
        + "iscsi.initiatorName is specified."

    private mutating func podSource(
        _ volume: APITree, _ kind: String, podName: String, _ volumePath: FieldPath, _ path: FieldPath,
        _ options: PodOptions
    ) {
        let source = volume[kind]
        switch kind {
        case "secret", "configMap":
            let name = kind == "secret" ? "secretName" : "name"
            if source[name].isEmpty { required(path.child(name)) }
            fileMode(source.defaultMode, path.child("defaultMode"))
            for (index, item) in source.items.list.enumerated() {
                keyToPath(item, path.child("items").index(index))
            }
        case "downwardAPI":
            fileMode(source.defaultMode, path.child("defaultMode"))
            for file in source.items.list { downwardFile(file, path) }
        case "projected":
            fileMode(source.defaultMode, path.child("defaultMode"))
            projection(source, path, options)
        case "persistentVolumeClaim": if source.claimName.isEmpty { required(path.child("claimName")) }
        case "ephemeral":
            if source.volumeClaimTemplate.exists {
                claimTemplate(source.volumeClaimTemplate, path.child("volumeClaimTemplate"))
            } else {
                required(path.child("volumeClaimTemplate"))
            }
            let name = volume.name.text
            if !podName.isEmpty && !name.isEmpty {
                let claim = podName + "-" + name
                for fault in Names.dns1123Subdomain(claim) {
                    invalid(
                        volumePath.child("name"), .text(name),
                        "PVC name \(GoText.quoted(claim)): \(fault)")
                }
            }
        case "image":
            if options.isPod && source.reference.isEmpty { required(path.child("reference")) }
            pullPolicy(source.pullPolicy.text, path.child("pullPolicy"))
        case "csi":
            driverName(source.driver.text, path.child("driver"))
            guard source.nodePublishSecretRef.exists else { return }
            let name = source.nodePublishSecretRef.name.text
            if name.isEmpty {
                required(path.child("nodePublishSecretRef", "name"))
            } else {
                invalid(path.child("name"), .text(name), each: Names.dns1123Subdomain(name))
            }
        case "gitRepo":
            if source.repository.isEmpty { required(path.child("repository")) }
            descendingPath(source.directory.text, path.child("directory"))
        default: sharedSource(source, kind, path, volumeName: "", isPersistent: false)
        }
    }

    /// Sources that pods and persistent volumes have in common.
    mutating func sharedSource(
        _ source: APITree, _ kind: String, _ path: FieldPath, volumeName: String, isPersistent: Bool
    ) {
        func require(_ fields: String...) {
            for field in fields where source[field].isEmpty { required(path.child(field)) }
        }
        func requireSecretNamespace() {
            guard source.secretRef.exists else { return }
            if source.secretRef.name.isEmpty { required(path.child("secretRef", "name")) }
            if isPersistent && source.secretRef.namespace.isEmpty {
                required(path.child("secretRef", "namespace"))
            }
        }
        switch kind {
        case "hostPath":
            if source.path.isEmpty { return required(path.child("path")) }
            noBacksteps(source.path.text, path.child("path"))
            if let type = source.type.optionalText {
                member(
                    type, path.child("type"),
                    of: [
                        "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File",
                        "FileOrCreate", "Socket",
                    ])
            }
        case "gcePersistentDisk", "awsElasticBlockStore":
            require(kind == "gcePersistentDisk" ? "pdName" : "volumeID")
            let partition = source.partition.int
            if partition < 0 || partition > 255 {
                invalid(path.child("partition"), .int(partition), Names.range(1, 255))
            }
        case "nfs":
            require("server", "path")
            if !source.path.text.hasPrefix("/") {
                invalid(path.child("path"), .text(source.path.text), "must be an absolute path")
            }
        case "iscsi": iscsi(source, path, volumeName: volumeName, isPersistent: isPersistent)
        case "glusterfs":
            require("endpoints", "path")
            if isPersistent, let namespace = source.endpointsNamespace.optionalText {
                let place = path.child("endpointsNamespace")
                if namespace.isEmpty {
                    invalid(
                        place, .text(namespace),
                        "if the endpointnamespace is set, it must be a valid namespace name")
                } else {
                    label(namespace, place)
                }
            }
        case "flocker":
            let name = source.datasetName.text
            if name.isEmpty && source.datasetUUID.isEmpty {
                required(path, "one of datasetName and datasetUUID is required")
            }
            if !name.isEmpty && !source.datasetUUID.isEmpty {
                invalid(
                    path, .text("resource"), "datasetName and datasetUUID can not be specified simultaneously"
                )
            }
            if name.contains("/") {
                invalid(path.child("datasetName"), .text(name), "must not contain '/'")
            }
        case "rbd": require("monitors", "image")
        case "cephfs": require("monitors")
        case "cinder":
            require("volumeID")
            requireSecretNamespace()
        case "quobyte": quobyte(source, path)
        case "fc": fibreChannel(source, path)
        case "flexVolume":
            require("driver")
            for (key, _) in source.options.entries {
                let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
                let space = "." + (parts.count == 2 ? String(parts[0]) : key).lowercased()
                if space.hasSuffix(".kubernetes.io") || space.hasSuffix(".k8s.io") {
                    invalid(
                        path.child("options").key(key), .text(key),
                        "kubernetes.io and k8s.io namespaces are reserved")
                }
            }
        case "azureFile":
            require("secretName", "shareName")
            if isPersistent, source.secretNamespace.optionalText == "" {
                required(path.child("secretNamespace"))
            }
        case "azureDisk": azureDisk(source, path)
        case "vsphereVolume": require("volumePath")
        case "photonPersistentDisk": require("pdID")
        case "portworxVolume": require("volumeID")
        case "scaleIO": require("gateway", "system", "volumeName")
        case "storageos":
            if source.volumeName.isEmpty {
                required(path.child("volumeName"))
            } else {
                label(source.volumeName.text, path.child("volumeName"))
            }
            if !source.volumeNamespace.isEmpty {
                label(source.volumeNamespace.text, path.child("volumeNamespace"))
            }
            requireSecretNamespace()
        default: break
        }
    }

    private mutating func quobyte(_ source: APITree, _ path: FieldPath) {
        let text = "must be a host:port pair or multiple pairs separated by commas"
        if source.registry.isEmpty {
            required(path.child("registry"), text)
        } else if source.tenant.count >= 65 {
            required(path.child("tenant"), "must be a UUID and may not exceed a length of 64 characters")
        } else {
            let registry = source.registry.text
            for pair in registry.split(separator: ",", omittingEmptySubsequences: false)
            where pair.filter({ $0 == ":" }).count != 1 && !(pair.hasPrefix("[") && pair.contains("]:")) {
                invalid(path.child("registry"), .text(registry), text)
            }
        }
        if source.volume.isEmpty { required(path.child("volume")) }
    }

    private mutating func fibreChannel(_ source: APITree, _ path: FieldPath) {
        let place = path.child("targetWWNs")
        if source.targetWWNs.isEmpty && source.wwids.isEmpty {
            required(place, "must specify either targetWWNs or wwids, but not both")
        }
        if !source.targetWWNs.isEmpty && !source.wwids.isEmpty {
            invalid(
                place, .strings(source.targetWWNs.strings),
                "targetWWNs and wwids can not be specified simultaneously")
        }
        guard !source.targetWWNs.isEmpty else { return }
        guard let lun = source.lun.optionalInt else {
            return required(path.child("lun"), "lun is required if targetWWNs is specified")
        }
        if lun < 0 || lun > 255 { invalid(path.child("lun"), .int(lun), Names.range(0, 255)) }
    }

    private mutating func azureDisk(_ source: APITree, _ path: FieldPath) {
        if source.diskName.isEmpty { required(path.child("diskName")) }
        let uri = source.diskURI.text
        if uri.isEmpty { required(path.child("diskURI")) }
        if let mode = source.cachingMode.optionalText {
            member(mode, path.child("cachingMode"), of: ["None", "ReadOnly", "ReadWrite"])
        }
        guard let kind = source.kind.optionalText else { return }
        member(kind, path.child("kind"), of: ["Dedicated", "Managed", "Shared"])
        if kind == "Managed" && !uri.hasPrefix("/subscriptions/") {
            notSupported(
                path.child("diskURI"), .text(uri),
                [
                    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/"
                        + "{disk-id}"
                ])
        }
        if kind != "Managed" && !uri.hasPrefix("https://") {
            notSupported(
                path.child("diskURI"), .text(uri),
                ["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"])
        }
    }

    private mutating func iscsi(
        _ source: APITree, _ path: FieldPath, volumeName: String, isPersistent: Bool
    ) {
        let portal = source.targetPortal.text
        if portal.isEmpty { required(path.child("targetPortal")) }
        let initiator = source.initiatorName.optionalText
        if isPersistent && initiator != nil && volumeName.utf8.count + 1 + portal.utf8.count > 64 {
            invalid(path.child("targetportal"), .text(portal), FieldErrorList.portalTooLong)
        }
        let start = "must be valid format starting with iqn, eui, or naa"
        func isKnown(_ name: String) -> Bool { ["iqn", "eui", "naa"].contains(String(name.prefix(3))) }
        let name = source.iqn.text
        if name.isEmpty {
            required(path.child("iqn"))
        } else if !isKnown(name) {
            invalid(path.child("iqn"), .text(name), isPersistent ? "must be valid format" : start)
        } else if !FieldErrorList.isISCSIName(name) {
            invalid(path.child("iqn"), .text(name), "must be valid format")
        }
        let lun = source.lun.int
        if lun < 0 || lun > 255 { invalid(path.child("lun"), .int(lun), Names.range(0, 255)) }
        if (source.chapAuthDiscovery.flag || source.chapAuthSession.flag) && !source.secretRef.exists {
            required(path.child("secretRef"))
        }
        if isPersistent && source.secretRef.exists && source.secretRef.name.isEmpty {
            required(path.child("secretRef", "name"))
        }
        guard let initiator else { return }
        let place = path.child("initiatorname")
        if !isKnown(initiator) {
            invalid(place, .text(initiator), isPersistent ? "must be valid format" : start)
        } else if !FieldErrorList.isISCSIName(initiator) {
            invalid(place, .text(initiator), "must be valid format")
        }
    }

    /// `iqn.YYYY-MM.authority:unique`, `eui.` and 16 or `naa.` and 32 alphanumeric characters.
    private static func isISCSIName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        if name.hasPrefix("eui") || name.hasPrefix("naa") {
            let length = name.hasPrefix("eui") ? 16 : 32
            return bytes.count == 4 + length && bytes[4...].allSatisfy(Names.isAlphanumeric)
        }
        guard bytes.count > 12, name.hasPrefix("iqn."), bytes[4..<8].allSatisfy(Names.isDigit),
            bytes[8] == Names.dash, bytes[9..<11].allSatisfy(Names.isDigit), bytes[11] == Names.dot
        else { return false }
        let rest = bytes[12...]
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")), colon > 12, colon < bytes.count - 1
        else { return false }
        return rest[..<colon].allSatisfy {
            Names.isAlphanumeric($0) || $0 == Names.dash || $0 == Names.dot
        }
            && bytes[(colon + 1)...].allSatisfy { !",;*&$| \t\r\n\u{0B}\u{0C}".utf8.contains($0) }
    }

    // MARK: Projections

    private mutating func fileMode(_ mode: APITree, _ path: FieldPath) {
        guard let value = mode.optionalInt, value > 0o777 || value < 0 else { return }
        invalid(path, .int(value), "must be a number between 0 and 0777 (octal), both inclusive")
    }

    private mutating func keyToPath(_ item: APITree, _ path: FieldPath) {
        if item.key.isEmpty { required(path.child("key")) }
        if item.path.isEmpty { required(path.child("path")) }
        localPath(item.path.text, path.child("path"))
        fileMode(item.mode, path.child("mode"))
    }

    private mutating func downwardFile(_ file: APITree, _ path: FieldPath) {
        if file.path.isEmpty { required(path.child("path")) }
        localPath(file.path.text, path.child("path"))
        if file.fieldRef.exists {
            fieldSelector(
                file.fieldRef, path.child("fieldRef"),
                supported: [
                    "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace",
                    "metadata.uid",
                ])
            if file.resourceFieldRef.exists {
                invalid(
                    path, .text("resource"),
                    "fieldRef and resourceFieldRef can not be specified simultaneously"
                )
            }
        } else if file.resourceFieldRef.exists {
            resourceFieldSelector(file.resourceFieldRef, path.child("resourceFieldRef"), isVolume: true)
        } else {
            required(path, "one of fieldRef and resourceFieldRef is required")
        }
        fileMode(file.mode, path.child("mode"))
    }

    private mutating func projection(_ projection: APITree, _ path: FieldPath, _ options: PodOptions) {
        var paths: Set<String> = []
        func claim(_ target: String, shown: String) {
            if !paths.insert(target).inserted { invalid(path, .text(shown), "conflicting duplicate paths") }
        }
        for (index, source) in projection.sources.list.enumerated() {
            let place = path.child("sources").index(index)
            var count = 0
            for kind in ["secret", "configMap"] where source[kind].exists {
                count += 1
                let name = source[kind].name.text
                if name.isEmpty { required(place.child(kind, "name")) }
                for (position, item) in source[kind].items.list.enumerated() {
                    keyToPath(item, place.child(kind, "items").index(position))
                    if !item.path.isEmpty { claim(item.path.text, shown: name) }
                }
            }
            if source.downwardAPI.exists {
                count += 1
                for file in source.downwardAPI.items.list {
                    downwardFile(file, place.child("downwardAPI"))
                    if !file.path.isEmpty { claim(file.path.text, shown: file.path.text) }
                }
            }
            if source.serviceAccountToken.exists {
                count += 1
                let seconds = source.serviceAccountToken.expirationSeconds.int
                let field = place.child("serviceAccountToken", "expirationSeconds")
                if seconds < 600 {
                    invalid(field, .int(seconds), "may not specify a duration less than 10 minutes")
                }
                if seconds > 1 << 32 {
                    invalid(field, .int(seconds), "may not specify a duration larger than 2^32 seconds")
                }
                let target = source.serviceAccountToken.path.text
                if target.isEmpty {
                    required(path.child("path"))
                } else if !options.allowsNonLocalTokenPath {
                    localPath(target, path.child("path"))
                }
            }
            if source.clusterTrustBundle.exists {
                count += 1
                trustBundle(source.clusterTrustBundle, place.child("clusterTrustBundle"))
                let target = source.clusterTrustBundle.path.text
                claim(target, shown: target)
            }
            if source.podCertificate.exists {
                count += 1
                let certificate = source.podCertificate
                let own = place.child("podCertificate")
                podCertificate(certificate, own)
                var pathCount = 0
                for field in ["credentialBundlePath", "keyPath", "certificateChainPath"]
                where !certificate[field].isEmpty {
                    pathCount += 1
                    localPath(certificate[field].text, own.child(field))
                    claim(certificate[field].text, shown: certificate[field].text)
                }
                if pathCount == 0 {
                    required(
                        own,
                        "specify at least one of credentialBundlePath, keyPath, and certificateChainPath")
                }
            }
            if count > 1 { forbidden(place, "may not specify more than 1 volume type per source") }
        }
    }

    private mutating func trustBundle(_ bundle: APITree, _ path: FieldPath) {
        let name = bundle.name
        let signer = bundle.signerName
        if name.exists && signer.exists {
            invalid(
                path, .raw(GoStruct.json(bundle, "ClusterTrustBundleProjection")),
                "only one of name and signerName may be used")
        } else if name.exists {
            if name.isEmpty { required(path.child("name"), "must be a valid object name") }
            // A name that holds colons begins with its signer's.
            let own = name.text.split(separator: ":", omittingEmptySubsequences: false).last
            for fault in Names.dns1123Subdomain(own.map(String.init) ?? "") {
                invalid(path.child("name"), .text(name.text), "not a valid clustertrustbundlename: \(fault)")
            }
            if bundle.labelSelector.exists {
                invalid(
                    path.child("labelSelector"), .pointer(bundle.labelSelector),
                    "labelSelector must be unset if name is specified")
            }
        } else if signer.exists {
            if signer.isEmpty { required(path.child("signerName"), "must be a valid signer name") }
            signerName(signer.text, path.child("signerName"))
            labelSelector(bundle.labelSelector, path.child("labelSelector"))
        } else {
            required(path, "either name or signerName must be specified")
        }
        if bundle.path.isEmpty { required(path.child("path")) }
        localPath(bundle.path.text, path.child("path"))
    }

    private mutating func podCertificate(_ certificate: APITree, _ path: FieldPath) {
        signerName(certificate.signerName.text, path.child("signerName"))
        for (key, _) in certificate.userAnnotations.entries {
            let lowered = key.lowercased()
            let place = path.child("userAnnotations")
            let faults = Names.qualifiedName(lowered)
            if lowered.isEmpty {
                required(place)
            } else if !faults.isEmpty {
                invalid(place, .text(lowered), each: faults)
            } else if !lowered.contains("/") {
                invalid(
                    place, .text(lowered), "must be a domain-prefixed key (such as \"acme.io/foo\")")
            }
        }
        let keyType = certificate.keyType.text
        let supported = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"]
        if !supported.contains(keyType) {
            notSupported(path.child("keyType"), .text(keyType), supported)
        }
        guard let seconds = certificate.maxExpirationSeconds.optionalInt else { return }
        let place = path.child("maxExpirationSeconds")
        if seconds < 3600 {
            invalid(place, .int(seconds), "if provided, maxExpirationSeconds must be >= 3600")
        }
        let limit: Int64 =
            certificate.signerName.text.hasPrefix("kubernetes.io/") ? 24 * 60 * 60 : 91 * 24 * 60 * 60
        if seconds > limit {
            invalid(place, .int(seconds), "if provided, maxExpirationSeconds must be <= \(limit)")
        }
    }

    /// The name of a certificate signer: `domain/path`.
    mutating func signerName(_ name: String, _ path: FieldPath) {
        if name.isEmpty { return required(path) }
        let segments = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count == 2 else {
            return invalid(
                path, .text(name),
                "must be a fully qualified domain and path of the form 'example.com/signer-name'")
        }
        if segments[0].utf8.count > 253 { tooLong(path, bytes: 253) }
        let labels = segments[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        for part in labels {
            let faults = Names.dns1123Label(part)
            for fault in faults {
                invalid(path, .text(segments[0]), "validating label \(GoText.quoted(part)): \(fault)")
            }
            if !faults.isEmpty { break }
        }
        if labels.count < 2 {
            invalid(
                path, .text(segments[0]),
                "should be a domain with at least two segments separated by dots")
        }
        for part in segments[1].split(separator: ".", omittingEmptySubsequences: false).map(String.init) {
            let faults = Names.dns1123Subdomain(part)
            for fault in faults {
                invalid(path, .text(segments[1]), "validating label \(GoText.quoted(part)): \(fault)")
            }
            if !faults.isEmpty { break }
        }
        if segments[1].utf8.count > 317 { tooLong(path, bytes: 317) }
    }

    // MARK: Paths and drivers

    /// A relative path that stays below its root.
    mutating func descendingPath(_ target: String, _ path: FieldPath) {
        if target.hasPrefix("/") { invalid(path, .text(target), "must be a relative path") }
        noBacksteps(target, path)
    }

    mutating func noBacksteps(_ target: String, _ path: FieldPath) {
        if target.split(separator: "/").contains("..") {
            invalid(path, .text(target), "must not contain '..'")
        }
    }

    /// A relative path whose name does not begin with two dots.
    mutating func localPath(_ target: String, _ path: FieldPath) {
        descendingPath(target, path)
        if target.hasPrefix("..") && !target.hasPrefix("../") {
            invalid(path, .text(target), "must not start with '..'")
        }
    }

    /// The name of a CSI driver.
    mutating func driverName(_ name: String, _ path: FieldPath) {
        if name.isEmpty { return required(path) }
        if name.utf8.count > 63 { tooLong(path, bytes: 63) }
        invalid(path, .text(name), each: Names.dns1123Subdomain(name.lowercased()))
    }
}
