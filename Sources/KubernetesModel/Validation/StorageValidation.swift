/// What a claim's validation tolerates.
struct ClaimOptions {
    var allowsInvalidSelectorValues = false
    var allowsInvalidAPIGroup = false
}

/// Checks of volumes, claims, storage classes, attachments and CSI nodes.
///
/// Upstream: `pkg/apis/core/validation/validation.go`, `pkg/apis/storage/validation/validation.go` (v1.36).
extension FieldErrorList {
    static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
    static let volumeModes = ["Block", "Filesystem"]
    private static let betaClass = "volume.beta.kubernetes.io/storage-class"

    private mutating func accessModes(_ modes: [String], _ path: FieldPath) {
        for mode in modes { member(mode, path, of: FieldErrorList.accessModes) }
        let known = modes.filter(FieldErrorList.accessModes.contains)
        if known.contains("ReadWriteOncePod") && known.contains(where: { $0 != "ReadWriteOncePod" }) {
            forbidden(path, "may not use ReadWriteOncePod with other access modes")
        }
    }

    // MARK: PersistentVolume

    mutating func persistentVolume(_ object: APITree, old: APITree?) {
        volumeWithMountOptions(object, old)
        guard let old else { return }
        wholeVolume(object, old)
        var spec = object.spec
        if old.spec.csi.exists && !old.spec.csi.controllerExpandSecretRef.exists && spec.csi.exists {
            spec = spec.setting("csi", spec.csi.setting("controllerExpandSecretRef", APITree(nil)))
        }
        let isSame = FieldErrorList.persistentSources.allSatisfy {
            APITree.areSemanticallyEqual(spec[$0.member], old.spec[$0.member])
        }
        if !isSame {
            forbidden(
                FieldPath("spec").child("persistentvolumesource"),
                "spec.persistentvolumesource is immutable after creation\n" + FieldErrorList.differenceNote)
        }
        immutable(
            object.spec.volumeMode, old.spec.volumeMode, FieldPath("volumeMode"),
            shown: .pointer(object.spec.volumeMode))
        if old.spec.nodeAffinity.exists { volumeAffinityUpdate(object.spec, old.spec) }
        if old.spec.volumeAttributesClassName.exists && !object.spec.volumeAttributesClassName.exists {
            forbidden(
                FieldPath("spec").child("volumeAttributesClassName"),
                "update from non-nil value to nil is forbidden")
        }
    }

    private mutating func wholeVolume(_ object: APITree, _ old: APITree?) {
        metadata(object.metadata, isNamespaced: false, name: .subdomain)
        var allowsInvalidValues = false
        if let old {
            allowsInvalidValues = old.spec.nodeAffinity.required.nodeSelectorTerms.list.contains { term in
                term.matchExpressions.list.contains {
                    $0.values.strings.contains { !Names.labelValue($0).isEmpty }
                }
            }
        }
        volumeSpec(
            object.spec, name: object.metadata.name.text, isInline: false, FieldPath("spec"),
            allowsInvalidValues: allowsInvalidValues)
    }

    private mutating func volumeWithMountOptions(_ object: APITree, _ old: APITree?) {
        wholeVolume(object, old)
        let mountable = [
            "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "nfs", "rbd", "quobyte", "iscsi",
            "cinder", "cephfs", "azureFile", "vsphereVolume", "azureDisk", "photonPersistentDisk",
        ]
        let key = "volume.beta.kubernetes.io/mount-options"
        if object.metadata.annotations[key].exists && !mountable.contains(where: { object.spec[$0].exists }) {
            forbidden(
                FieldPath("metadata").child("annotations", key),
                "may not specify mount options for this volume type")
        }
    }

    private mutating func volumeAffinityUpdate(_ new: APITree, _ old: APITree) {
        let stable = [
            "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
            "beta.kubernetes.io/os": "kubernetes.io/os",
            "beta.kubernetes.io/arch": "kubernetes.io/arch",
            "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
        ]
        let before = old.nodeAffinity.required.nodeSelectorTerms.list
        let after = new.nodeAffinity.required.nodeSelectorTerms.list
        func areEqual(_ new: [APITree], _ old: [APITree]) -> Bool {
            new.count == old.count
                && zip(new, old).allSatisfy { now, then in
                    let key = now.key.text
                    let isRenamed = stable[then.key.text] == key
                    let masked = isRenamed ? then.setting("key", now.key) : then
                    return APITree.areSemanticallyEqual(now, masked)
                }
        }
        let isSame =
            new.nodeAffinity.exists && after.count == before.count
            && zip(after, before).allSatisfy { now, then in
                ["matchExpressions", "matchFields"].allSatisfy { areEqual(now[$0].list, then[$0].list) }
            }
        if !isSame {
            let shown =
                new.nodeAffinity.exists ? GoStruct.json(new.nodeAffinity, "VolumeNodeAffinity") : "null"
            invalid(
                FieldPath("nodeAffinity"), .raw(shown),
                "field is immutable, except for updating from beta label to GA")
        }
    }

    private static let persistentSources: [(member: String, twice: String, inner: String)] = [
        ("hostPath", "hostPath", "hostPath"), ("gcePersistentDisk", "gcePersistentDisk", "persistentDisk"),
        ("awsElasticBlockStore", "awsElasticBlockStore", "awsElasticBlockStore"),
        ("glusterfs", "glusterfs", "glusterfs"), ("flocker", "flocker", "flocker"), ("nfs", "nfs", "nfs"),
        ("rbd", "rbd", "rbd"), ("quobyte", "quobyte", "quobyte"), ("cephfs", "cephFS", "cephfs"),
        ("iscsi", "iscsi", "iscsi"), ("cinder", "cinder", "cinder"), ("fc", "fc", "fc"),
        ("flexVolume", "flexVolume", "flexVolume"), ("azureFile", "azureFile", "azureFile"),
        ("vsphereVolume", "vsphereVolume", "vsphereVolume"),
        ("photonPersistentDisk", "photonPersistentDisk", "photonPersistentDisk"),
        ("portworxVolume", "portworxVolume", "portworxVolume"), ("azureDisk", "azureDisk", "azureDisk"),
        ("scaleIO", "scaleIO", "scaleIO"), ("local", "local", "local"),
        ("storageos", "storageos", "storageos"), ("csi", "csi", "csi"),
    ]

    private mutating func volumeSpec(
        _ spec: APITree, name: String, isInline: Bool, _ path: FieldPath, allowsInvalidValues: Bool
    ) {
        let inlineText = "may not be specified in the context of inline volumes"
        if isInline {
            if spec.claimRef.exists { forbidden(path.child("claimRef"), inlineText) }
            if !spec.capacity.isEmpty { forbidden(path.child("capacity"), inlineText) }
            if !spec.csi.exists {
                required(path.child("csi"), "has to be specified in the context of inline volumes")
            }
        }
        if spec.accessModes.isEmpty { required(path.child("accessModes")) }
        accessModes(spec.accessModes.strings, path.child("accessModes"))
        if !isInline { volumeCapacity(spec.capacity, path.child("capacity")) }
        let reclaim = spec.persistentVolumeReclaimPolicy.text
        let reclaimPath = path.child("persistentVolumeReclaimPolicy")
        if !reclaim.isEmpty {
            if isInline {
                if reclaim != "Retain" {
                    forbidden(reclaimPath, "may only be Retain in the context of inline volumes")
                }
            } else {
                member(reclaim, reclaimPath, of: ["Delete", "Recycle", "Retain"])
            }
        }
        if spec.nodeAffinity.exists {
            let place = path.child("nodeAffinity")
            if isInline {
                forbidden(place, inlineText)
            } else if spec.nodeAffinity.required.exists {
                nodeSelector(
                    spec.nodeAffinity.required, place.child("required"),
                    allowsInvalidValues: allowsInvalidValues)
            } else {
                required(place.child("required"), "must specify required node constraints")
            }
        }
        let hasAffinity = spec.nodeAffinity.exists && !isInline
        persistentSource(spec, name: name, path, hasAffinity: hasAffinity)
        if spec.hostPath.exists && reclaim == "Recycle"
            && FieldErrorList.isRoot(spec.hostPath.path.text)
        {
            forbidden(reclaimPath, "may not be 'recycle' for a hostPath mount of '/'")
        }
        if !spec.storageClassName.isEmpty {
            if isInline {
                forbidden(path.child("storageClassName"), inlineText)
            } else {
                subdomain(spec.storageClassName.text, path.child("storageClassName"))
            }
        }
        if let mode = spec.volumeMode.optionalText {
            if !isInline {
                member(mode, path.child("volumeMode"), of: FieldErrorList.volumeModes)
            } else if mode != "Filesystem" {
                forbidden(
                    path.child("volumeMode"),
                    "may not specify volumeMode other than Filesystem in the context of inline volumes")
            }
        }
        if isInline { return }
        if let name = spec.volumeAttributesClassName.optionalText {
            if name.isEmpty {
                required(path.child("volumeAttributesClassName"), "an empty string is disallowed")
            } else {
                subdomain(name, path.child("volumeAttributesClassName"))
            }
            if !spec.csi.exists {
                required(
                    path.child("csi"), "has to be specified when using volumeAttributesClassName")
            }
        }
    }

    private mutating func volumeCapacity(_ capacity: APITree, _ path: FieldPath) {
        if capacity.isEmpty { required(path) }
        if !capacity.storage.exists || capacity.count > 1 {
            notSupported(path, .json(capacity.value ?? .null), ["storage"])
        }
        for (name, value) in capacity.entries {
            basicResource(value, path.key(name))
            positiveQuantity(value, path.key(name))
        }
    }

    /// Whether a path means the root once it is cleaned.
    private static func isRoot(_ path: String) -> Bool {
        guard path.hasPrefix("/") else { return false }
        var depth = 0
        for part in path.split(separator: "/") where part != "." {
            depth = part == ".." ? max(0, depth - 1) : depth + 1
        }
        return depth == 0
    }

    private mutating func persistentSource(
        _ spec: APITree, name: String, _ path: FieldPath, hasAffinity: Bool
    ) {
        var count = 0
        for kind in FieldErrorList.persistentSources where spec[kind.member].exists {
            if count > 0 && kind.member != "flexVolume" {
                forbidden(path.child(kind.twice), "may not specify more than 1 volume type")
                continue
            }
            count += 1
            let place = path.child(kind.inner)
            let source = spec[kind.member]
            switch kind.member {
            case "local":
                if source.path.isEmpty {
                    required(place.child("path"))
                } else {
                    noBacksteps(source.path.text, place.child("path"))
                }
                if !hasAffinity {
                    required(path.child("nodeAffinity"), "Local volume requires node affinity")
                }
            case "csi": persistentCSI(source, place)
            default:
                sharedSource(source, kind.member, place, volumeName: name, isPersistent: true)
            }
        }
        if count == 0 { required(path, "must specify a volume type") }
    }

    private mutating func persistentCSI(_ source: APITree, _ path: FieldPath) {
        driverName(source.driver.text, path.child("driver"))
        if source.volumeHandle.isEmpty { required(path.child("volumeHandle")) }
        for field in [
            "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef",
            "nodeExpandSecretRef",
        ] where source[field].exists {
            let name = source[field].name.text
            let namespace = source[field].namespace.text
            if name.isEmpty {
                required(path.child(field, "name"))
            } else {
                subdomain(name, path.child(field, "name"))
            }
            if namespace.isEmpty {
                required(path.child(field, "namespace"))
            } else {
                label(namespace, path.child(field, "namespace"))
            }
        }
    }

    mutating func persistentVolumeStatusUpdate(_ new: APITree, _ old: APITree) {
        metadataUpdate(new.metadata, old.metadata)
        if new.metadata.resourceVersion.isEmpty { required(FieldPath("resourceVersion")) }
    }

    // MARK: PersistentVolumeClaim

    mutating func claimCreate(_ claim: APITree, _ options: ClaimOptions = ClaimOptions()) {
        metadata(claim.metadata, isNamespaced: true, name: .subdomain)
        claimSpec(claim.spec, FieldPath("spec"), options)
    }

    /// The claim of an ephemeral volume.
    mutating func claimTemplate(_ template: APITree, _ path: FieldPath) {
        let meta = template.metadata
        let place = path.child("metadata")
        annotations(meta.annotations, place.child("annotations"))
        labels(meta.labels, place.child("labels"))
        for field in [
            "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation",
            "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences",
            "finalizers", "managedFields",
        ] where meta[field].exists {
            let shown = field == "uid" ? "uID" : field
            forbidden(place.child(shown), "cannot be set")
        }
        claimSpec(template.spec, path.child("spec"), ClaimOptions())
    }

    mutating func claimSpec(_ spec: APITree, _ path: FieldPath, _ options: ClaimOptions) {
        if spec.accessModes.isEmpty {
            required(path.child("accessModes"), "at least 1 access mode is required")
        }
        labelSelector(
            spec.selector, path.child("selector"),
            allowsInvalidValues: options.allowsInvalidSelectorValues)
        accessModes(spec.accessModes.strings, path.child("accessModes"))
        let size = spec.resources.requests.storage
        let sizePath = path.child("resources").key("storage")
        if size.exists { positiveQuantity(size, sizePath) } else { required(sizePath) }
        if !spec.storageClassName.isEmpty {
            subdomain(spec.storageClassName.text, path.child("storageClassName"))
        }
        if let mode = spec.volumeMode.optionalText {
            member(mode, path.child("volumeMode"), of: FieldErrorList.volumeModes)
        }
        for field in ["dataSource", "dataSourceRef"] where spec[field].exists {
            dataSource(spec[field], path.child(field), options)
        }
        let source = spec.dataSource
        let reference = spec.dataSourceRef
        if source.exists && reference.exists {
            // Upstream shows the path itself where it means the value.
            if !reference.namespace.isEmpty {
                invalid(
                    path, .raw("{}"), "may not be specified when dataSourceRef.namespace is specified")
            } else if source.apiGroup != reference.apiGroup || source.kind.text != reference.kind.text
                || source.name.text != reference.name.text
            {
                invalid(path, .raw("{}"), "must match dataSourceRef")
            }
        }
        if !spec.volumeAttributesClassName.isEmpty {
            subdomain(
                spec.volumeAttributesClassName.text, path.child("volumeAttributesClassName"))
        }
    }

    private mutating func dataSource(_ source: APITree, _ path: FieldPath, _ options: ClaimOptions) {
        if source.name.isEmpty { required(path.child("name")) }
        let kind = source.kind.text
        if kind.isEmpty { required(path.child("kind")) }
        let group = source.apiGroup.text
        if group.isEmpty && kind != "PersistentVolumeClaim" {
            invalid(
                path, .text(kind),
                "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
        }
        if !group.isEmpty && !options.allowsInvalidAPIGroup {
            subdomain(group, path.child("apiGroup"))
        }
        if !source.namespace.isEmpty { label(source.namespace.text, path.child("namespace")) }
    }

    mutating func claimUpdate(_ new: APITree, _ old: APITree) {
        var options = ClaimOptions()
        options.allowsInvalidAPIGroup =
            old.spec.dataSource.apiGroup.exists || old.spec.dataSourceRef.apiGroup.exists
        var before = FieldErrorList()
        before.labelSelector(old.spec.selector, FieldPath())
        options.allowsInvalidSelectorValues = !before.isEmpty
        metadataUpdate(new.metadata, old.metadata)
        claimCreate(new, options)
        let specs = comparedClaims(new, old)
        let path = FieldPath("spec")
        if !APITree.areSemanticallyEqual(specs.new, specs.old) {
            forbidden(
                path,
                "spec is immutable after creation except resources.requests and volumeAttributesClassName "
                    + "for bound claims\n" + FieldErrorList.differenceNote)
        }
        let size = new.spec.resources.requests.storage.quantity ?? .zero
        if size < old.spec.resources.requests.storage.quantity ?? .zero,
            size <= old.status.capacity.storage.quantity ?? .zero
        {
            forbidden(
                path.child("resources", "requests", "storage"),
                "field can not be less than status.capacity")
        }
        immutable(
            new.spec.volumeMode, old.spec.volumeMode, FieldPath("volumeMode"),
            shown: .pointer(new.spec.volumeMode))
        let name = new.spec.volumeAttributesClassName
        guard name != old.spec.volumeAttributesClassName,
            old.status.currentVolumeAttributesClassName.exists
        else { return }
        let text = "is forbidden when status.currentVolumeAttributesClassName is not nil"
        if !name.exists {
            forbidden(path.child("volumeAttributesClassName"), "update to nil \(text)")
        } else if name.isEmpty {
            forbidden(path.child("volumeAttributesClassName"), "update to empty string \(text)")
        }
    }

    /// Both specs without what may change.
    private mutating func comparedClaims(
        _ new: APITree, _ old: APITree
    ) -> (new: APITree, old: APITree) {
        var after = new.spec
        var before = old.spec
        if before.volumeName.isEmpty { before = before.setting("volumeName", after.volumeName) }
        let key = FieldErrorList.betaClass
        let oldNote = old.metadata.annotations[key].optionalText
        let newNote = new.metadata.annotations[key].optionalText
        let oldClass = old.spec.storageClassName.optionalText
        let newClass = new.spec.storageClassName.optionalText
        if let oldNote, oldClass == nil, newClass == oldNote, newNote == nil || newNote == oldNote {
            after = after.setting("storageClassName", APITree(nil))
        } else {
            if oldNote ?? "" != newNote ?? "" {
                invalid(
                    FieldPath("metadata").child("annotations", key), .text(newNote ?? ""),
                    FieldErrorList.immutableMessage)
            }
            if let newClass, oldClass == nil, oldNote == nil || newClass == oldNote {
                after = after.setting("storageClassName", before.storageClassName)
            }
        }
        if new.status.phase.text == "Bound" {
            if after.resources.requests.exists {
                let requests = after.resources.requests.setting(
                    "storage", old.spec.resources.requests.storage)
                after = after.setting("resources", after.resources.setting("requests", requests))
            }
            after = after.setting("volumeAttributesClassName", before.volumeAttributesClassName)
        }
        return (after, before)
    }

    mutating func claimStatusUpdate(_ new: APITree, _ old: APITree) {
        metadataUpdate(new.metadata, old.metadata)
        if new.metadata.resourceVersion.isEmpty { required(FieldPath("resourceVersion")) }
        if new.spec.accessModes.isEmpty { required(FieldPath("Spec").child("accessModes")) }
        let path = FieldPath("status")
        for (name, value) in new.status.capacity.entries {
            basicResource(value, path.child("capacity").key(name))
        }
        let statuses = [
            "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress",
            "NodeResizeInfeasible", "NodeResizePending",
        ]
        for (name, status) in new.status.allocatedResourceStatuses.textEntries {
            let place = path.child("allocatedResourceStatuses")
            claimResourceKey(name, place)
            if !statuses.contains(status) {
                notSupported(
                    place, .typed(name), statuses.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            }
        }
        for (name, value) in new.status.allocatedResources.entries {
            let place = path.child("allocatedResources")
            let count = errors.count
            claimResourceKey(name, place)
            if errors.count > count { continue }
            basicResource(value, place.key(name))
            if errors.count == count { resourceQuantity("storage", value, place.key(name)) }
        }
    }

    private mutating func claimResourceKey(_ name: String, _ path: FieldPath) {
        let faults = Names.qualifiedName(name)
        invalid(path, .text(name), each: faults)
        if faults.isEmpty && ResourceNames.isNative(name) && name != "storage" {
            notSupported(path, .text(name), ["storage"])
        }
    }

    // MARK: StorageClass

    mutating func storageClass(_ object: APITree, old: APITree?) {
        metadata(object.metadata, isNamespaced: false, name: .subdomain)
        let provisioner = object.provisioner.text
        if provisioner.isEmpty {
            required(FieldPath("provisioner"))
        } else {
            qualifiedName(provisioner.lowercased(), FieldPath("provisioner"))
        }
        parameters(object.parameters, FieldPath("parameters"))
        if let policy = object.reclaimPolicy.optionalText, !policy.isEmpty {
            member(policy, FieldPath("reclaimPolicy"), of: ["Delete", "Retain"])
        }
        if let mode = object.volumeBindingMode.optionalText {
            member(mode, FieldPath("volumeBindingMode"), of: ["Immediate", "WaitForFirstConsumer"])
        } else {
            required(FieldPath("volumeBindingMode"))
        }
        allowedTopologies(object.allowedTopologies, FieldPath("allowedTopologies"))
        guard let old else { return }
        metadataUpdate(object.metadata, old.metadata)
        immutable(
            object.parameters, old.parameters, FieldPath("parameters"),
            shown: .json(object.parameters.value ?? .null))
        immutable(object.provisioner, old.provisioner, FieldPath("provisioner"), shown: .text(provisioner))
        for field in ["reclaimPolicy", "volumeBindingMode"] {
            immutable(object[field], old[field], FieldPath(field), shown: .pointer(object[field]))
        }
    }

    private mutating func parameters(_ parameters: APITree, _ path: FieldPath) {
        if parameters.count > 512 { return tooLong(path, bytes: 512) }
        var size = 0
        for (key, value) in parameters.textEntries {
            if key.isEmpty { invalid(path, .text(key), "field can not be empty.") }
            size += key.utf8.count + value.utf8.count
        }
        if size > 256 << 10 { tooLong(path, bytes: 256 << 10) }
    }

    private mutating func allowedTopologies(_ topologies: APITree, _ path: FieldPath) {
        // Upstream compares each term with an empty one for every term there is, besides those before it.
        var seen: [[String: Set<String>]] = Array(repeating: [:], count: topologies.count)
        for (index, term) in topologies.list.enumerated() {
            let place = path.index(index)
            var terms: [String: Set<String>] = [:]
            for (position, expression) in term.matchLabelExpressions.list.enumerated() {
                let own = place.child("matchLabelExpressions").index(position)
                let key = expression.key.text
                var values: Set<String> = []
                if expression.values.isEmpty { required(own.child("values")) }
                for (number, value) in expression.values.strings.enumerated()
                where !values.insert(value).inserted {
                    duplicate(own.child("values").index(number), .text(value))
                }
                labelName(key, own.child("key"))
                if terms[key] != nil { duplicate(own.child("key"), .text(key)) }
                terms[key] = values
            }
            for other in seen where other == terms {
                duplicate(place.child("matchLabelExpressions"), .text(""))
            }
            seen.append(terms)
        }
    }

    // MARK: VolumeAttachment

    mutating func volumeAttachment(_ object: APITree, old: APITree?) {
        metadata(object.metadata, isNamespaced: false, name: .subdomain)
        let spec = object.spec
        let path = FieldPath("spec")
        driverName(spec.attacher.text, path.child("attacher"))
        let source = spec.source
        let place = path.child("source")
        let text = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        switch (source.inlineVolumeSpec.exists, source.persistentVolumeName.exists) {
        case (false, false): required(place, text)
        case (true, true): forbidden(place, text)
        case (false, true):
            if source.persistentVolumeName.isEmpty {
                required(
                    place.child("persistentVolumeName"), "must specify non empty persistentVolumeName")
            }
        case (true, false):
            volumeSpec(
                source.inlineVolumeSpec, name: "", isInline: true, place.child("inlineVolumeSpec"),
                allowsInvalidValues: false)
        }
        subdomain(spec.nodeName.text, path.child("nodeName"))
        attachmentStatus(object.status, FieldPath("status"))
        if let name = source.persistentVolumeName.optionalText {
            subdomain(name, FieldPath("spec.source.persistentVolumeName"))
        }
        guard let old else { return }
        immutable(
            spec, old.spec, path, shown: .raw(GoStruct.json(spec, "VolumeAttachmentSpec")))
    }

    private mutating func attachmentStatus(_ status: APITree, _ path: FieldPath) {
        let size = status.attachmentMetadata.textEntries.reduce(0) {
            $0 + $1.key.utf8.count + $1.value.utf8.count
        }
        if size > 256 << 10 { tooLong(path.child("attachmentMetadata"), bytes: 256 << 10) }
        for field in ["attachError", "detachError"] where status[field].exists {
            if status[field].message.count > 1024 {
                tooLong(path.child(field, "message"), bytes: 256 << 10)
            }
            if let code = status[field].errorCode.optionalInt, code < 0 {
                invalid(
                    path.child(field, "errorCode"), .int(code), Names.range(0, Int64(Int32.max)))
            }
        }
    }

    // MARK: CSINode

    mutating func csiNode(_ object: APITree, old: APITree?) {
        metadata(object.metadata, isNamespaced: false, name: .subdomain)
        let path = FieldPath("spec").child("drivers")
        var names: Set<String> = []
        for (index, driver) in object.spec.drivers.list.enumerated() {
            let place = path.index(index)
            let name = driver.name.text
            driverName(name, place.child("name"))
            let node = driver.nodeID.text
            if node.isEmpty { required(place.child("nodeID")) }
            if node.utf8.count > 256 {
                invalid(place.child("nodeID"), .text(node), "must be 256 characters or less")
            }
            if let count = driver.allocatable["count"].optionalInt {
                nonNegative(count, place.child("allocatable", "count"))
            }
            if !names.insert(name).inserted { duplicate(place.child("name"), .text(name)) }
            var keys: Set<String> = []
            for key in driver.topologyKeys.strings {
                if key.isEmpty { required(place) }
                if !keys.insert(key).inserted { duplicate(place, .text(key)) }
                qualifiedName(key, place)
            }
        }
        guard let old else { return }
        for before in old.spec.drivers.list {
            for driver in object.spec.drivers.list where driver.name.text == before.name.text {
                let plain = driver.setting("allocatable", APITree(nil))
                immutable(
                    plain, before.setting("allocatable", APITree(nil)), path,
                    shown: .raw(GoStruct.json(plain, "CSINodeDriver")))
            }
        }
    }
}
