import ControlPlane
import KubernetesModel

/// Decides which objects a controlling object owns: keeps, adopts, lets go.
///
/// Upstream: `pkg/controller/controller_ref_manager.go` (v1.36).
struct OwnerClaim<Owner: TypedObject>: Sendable {
    enum Verdict: Hashable, Sendable {
        case owned, adopt, release, ignore
    }

    let owner: Ref<Owner>
    /// The owner's own, taken out once: a verdict is asked for with every pod of every sync.
    private let uid: UID
    private let namespace: String
    private let isBeingDeleted: Bool

    init(_ owner: Ref<Owner>) {
        self.owner = owner
        uid = owner.value.metadata.uid
        namespace = owner.value.metadata.namespace
        isBeingDeleted = owner.value.metadata.isBeingDeleted
    }

    /// What to do with an object that the owner's selector matches or not.
    func verdict(on object: ObjectMeta, matches: Bool) -> Verdict {
        for reference in object.ownerReferences where reference.controller == true {
            if reference.uid != uid { return .ignore }
            if matches { return .owned }
            return isBeingDeleted ? .ignore : .release
        }
        if isBeingDeleted || !matches || object.isBeingDeleted { return .ignore }
        return object.namespace == namespace ? .adopt : .ignore
    }

    /// Claims objects by calls, one after another; a failed call does not keep the others from being made.
    ///
    /// Before the first adoption the owner is read from the API server: one that is being deleted, or was
    /// made anew, adopts nothing.
    /// - Throws: the first failure, when all calls were made.
    func claim<Object: TypedObject>(
        _ objects: [Ref<Object>], _ script: inout PlanScript, matches: (Ref<Object>) -> Bool
    ) throws(ScriptExit) -> [Ref<Object>] {
        var claimed: [Ref<Object>] = []
        var failure: APIError?
        var mayAdopt: Bool?
        for object in objects {
            let metadata = object.value.metadata
            switch verdict(on: metadata, matches: matches(object)) {
            case .ignore: continue
            case .owned: claimed.append(object)
            case .release:
                let patch = APIRequest.patch(
                    Object.kind, metadata.key, .release(owner: owner.value.metadata.uid), uid: metadata.uid)
                if case .failure(let error) = try script.attempt(patch),
                    error.reason != .notFound, error.reason != .invalid
                {
                    failure = failure ?? error
                }
            case .adopt:
                if mayAdopt == nil { (mayAdopt, failure) = try recheck(&script, failure) }
                guard mayAdopt == true else { continue }
                let reference = OwnerReference(
                    controlledBy: Owner.kind, name: owner.value.metadata.name, uid: owner.value.metadata.uid)
                let patch = APIRequest.patch(Object.kind, metadata.key, .adopt(reference), uid: metadata.uid)
                switch try script.attempt(patch) {
                case .success: claimed.append(object)
                case .failure(let error): if error.reason != .notFound { failure = failure ?? error }
                }
            }
        }
        if let failure { throw .failed(failure) }
        return claimed
    }

    /// Claims objects in a sync with a transcript. With a finalizer, objects are held by it while they are
    /// owned.
    ///
    /// - Throws: all failures as one, when all calls were made.
    func claim<Object: TypedObject>(
        _ objects: [Ref<Object>], finalizer: String? = nil, _ session: inout SyncSession,
        matches: (ObjectMeta) -> Bool
    ) throws(SyncStop) -> [Ref<Object>] {
        var claimed: [Ref<Object>] = []
        var failures: [SyncFailure] = []
        var obstacle: SyncFailure??
        for object in objects {
            let metadata = object.value.metadata
            switch verdict(on: metadata, matches: matches(metadata)) {
            case .ignore: continue
            case .owned: claimed.append(object)
            case .release:
                let patch =
                    finalizer.map { ObjectPatch.releaseHeld(owner: uid, finalizer: $0) }
                    ?? .release(owner: uid)
                let outcome = try session.call(.patch(Object.kind, metadata.key, patch, uid: metadata.uid))
                if let failure = outcome.failure, failure.reason != .notFound, failure.reason != .invalid {
                    failures.append(failure)
                }
            case .adopt:
                if obstacle == nil { obstacle = .some(try adoptionObstacle(&session)) }
                if case .some(.some(let failure)) = obstacle {
                    failures.append(
                        SyncFailure(
                            "can't adopt \(Object.kind.name) \(metadata.key) (\(metadata.uid)): "
                                + failure.message))
                    continue
                }
                let reference = OwnerReference(
                    controlledBy: Owner.kind, name: owner.value.metadata.name, uid: uid)
                let patch =
                    finalizer.map { ObjectPatch.adoptHolding(reference, finalizer: $0) } ?? .adopt(reference)
                let outcome = try session.call(.patch(Object.kind, metadata.key, patch, uid: metadata.uid))
                if let failure = outcome.failure {
                    if failure.reason != .notFound { failures.append(failure) }
                } else {
                    claimed.append(object)
                }
            }
        }
        if let failure = SyncFailure(aggregating: failures) { throw .failed(failure) }
        return claimed
    }

    /// Why the owner may not adopt, as the API server itself has it; nil when it may.
    private func adoptionObstacle(_ session: inout SyncSession) throws(SyncStop) -> SyncFailure? {
        let key = owner.value.metadata.key
        let outcome = try session.call(.get(Owner.kind, key))
        if let failure = outcome.failure { return failure }
        guard let fresh = outcome.object?.metadata else { return SyncFailure("\(key) was not answered") }
        if fresh.uid != uid {
            return SyncFailure(
                "original \(Owner.kind.name) \(key) is gone: got uid \(fresh.uid), wanted \(uid)")
        }
        return fresh.isBeingDeleted ? SyncFailure("\(key) has just been deleted") : nil
    }

    private func recheck(_ script: inout PlanScript, _ failure: APIError?) throws(ScriptExit) -> (
        Bool, APIError?
    ) {
        let metadata = owner.value.metadata
        switch try script.attempt(.get(Owner.kind, metadata.key)) {
        case .failure(let error): return (false, failure ?? error)
        case .success(let object):
            let fresh = object?.metadata
            if let fresh, fresh.uid == metadata.uid, !fresh.isBeingDeleted { return (true, failure) }
            let text = "\(metadata.namespace)/\(metadata.name) has just been deleted"
            return (false, failure ?? APIError(.conflict, text))
        }
    }
}
