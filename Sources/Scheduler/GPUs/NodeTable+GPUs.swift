public import KubernetesModel

/// GPUs follow the pods of a row.
extension NodeTable {
    /// Takes over the GPUs that a node reports.
    mutating func fillGPUs(_ row: NodeIndex, from node: Node) {
        let reported = node.status.allocatable[GPURequest.countAnnotation]?.value ?? 0
        let count = Int(max(0, min(reported, Int64(GPURequest.maximumCount))))
        if count == 0 && gpus[row].isEmpty { return }
        gpus[row].set(model: node.metadata.labels[GPURequest.modelAnnotation] ?? "", count: count)
    }

    /// Lets a pod that has come have its GPUs.
    ///
    /// A bound pod has those that it names. One that was assumed gets them when it is reserved for; in a
    /// trial, and for a bound pod that names none, they are the standard choice.
    mutating func addGPUs(_ pod: PodInfo, to row: NodeIndex) {
        guard let request = pod.podClass.gpu else { return }
        if gpus[row].putBack(pod.uid) { return }
        if let named = pod.value.metadata.annotations[GPURequest.indexAnnotation].flatMap({ GPUSet($0) }) {
            gpus[row].give(named, to: pod.uid, for: request)
        } else if trialDepth > 0 || !pod.value.nodeName.isEmpty {
            if let choice = gpus[row].standardChoice(request) {
                gpus[row].give(choice, to: pod.uid, for: request)
            }
        }
    }

    mutating func removeGPUs(_ pod: PodInfo, from row: NodeIndex) {
        if pod.podClass.gpu != nil { gpus[row].remove(pod.uid, isTrial: trialDepth > 0) }
    }

    /// Gives a pod that was assumed its GPUs.
    mutating func give(_ chosen: GPUSet, to pod: PodInfo, on row: NodeIndex) {
        guard let request = pod.podClass.gpu else { return }
        gpus[row].give(chosen, to: pod.uid, for: request)
        // That the row has changed was logged when the pod came.
        lastGeneration += 1
        generations[row] = lastGeneration
    }

    /// What is free of a node's CPU, in thousandths of a core.
    func freeMilliCPU(_ row: NodeIndex) -> Int64 {
        allocatable[0][row] &- requested[0][row]
    }
}

extension NodeTable {
    /// Takes the GPUs of an assumed pod back, for another choice.
    mutating func takeBack(_ pod: PodInfo, on row: NodeIndex) {
        gpus[row].remove(pod.uid, isTrial: false)
    }
}

extension ClusterCache {
    /// The GPUs of a pod on its node, bound or assumed; nil when it has none.
    public func gpus(of uid: UID) -> GPUSet? { node(of: uid).flatMap { nodes.gpus[$0].gpus(of: uid) } }
}
