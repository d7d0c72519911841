/// Checks of CSI drivers and of what storage they have left.
///
/// Upstream: `pkg/apis/storage/validation/validation.go`, `pkg/registry/storage/csidriver/strategy.go`,
/// `pkg/registry/storage/csistoragecapacity/strategy.go` (v1.36).
extension FieldErrorList {
    private static let groupPolicies = ["File", "None", "ReadWriteOnceWithFSType"]
    private static let lifecycleModes = ["Persistent", "Ephemeral"]

    // MARK: CSIDriver

    mutating func csiDriver(_ object: APITree, old: APITree?) {
        let spec = object.spec
        let path = FieldPath("spec")
        if let old {
            metadataUpdate(object.metadata, old.metadata)
        } else {
            metadata(object.metadata, isNamespaced: false, name: .subdomain)
        }
        csiDriverSpec(spec, path)
        guard let old = old?.spec else { return }
        // Upstream's paths name the first field as no manifest does.
        immutable(
            spec.attachRequired, old.attachRequired, path.child("attachedRequired"),
            shown: .pointer(spec.attachRequired))
        immutable(
            spec.volumeLifecycleModes, old.volumeLifecycleModes, path.child("volumeLifecycleModes"),
            shown: .pointer(spec.volumeLifecycleModes))
    }

    private mutating func csiDriverSpec(_ spec: APITree, _ path: FieldPath) {
        if !spec.attachRequired.exists { required(path.child("attachedRequired")) }
        for field in ["podInfoOnMount", "storageCapacity"] where !spec[field].exists {
            required(path.child(field))
        }
        if let policy = spec.fsGroupPolicy.optionalText {
            member(policy, path.child("fsGroupPolicy"), of: FieldErrorList.groupPolicies)
        }
        tokenRequests(spec.tokenRequests, path.child("tokenRequests"))
        for mode in spec.volumeLifecycleModes.strings {
            member(mode, path.child("volumeLifecycleModes"), of: FieldErrorList.lifecycleModes)
        }
        if !spec.seLinuxMount.exists { required(path.child("seLinuxMount")) }
        if let period = spec.nodeAllocatableUpdatePeriodSeconds.optionalInt, period < 10 {
            invalid(
                path.child("nodeAllocatableUpdatePeriodSeconds"), .int(period),
                "must be greater than or equal to 10 seconds")
        }
        if let flag = spec.serviceAccountTokenInSecrets.optionalFlag, spec.tokenRequests.isEmpty {
            invalid(
                path.child("serviceAccountTokenInSecrets"), .flag(flag),
                "serviceAccountTokenInSecrets is set but no tokenRequests are specified")
        }
    }

    private mutating func tokenRequests(_ requests: APITree, _ path: FieldPath) {
        var audiences: Set<String> = []
        for (index, request) in requests.list.enumerated() {
            let place = path.index(index)
            let audience = request.audience.text
            guard audiences.insert(audience).inserted else {
                duplicate(place.child("audience"), .text(audience))
                continue
            }
            guard let seconds = request.expirationSeconds.optionalInt else { continue }
            if seconds < 600 {
                invalid(
                    place.child("expirationSeconds"), .int(seconds),
                    "may not specify a duration less than 10 minutes")
            }
            if seconds > 1 << 32 {
                invalid(
                    place.child("expirationSeconds"), .int(seconds),
                    "may not specify a duration larger than 2^32 seconds")
            }
        }
    }

    // MARK: CSIStorageCapacity

    mutating func csiStorageCapacity(_ object: APITree, old: APITree?) {
        var allowsInvalidValues = false
        if let old {
            var before = FieldErrorList()
            before.labelSelector(old.nodeTopology, FieldPath())
            allowsInvalidValues = !before.isEmpty
        }
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        labelSelector(
            object.nodeTopology, FieldPath("nodeTopology"), allowsInvalidValues: allowsInvalidValues)
        subdomain(object.storageClassName.text, FieldPath("storageClassName"))
        nonNegativeQuantity(object.capacity, FieldPath("capacity"))
        guard let old else { return }
        metadataUpdate(object.metadata, old.metadata)
        let topology = object.nodeTopology
        immutable(
            topology, old.nodeTopology, FieldPath("nodeTopology"),
            shown: .raw(topology.exists ? GoStruct.json(topology, "meta.LabelSelector") : "null"))
        if object.storageClassName.text != old.storageClassName.text {
            invalid(
                FieldPath("storageClassName"), .text(object.storageClassName.text),
                FieldErrorList.immutableMessage)
        }
    }
}
