public import SimulationKernel

extension APIObject {
    /// Takes the object's content into a digest: what its JSON holds, without making the JSON.
    public func combine(into digest: inout EventDigest, epoch: CalendarTime) {
        switch self {
        case .namespace(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .node(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .lease(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .pod(let object): digest.combine(json: .object(object.value.members(epoch: epoch)))
        case .replicationController(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .replicaSet(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .deployment(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .statefulSet(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .daemonSet(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .job(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .cronJob(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .controllerRevision(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .service(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .endpointSlice(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .persistentVolume(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .persistentVolumeClaim(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .storageClass(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .volumeAttachment(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .priorityClass(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .podDisruptionBudget(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .event(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .horizontalPodAutoscaler(let object): object.value.combineFields(into: &digest, epoch: epoch)
        case .metricValues(let object): digest.combine(json: object.value.tree(epoch: epoch))
        case .generic(let object): digest.combine(json: APIObject.generic(object).tree(epoch: epoch))
        }
    }
}
