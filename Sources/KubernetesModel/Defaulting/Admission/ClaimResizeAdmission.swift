/// Lets claims ask for more only when they are bound and their class can expand volumes.
///
/// Upstream: `plugin/pkg/admission/storage/persistentvolume/resize/admission.go` (v1.36).
public enum ClaimResizeAdmission {
    /// Checks a changed claim.
    public static func validate(
        _ claim: JSONValue, old: JSONValue, classes: [JSONValue]
    ) throws(AdmissionRefusal) {
        func size(_ claim: JSONValue) -> Quantity {
            ResourceAmounts(claim["spec"]?["resources"]?["requests"])["storage"] ?? .zero
        }
        if size(claim) <= size(old) { return }
        if old["status"]?.text("phase") != "Bound" {
            throw AdmissionRefusal("Only bound persistent volume claims can be expanded")
        }
        let name = storageClass(of: claim)
        let found = classes.first { $0["metadata"]?.text("name") == name }
        if name.isEmpty || name != storageClass(of: old) || found?["allowVolumeExpansion"] != true {
            throw AdmissionRefusal(
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc "
                    + "must support resize")
        }
    }

    private static func storageClass(of claim: JSONValue) -> String {
        let beta = claim["metadata"]?["annotations"]?.text("volume.beta.kubernetes.io/storage-class") ?? ""
        return beta.isEmpty ? claim["spec"]?.text("storageClassName") ?? "" : beta
    }
}
