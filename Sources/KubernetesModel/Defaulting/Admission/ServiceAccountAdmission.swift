import OrderedCollections

/// Gives pods their service account, and mounts its token.
///
/// Upstream: `plugin/pkg/admission/serviceaccount/admission.go` (v1.36).
public enum ServiceAccountAdmission {
    static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    private static let mirrorAnnotation = "kubernetes.io/config.mirror"

    public static func admit(
        pod: inout JSONValue, namespace: String, accounts: [String: JSONValue], suffix: String
    ) throws(AdmissionRefusal) {
        if isMirror(pod) { return try validate(pod: pod, namespace: namespace, accounts: accounts) }
        pod.updateStruct("spec") {
            $0.setIfEmpty("serviceAccountName", "default")
            $0["serviceAccount"] = $0["serviceAccountName"]
        }
        let account = try find(pod, namespace, accounts)
        let automounts =
            pod["spec"]?["automountServiceAccountToken"] ?? account["automountServiceAccountToken"]
        pod.updateStruct("spec") { spec in
            if automounts != false { mountToken(&spec, suffix: suffix) }
            if !spec.hasContent("imagePullSecrets") {
                let secrets = account.list("imagePullSecrets").map { secret -> JSONValue in
                    var reference: JSONValue = [:]
                    reference["name"] = secret["name"]
                    return reference
                }
                spec["imagePullSecrets"] = .array(secrets)
            }
        }
    }

    public static func validate(
        pod: JSONValue, namespace: String, accounts: [String: JSONValue]
    ) throws(AdmissionRefusal) {
        if isMirror(pod) {
            if pod["spec"]?.hasContent("serviceAccountName") ?? false {
                throw AdmissionRefusal("a mirror pod may not reference service accounts")
            }
            if referencesSecrets(pod["spec"] ?? [:]) {
                throw AdmissionRefusal("a mirror pod may not reference secrets")
            }
            let sources =
                pod["spec"]?.list("volumes").flatMap { $0["projected"]?.list("sources") ?? [] } ?? []
            if sources.contains(where: { $0["serviceAccountToken"] != nil }) {
                throw AdmissionRefusal("a mirror pod may not use ServiceAccountToken volume projections")
            }
            return
        }
        let account = try find(pod, namespace, accounts)
        let enforced =
            account["metadata"]?["annotations"]?.text("kubernetes.io/enforce-mountable-secrets") ?? ""
        if ["1", "t", "T", "true", "TRUE", "True"].contains(enforced) { try limitSecrets(pod, account) }
    }

    private static func isMirror(_ pod: JSONValue) -> Bool {
        pod["metadata"]?["annotations"]?[mirrorAnnotation] != nil
    }

    private static func find(
        _ pod: JSONValue, _ namespace: String, _ accounts: [String: JSONValue]
    ) throws(AdmissionRefusal) -> JSONValue {
        let name = pod["spec"]?.text("serviceAccountName") ?? ""
        guard let account = accounts[name] else {
            throw AdmissionRefusal(
                "error looking up service account \(namespace)/\(name): serviceaccount \"\(name)\" not found")
        }
        return account
    }

    // MARK: The token's volume

    private static func mountToken(_ spec: inout JSONValue, suffix: String) {
        let present = spec.list("volumes").map { $0.text("name") }.first { $0.hasPrefix("kube-api-access-") }
        let name = present ?? "kube-api-access-" + suffix
        var isNeeded = false
        for kind in ["initContainers", "containers"] {
            spec.updateEach(of: kind) { container in
                if container.list("volumeMounts").contains(where: { $0.text("mountPath") == mountPath }) {
                    return
                }
                container.append(
                    ["name": .string(name), "readOnly": true, "mountPath": .string(mountPath)],
                    to: "volumeMounts")
                isNeeded = true
            }
        }
        if present == nil, isNeeded {
            spec.append(["name": .string(name), "projected": tokenVolume], to: "volumes")
        }
    }

    private static let tokenVolume: JSONValue = [
        "sources": [
            ["serviceAccountToken": ["expirationSeconds": 3607, "path": "token"]],
            [
                "configMap": [
                    "name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]],
                ]
            ],
            [
                "downwardAPI": [
                    "items": [
                        [
                            "path": "namespace",
                            "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"],
                        ]
                    ]
                ]
            ],
        ],
        "defaultMode": 0o644,
    ]

    // MARK: Secrets

    private static func referencesSecrets(_ spec: JSONValue) -> Bool {
        if spec.list("imagePullSecrets").contains(where: { $0.hasContent("name") }) { return true }
        for kind in ["initContainers", "containers", "ephemeralContainers"] {
            for container in spec.list(kind) {
                if container.list("envFrom").contains(where: { $0["secretRef"]?.hasContent("name") ?? false })
                {
                    return true
                }
                let variables = container.list("env")
                if variables.contains(where: { $0["valueFrom"]?["secretKeyRef"]?.hasContent("name") ?? false }
                ) {
                    return true
                }
            }
        }
        return spec.list("volumes").contains { volume in
            if volume["secret"]?.hasContent("secretName") ?? false { return true }
            if volume["azureFile"]?.hasContent("secretName") ?? false { return true }
            if volume["csi"]?["nodePublishSecretRef"]?.hasContent("name") ?? false { return true }
            for kind in ["cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"]
            where volume[kind]?["secretRef"]?.hasContent("name") ?? false { return true }
            let sources = volume["projected"]?.list("sources") ?? []
            return sources.contains { $0["secret"]?.hasContent("name") ?? false }
        }
    }

    private static func limitSecrets(_ pod: JSONValue, _ account: JSONValue) throws(AdmissionRefusal) {
        let owner = account["metadata"]?.text("name") ?? ""
        let allowed = Set(account.list("secrets").map { $0.text("name") })
        let tail = "is not allowed because service account \(owner) does not reference that"
        let spec = pod["spec"] ?? [:]
        for volume in spec.list("volumes") {
            guard let name = volume["secret"]?.text("secretName"), !allowed.contains(name) else { continue }
            throw AdmissionRefusal("volume with secret.secretName=\"\(name)\" \(tail) secret")
        }
        for (kind, word) in [("initContainers", "init container"), ("containers", "container")] {
            for container in spec.list(kind) {
                let place = "\(word) \(container.text("name")) with"
                for variable in container.list("env") {
                    guard let name = variable["valueFrom"]?["secretKeyRef"]?.text("name"),
                        !allowed.contains(name)
                    else { continue }
                    throw AdmissionRefusal(
                        "\(place) envVar \(variable.text("name")) referencing secret.secretName=\"\(name)\" "
                            + "\(tail) secret")
                }
                for source in container.list("envFrom") {
                    guard let name = source["secretRef"]?.text("name"), !allowed.contains(name) else {
                        continue
                    }
                    throw AdmissionRefusal(
                        "\(place) envFrom referencing secret.secretName=\"\(name)\" \(tail) secret")
                }
            }
        }
        let pullSecrets = Set(account.list("imagePullSecrets").map { $0.text("name") })
        for (index, secret) in spec.list("imagePullSecrets").enumerated()
        where !pullSecrets.contains(secret.text("name")) {
            throw AdmissionRefusal(
                "imagePullSecrets[\(index)].name=\"\(secret.text("name"))\" \(tail) imagePullSecret")
        }
    }
}
