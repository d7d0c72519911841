import ControlPlane
import KubernetesModel
import SimulationKernel

/// One `kubectl apply`: its manifests one after the other, each read, then created or patched.
struct ApplyRun: Sendable {
    enum Step: Sendable {
        case get
        /// kubectl looks whether the namespace is there before it creates something in it.
        case getNamespace
        case create
        case patch
    }

    let manifests: [AppliedManifest]
    var place = 0
    /// How often the present object has met a conflict.
    var conflicts = 0

    var manifest: AppliedManifest { manifests[place] }
}

extension Kubectl {
    /// A patch that meets a conflict is made anew as often as this (`maxPatchRetry`).
    static let applyRetries = 5
    /// The pause before each of them but the first (`patchRetryBackOffPeriod`).
    static let applyBackOff = VirtualDuration.seconds(1)

    mutating func apply(_ run: ApplyRun, at now: VirtualTime, _ out: inout Outbox) {
        var run = run
        while run.place < run.manifests.count {
            let tree = run.manifest.tree
            if let target = ClientSideApply(tree) {
                if target.key.name.isEmpty {
                    let prefix = tree["metadata"]?["generateName"]?.stringValue ?? ""
                    let why =
                        prefix.isEmpty
                        ? "error: resource name may not be empty"
                        : "error: from \(prefix): cannot use generate name with apply"
                    refuse(run, target.kind, target.key, APIError(.badRequest, why), why, at: now, &out)
                } else {
                    return call(.get(target.kind, target.key), apply: run, .get, &out)
                }
            } else {
                let kind = tree["kind"]?.stringValue ?? ""
                let version = tree["apiVersion"]?.stringValue ?? ""
                let why =
                    "error: resource mapping not found for name: \"\" namespace: \"\" from "
                    + "\"\(run.manifest.source)\": no matches for kind \"\(kind)\" in version \"\(version)\""
                refuse(run, nil, ObjectKey(name: ""), APIError(.notFound, why), why, at: now, &out)
            }
            run.place += 1
        }
    }

    mutating func complete(
        _ run: ApplyRun, _ step: ApplyRun.Step, _ result: APIResult, at now: VirtualTime, _ out: inout Outbox
    ) {
        guard let target = ClientSideApply(run.manifest.tree) else { return }
        switch (step, result) {
        case (.get, .success(let object?)):
            do throws(PatchFailure) {
                guard let patch = try target.patch(for: object.tree(epoch: epoch)) else {
                    succeed(target, "apply (unchanged)", &out)
                    return proceed(run, at: now, &out)
                }
                let request = APIRequest.patch(
                    target.kind, target.key, .strategicMerge(patch, validation: .strict), uid: nil)
                call(request, apply: run, .patch, &out)
            } catch {
                let failure = APIError(.badRequest, "creating patch: \(error)")
                fail(run, target, failure, doing: "patching", at: now, &out)
            }
        case (.get, .failure(let error)) where error.reason == .notFound:
            let namespace = target.key.namespace
            if namespace.isEmpty || namespace == "default" || run.manifest.isInitial {
                call(.createManifest(target.creation), apply: run, .create, &out)
            } else {
                call(.get(.namespace, ObjectKey(name: namespace)), apply: run, .getNamespace, &out)
            }
        case (.getNamespace, .success):
            call(.createManifest(target.creation), apply: run, .create, &out)
        case (.getNamespace, .failure(let error)) where error.reason == .notFound:
            call(.createManifest(target.creation), apply: run, .create, &out)
        case (.create, .success), (.patch, .success), (.get, .success(nil)):
            succeed(target, "apply", &out)
            proceed(run, at: now, &out)
        case (.patch, .failure(let error))
        where error.reason == .conflict && run.conflicts < Self.applyRetries:
            var again = run
            again.conflicts += 1
            if again.conflicts > 1 {
                later(.apply(again), at: now + Self.applyBackOff)
            } else {
                call(.get(target.kind, target.key), apply: again, .get, &out)
            }
        case (.create, .failure(let error)): fail(run, target, error, doing: "creating", at: now, &out)
        case (.patch, .failure(let error)): fail(run, target, error, doing: "patching", at: now, &out)
        case (.get, .failure(let error)), (.getNamespace, .failure(let error)):
            fail(run, target, error, doing: "retrieving current configuration of", at: now, &out)
        }
    }

    /// Goes on with the next manifest: kubectl does so after an error, too.
    private mutating func proceed(_ run: ApplyRun, at now: VirtualTime, _ out: inout Outbox) {
        var next = run
        next.place += 1
        next.conflicts = 0
        apply(next, at: now, &out)
    }

    private func succeed(_ target: ClientSideApply, _ what: String, _ out: inout Outbox) {
        out.note(
            JournalEntry(
                .scenario, target.kind, target.key, reason: "Command", message: "kubectl \(what)",
                cause: "scenario timeline"))
    }

    private mutating func fail(
        _ run: ApplyRun, _ target: ClientSideApply, _ error: APIError, doing verb: String,
        at now: VirtualTime, _ out: inout Outbox
    ) {
        let message = KubectlMessage.text(
            error, doing: verb, source: run.manifest.source, kind: target.kind, name: target.key.name)
        refuse(run, target.kind, target.key, error, message, at: now, &out)
        proceed(run, at: now, &out)
    }

    private mutating func refuse(
        _ run: ApplyRun, _ kind: ObjectKind?, _ key: ObjectKey, _ error: APIError, _ message: String,
        at now: VirtualTime, _ out: inout Outbox
    ) {
        refusals.append(
            ManifestRefusal(
                manifest: run.manifest, kind: kind, key: key, time: now, error: error, message: message))
        refuse("apply", kind, key, message, &out)
    }
}
