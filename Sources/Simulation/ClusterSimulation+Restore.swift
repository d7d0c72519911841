import ControlPlane
public import KubernetesModel
import SimulationKernel

extension ClusterSimulation {
    /// Puts objects of another cluster in place before anything else happens; to be called before the run.
    ///
    /// The API server creates them one after the other, owners first, past the network: nobody sees a part of
    /// them. It gives each an identity of its own as it does to all; what names an old identity (the
    /// references to owners, the claim of a volume, the labels of a Job's pods) is made to name the new one.
    /// What is owned by something that is not among the objects becomes nobody's, or it would be collected.
    ///
    /// - Parameter trees: in the order in which they are created, so that owners stand before what they own.
    public func restore(_ trees: [JSONValue]) {
        precondition(counters.events == 0, "a state is restored before the run")
        var uids: [String: String] = [:]
        for given in trees {
            var tree = given
            let old = tree["metadata"]?["uid"]?.stringValue ?? ""
            RestoredObject.rename(&tree, uids)
            switch server.handle(.createManifest(tree), at: now) {
            case .success(let object):
                if !old.isEmpty, let uid = object?.metadata.uid { uids[old] = uid.description }
                if let object, object.kind == .job, let status = given["status"] {
                    // A Job that has ended must not begin again.
                    let patch = ObjectPatch.status(.merge(["status": status]))
                    report(server.handle(.patch(.job, object.key, patch, uid: nil), at: now), of: given)
                }
            case .failure(let error):
                // Namespaces and classes that every cluster has.
                if error.reason != .alreadyExists { report(.failure(error), of: given) }
            }
        }
        dispatchChanges()
    }

    private func report(_ result: APIResult, of tree: JSONValue) {
        guard case .failure(let error) = result else { return }
        let key = ObjectKey(
            namespace: tree["metadata"]?["namespace"]?.stringValue ?? "",
            name: tree["metadata"]?["name"]?.stringValue ?? "")
        let kind = ObjectKind(
            apiVersion: tree["apiVersion"]?.stringValue ?? "", kind: tree["kind"]?.stringValue ?? "")
        note(
            JournalEntry(
                .scenario, kind, key, reason: "CommandFailed", message: "not restored: \(error.message)",
                cause: "starting state"))
    }
}

/// What of an object names the identities of others.
private enum RestoredObject {
    /// The labels by which a Job knows its pods.
    private static let jobLabels = ["controller-uid", "batch.kubernetes.io/controller-uid"]

    static func rename(_ tree: inout JSONValue, _ uids: [String: String]) {
        var metadata: JSONValue = tree["metadata"] ?? [:]
        metadata["uid"] = nil
        let owners: [JSONValue] = (metadata["ownerReferences"]?.arrayValue ?? []).compactMap { reference in
            guard let uid = reference["uid"]?.stringValue, let new = uids[uid] else { return nil }
            var reference = reference
            reference["uid"] = .string(new)
            return reference
        }
        metadata["ownerReferences"] = owners.isEmpty ? nil : .array(owners)
        if var labels = metadata["labels"] {
            for name in jobLabels {
                if let new = labels[name]?.stringValue.flatMap({ uids[$0] }) { labels[name] = .string(new) }
            }
            metadata["labels"] = labels
        }
        tree["metadata"] = metadata
        tree["status"] = nil
        guard var spec = tree["spec"] else { return }
        switch tree["kind"]?.stringValue {
        case "PersistentVolume":
            if var claim = spec["claimRef"] {
                claim["uid"] = claim["uid"]?.stringValue.flatMap { uids[$0] }.map(JSONValue.string)
                claim["resourceVersion"] = nil
                spec["claimRef"] = claim
            }
        case "Job" where spec["manualSelector"]?.boolValue != true:
            // The server makes both anew, of the Job's own identity.
            spec["selector"] = nil
            for name in jobLabels { spec["template"]?["metadata"]?["labels"]?[name] = nil }
        default: break
        }
        tree["spec"] = spec
    }
}
