public import KubernetesModel

/// What tells the classes of pods apart.
struct PodClassKey: Hashable {
    let spec: ObjectIdentifier
    let namespace: String
    let gpu: GPURequest.Source?
}

extension NodeTable {
    /// Compiles a pod, or finds what was compiled for another pod of its group.
    public mutating func compile(_ pod: Ref<Pod>) -> PodInfo {
        let hasOwnResources = PodRequests.hasStatusResources(pod.value)
        if !hasOwnResources {
            for place in recentGroups.indices where recentGroups[place].includes(pod.value) {
                return PodInfo(pod: pod, group: recentGroups[place])
            }
        }
        let value = pod.value
        let key = PodClassKey(
            spec: ObjectIdentifier(value.spec.shared), namespace: value.metadata.namespace,
            gpu: GPURequest.Source(value.metadata.annotations))
        var podClass: PodClass
        if let known = classes[key] {
            podClass = known
        } else {
            // A class holds its spec, so an identity in the table is never another spec's.
            if classes.count >= 4_096 {
                classes.removeAll(keepingCapacity: true)
                groups.removeAll(keepingCapacity: true)
                recentGroups.removeAll(keepingCapacity: true)
            }
            podClass = PodClass(
                pod: value.with {
                    $0.status = PodStatus()
                    $0.spec = $0.spec.shared
                }, table: &self)
            classes[key] = podClass
        }
        var isOwnClass = false
        if hasOwnResources {
            let own = PodRequests(usesStatus: true)(value)
            if own != podClass.scoringRequests {
                podClass = PodClass(pod: value, table: &self)
                isOwnClass = true
            }
        }
        addMissingResourceColumns()
        return PodInfo(pod: pod, group: group(of: value.metadata, podClass, isShared: !isOwnClass))
    }

    private mutating func group(
        of metadata: ObjectMeta, _ podClass: PodClass, isShared: Bool
    ) -> PodGroup {
        let controller = PodGroup.controller(of: metadata)
        let key = PodGroupKey(
            podClass: ObjectIdentifier(podClass), labels: metadata.labels, controller: controller)
        if isShared, let known = groups[key] {
            remember(known)
            return known
        }
        let group = PodGroup(podClass, labels: metadata.labels, controller: controller, id: nextGroup)
        nextGroup += 1
        if isShared {
            // A group holds its class, so an identity in the table is never another class's.
            if groups.count >= 65_536 { groups.removeAll(keepingCapacity: true) }
            groups[key] = group
            remember(group)
        }
        return group
    }

    /// A pod with a class of its own.
    mutating func info(of pod: Ref<Pod>, _ podClass: PodClass) -> PodInfo {
        PodInfo(pod: pod, group: group(of: pod.value.metadata, podClass, isShared: false))
    }

    private mutating func remember(_ group: PodGroup) {
        if recentGroups.count < 4 {
            recentGroups.append(group)
        } else {
            recentGroups[Int(group.id) & 3] = group
        }
    }

    /// Compiles a pod whose requests upstream sums several times, and of which each sum changes the next.
    ///
    /// A request at pod level that is kept with arbitrary precision (`0.5Gi`) shares its memory with the sum,
    /// into which the overhead is then added: upstream's pod grows with every sum
    /// (`component-helpers/resource/helpers.go`, `addResourceList`, v1.36). An API server stores `512Mi`
    /// instead, so no cluster shows this, but golden results made without one do.
    mutating func compile(
        _ pod: Ref<Pod>, sumsBeforeScoring: Int64, sumsBeforeReservation: Int64
    ) -> PodInfo {
        let podClass = PodClass(
            pod: pod.value, table: &self, sumsBeforeScoring: sumsBeforeScoring,
            sumsBeforeReservation: sumsBeforeReservation)
        addMissingResourceColumns()
        return info(of: pod, podClass)
    }

    /// Puts a pod onto the node of a name, which need not be known.
    @discardableResult
    public mutating func add(_ pod: PodInfo, toNodeNamed name: String) -> NodeIndex {
        let row = self.row(makingRoomFor: name)
        add(pod, to: row)
        return row
    }

    /// Puts a pod onto a node.
    mutating func add(_ pod: PodInfo, to row: NodeIndex) {
        lowestPriority = min(lowestPriority, pod.priority)
        priorityFloor[row] = pods[row].isEmpty ? pod.priority : min(priorityFloor[row], pod.priority)
        pods[row].append(pod)
        count(pod, at: row, sign: 1)
        for port in pod.podClass.hostPorts { ports[row].add(port) }
        addGPUs(pod, to: row)
        touch(row, group: pod.group, sign: 1, isTerminating: pod.isTerminating)
    }

    /// Takes a pod off its node; false when it is not there.
    @discardableResult
    mutating func remove(_ uid: UID, from row: NodeIndex) -> Bool {
        guard let place = place(of: uid, on: row) else { return false }
        let pod = pods[row][place]
        // The last pod takes the place, as upstream has it.
        pods[row].swapAt(place, pods[row].count - 1)
        pods[row].removeLast()
        count(pod, at: row, sign: -1)
        for port in pod.podClass.hostPorts { ports[row].remove(port) }
        removeGPUs(pod, from: row)
        touch(row, group: pod.group, sign: -1, isTerminating: pod.isTerminating)
        return true
    }

    /// Takes over another version of a pod, which stays on its node; false when that changes more than the
    /// pod's own record.
    mutating func replace(_ pod: PodInfo, on row: NodeIndex) -> Bool {
        guard let place = place(of: pod.uid, on: row), pods[row][place].group === pod.group,
            pods[row][place].isTerminating == pod.isTerminating
        else { return false }
        // As if it were removed and added.
        pods[row].swapAt(place, pods[row].count - 1)
        pods[row][pods[row].count - 1] = pod
        return true
    }

    private func place(of uid: UID, on row: NodeIndex) -> Int? {
        // What changes is mostly what came last.
        var place = pods[row].count - 1
        while place >= 0 {
            if pods[row][place].uid == uid { return place }
            place -= 1
        }
        return nil
    }

    /// Puts the columns of a row back to a saved state, after a trial with other pods.
    mutating func restore(_ row: NodeIndex, to saved: SavedRow) {
        for column in saved.requested.indices { requested[column][row] = saved.requested[column] }
        // The sums of the others follow from the pods.
        countOthers(pods[row], at: row, sign: -1)
        countOthers(saved.pods, at: row, sign: 1)
        nonZeroMilliCPU[row] = saved.nonZeroMilliCPU
        nonZeroMemoryBytes[row] = saved.nonZeroMemoryBytes
        pods[row] = saved.pods
        priorityFloor[row] = saved.priorityFloor
        affinityPodCount[row] = saved.affinityPodCount
        antiAffinityPodCount[row] = saved.antiAffinityPodCount
        volumeCount[row] = saved.volumeCount
        ports[row] = saved.ports
        gpus[row] = saved.gpus
        generations[row] = saved.generation
        trialDepth -= 1
    }

    /// Begins a trial with other pods on a row, which ``restore(_:to:)`` ends.
    mutating func save(_ row: NodeIndex) -> SavedRow {
        trialDepth += 1
        return SavedRow(
            requested: [requested[0][row], requested[1][row], requested[2][row]],
            nonZeroMilliCPU: nonZeroMilliCPU[row],
            nonZeroMemoryBytes: nonZeroMemoryBytes[row], pods: pods[row],
            priorityFloor: priorityFloor[row], affinityPodCount: affinityPodCount[row],
            antiAffinityPodCount: antiAffinityPodCount[row],
            volumeCount: volumeCount[row],
            ports: ports[row], gpus: gpus[row], generation: generations[row])
    }

    /// Counts what pods ask for beside CPU, memory and ephemeral storage.
    private mutating func countOthers(_ pods: ContiguousArray<PodInfo>, at row: NodeIndex, sign: Int64) {
        for pod in pods {
            for entry in pod.podClass.reserved.entries where entry.resource > .ephemeralStorage {
                requested[entry.resource.value][row] &+= sign &* entry.amount
            }
        }
    }

    private mutating func count(_ pod: PodInfo, at row: NodeIndex, sign: Int64) {
        // Sums may wrap with absurd quantities, as upstream's do.
        for entry in pod.podClass.reserved.entries {
            requested[entry.resource.value][row] &+= sign &* entry.amount
        }
        nonZeroMilliCPU[row] &+= sign &* pod.podClass.nonZeroMilliCPU
        nonZeroMemoryBytes[row] &+= sign &* pod.podClass.nonZeroMemoryBytes
        if pod.podClass.volumeCount > 0 {
            volumeCount[row] += sign * pod.podClass.volumeCount
            volumeCountBound = max(volumeCountBound, volumeCount[row])
        }
        if pod.podClass.hasAffinity { affinityPodCount[row] += Int32(sign) }
        if !pod.podClass.requiredAntiAffinity.isEmpty { antiAffinityPodCount[row] += Int32(sign) }
    }

    /// The columns of one row that pods change.
    struct SavedRow {
        /// Of CPU, memory and ephemeral storage.
        let requested: ContiguousArray<Int64>
        let nonZeroMilliCPU: Int64
        let nonZeroMemoryBytes: Int64
        let pods: ContiguousArray<PodInfo>
        let priorityFloor: Int64
        let affinityPodCount: Int32
        let antiAffinityPodCount: Int32
        let volumeCount: Int64
        let ports: HostPortSet
        let gpus: NodeGPUs
        let generation: UInt64
    }
}
