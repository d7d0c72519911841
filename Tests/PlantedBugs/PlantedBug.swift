/// A classic mistake of a controller's author, planted into one of the controllers.
///
/// They are wrappers around the real controllers, in the tests only: nothing in the program can switch them on.
public enum PlantedBug: String, CaseIterable, Sendable {
    /// The ReplicaSet controller keeps no expectations: it acts on a cache that has not seen what it has done.
    case actsOnStaleCache
    /// The ReplicaSet controller does not adopt pods that its selector selects.
    case forgetsAdoption
    /// The ReplicaSet controller gives up ready pods first.
    case deletesReadyPodFirst
    /// The StatefulSet controller begins one ordinal too late.
    case skipsOrdinal
    /// The disruption controller allows as many disruptions as there are healthy pods.
    case ignoresBudget
    /// The ReplicaSet controller takes a conflict for a success.
    case losesConflict
    /// The Job controller counts a pod again when it takes it off the list of uncounted ones.
    case doubleCountsFinishedPod
    /// The Deployment controller comes back to each key after 10 ms and writes a status that nothing has changed.
    case hotLoops
    /// The ReplicaSet controller does not look at what is there when it starts.
    case neverResyncs
    /// The Deployment controller adds one replica too many whenever it raises a ReplicaSet.
    case surgeOffByOne
    /// The StatefulSet controller does not make itself the owner of claims that are to go with it.
    case leaksClaim
    /// The ReplicaSet controller goes on making pods for a ReplicaSet that is being deleted.
    case ignoresDeletionTimestamp
}
