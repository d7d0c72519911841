import KubernetesModel
import Scheduler
import SimulationKernel
import Stochastics
import VirtualNodes

extension ScenarioReader {
    /// - Parameter workload: its machines are the nodes where it says so; it is told which is which.
    /// - Parameter mayLackPools: whether there is a workload, be it wrong: nodes may come from it.
    func readCluster(
        _ cursor: Cursor?, _ workload: inout WorkloadPlan?, mayLackPools: Bool
    ) -> ClusterPlan? {
        guard
            let object = cursor?.object(keys: [
                "zones", "racksPerZone", "nodePools", "images", "registry", "controlPlane", "scheduler",
                "dataSets", "dataBandwidth",
            ])
        else { return nil }
        let racksPerZone = object["racksPerZone"]?.integer(1...1_000, "a whole number from 1 to 1000") ?? 1
        let zones = readZones(object["zones"], racksPerZone: Int(racksPerZone))
        let pools: [ClusterPlan.NodePool]
        if let plan = workload, plan.usesMachines, plan.startsFromState {
            pools = ClusterState(plan.survey.state, zones: zones.map(\.name)).pools
        } else if let plan = workload, plan.usesMachines {
            let machines = TraceMachines(
                plan.survey.machines, podsPerNode: plan.podsPerNode, zones: zones.map(\.name))
            pools = machines.pools
            workload?.nodeOfMachine = machines.nodes
        } else if mayLackPools && workload == nil && object["nodePools"] == nil {
            pools = []
        } else {
            pools = readPools(object.required("nodePools", "a list of at least one pool of nodes"), zones)
        }
        let images = list(object["images"], of: "images").compactMap(readImage)
        let registry = readRegistry(object["registry"])
        var plan = ClusterPlan(
            zones: zones, nodePools: pools, images: images, registry: registry, schedulers: 1,
            controllerManagers: 1, parameters: ParameterValues())
        if let controlPlane = object["controlPlane"] { readControlPlane(controlPlane, &plan) }
        if let scheduler = object["scheduler"] { plan.scheduler = readScheduler(scheduler) }
        if let bandwidth = object["dataBandwidth"] { plan.dataBandwidth = readDataBandwidth(bandwidth) }
        plan.dataSets = readDataSets(object["dataSets"], nodes: plan.nodes.map(\.name))
        return plan
    }

    private func isName(_ text: String) -> Bool {
        SelectorText.isDNSName(text) && !text.contains(".") && text.utf8.count <= 50
    }

    private func readName(_ cursor: Cursor?, _ what: String, among names: inout [String]) -> String? {
        guard let cursor, let name = cursor.string() else { return nil }
        if !isName(name) {
            cursor.bad("a name of at most 50 small letters, digits and '-'")
            return nil
        }
        if names.contains(name) {
            cursor.report(.duplicateName(what: what, name))
            return nil
        }
        names.append(name)
        return name
    }

    // MARK: Places

    private func readZones(_ cursor: Cursor?, racksPerZone: Int) -> [ClusterPlan.Zone] {
        func racks(of zone: String) -> [String] { (1...racksPerZone).map { "\(zone)-rack-\($0)" } }
        guard let cursor else { return [ClusterPlan.Zone(name: "zone-a", racks: racks(of: "zone-a"))] }
        guard let entries = cursor.list(of: "zones") else { return [] }
        if entries.isEmpty { cursor.bad("at least one zone") }
        var names: [String] = []
        var rackNames: [String] = []
        return entries.compactMap { entry in
            if entry.value.members == nil {
                guard let name = readName(entry, "zone", among: &names) else { return nil }
                return ClusterPlan.Zone(name: name, racks: racks(of: name))
            }
            guard let object = entry.object(keys: ["name", "racks"]) else { return nil }
            let name = readName(object.required("name", "the zone's name"), "zone", among: &names)
            let own = object["racks"].map { cursor in
                let racks = list(cursor, of: "rack names").compactMap {
                    readName($0, "rack", among: &rackNames)
                }
                if cursor.value.elements?.isEmpty == true { cursor.bad("at least one rack") }
                return racks
            }
            guard let name else { return nil }
            let found = own ?? racks(of: name)
            return ClusterPlan.Zone(name: name, racks: found.isEmpty ? racks(of: name) : found)
        }
    }

    // MARK: Pools

    private func readPools(_ cursor: Cursor?, _ zones: [ClusterPlan.Zone]) -> [ClusterPlan.NodePool] {
        guard let cursor, let entries = cursor.list(of: "node pools") else { return [] }
        if entries.isEmpty { cursor.bad("at least one pool of nodes") }
        var names: [String] = []
        return entries.compactMap { readPool($0, zones, &names) }
    }

    private func readPool(
        _ cursor: Cursor, _ zones: [ClusterPlan.Zone], _ names: inout [String]
    ) -> ClusterPlan.NodePool? {
        let keys = [
            "name", "count", "zones", "capacity", "allocatable", "labels", "taints", "disks", "runtime",
            "runtimeHandlers", "bootTime", "gpus", "nodeNames",
        ]
        guard let object = cursor.object(keys: keys) else { return nil }
        let name = readName(object.required("name", "the pool's name"), "pool", among: &names)
        let count = object.required("count", "how many nodes")?.integer(
            0...1_000_000, "a whole number from 0 to 1000000")
        let zoneNames = zones.map(\.name)
        var places = zoneNames
        if let chosen = object["zones"] {
            places = list(chosen, of: "zone names").compactMap { readReference($0, "zone", zoneNames) }
            if chosen.value.elements?.isEmpty == true { chosen.bad("at least one zone") }
        }
        var capacity =
            object.required("capacity", "an object with cpu and memory").map(readResources) ?? ResourceList()
        if let place = object["capacity"], place.value.members != nil {
            for resource in ["cpu", "memory"] where place.value[resource] == nil {
                place.report(.missingKey(resource, purpose: "how much a node has"))
            }
        }
        if capacity["pods"] == nil { capacity["pods"] = Quantity(value: 110) }
        if capacity["ephemeral-storage"] == nil {
            capacity["ephemeral-storage"] = (try? Quantity(parsing: "100Gi")) ?? .zero
        }
        var allocatable = capacity
        if let place = object["allocatable"] {
            for entry in readResources(place).entries {
                if let whole = capacity[entry.name], entry.quantity <= whole {
                    allocatable[entry.name] = entry.quantity
                    continue
                }
                let limit = capacity[entry.name].map { "at most the capacity, \($0.description)" }
                Cursor(
                    place.value[entry.name] ?? place.value, path: joined(place.path, entry.name), file: file,
                    log: log
                ).report(
                    .badValue(
                        found: entry.quantity.description, expected: limit ?? "a resource of the capacity",
                        hint: ""))
            }
        }
        var labels = object["labels"].map(readLabels) ?? [:]
        if let gpus = object["gpus"].flatMap(readGPUs) {
            capacity[GPURequest.countAnnotation] = Quantity(value: gpus.count)
            allocatable[GPURequest.countAnnotation] = Quantity(value: gpus.count)
            if !gpus.model.isEmpty { labels[GPURequest.modelAnnotation] = gpus.model }
        }
        let taints = list(object["taints"], of: "taints").compactMap(readTaint)
        let disks = readDisks(object["disks"])
        let runtime = object["runtime"]?.choice(ClusterPlan.RuntimeName.self) ?? .containerd
        var handlers: [(handler: String, runtime: ClusterPlan.RuntimeName)] = []
        for (handler, cursor) in object["runtimeHandlers"]?.entries(of: "runtimes by handler name") ?? [] {
            if let name = cursor.choice(ClusterPlan.RuntimeName.self) { handlers.append((handler, name)) }
        }
        handlers.sort { $0.handler < $1.handler }
        let boot = object["bootTime"]?.distribution(.duration) ?? .constant(60)
        guard let name, let count else { return nil }
        var pool = ClusterPlan.NodePool(
            name: name, count: Int(count), zones: places, capacity: capacity, allocatable: allocatable,
            labels: labels, taints: taints, disks: disks, runtime: runtime, runtimeHandlers: handlers,
            bootTime: boot)
        if let place = object["nodeNames"] {
            pool.nodeNames = list(place, of: "names of nodes").compactMap { readNodeName($0) }
            if pool.nodeNames.count != pool.count && !log.hasErrors {
                place.bad("as many names as the pool has nodes, \(pool.count)")
            }
        }
        return pool
    }

    private func readNodeName(_ cursor: Cursor) -> String? {
        guard let name = cursor.string("a node's name") else { return nil }
        if SelectorText.isDNSName(name) { return name }
        cursor.bad("a node's name: small letters, digits, '-' and '.'")
        return nil
    }

    /// GPUs that pods may share: how many a node has, and their model.
    private func readGPUs(_ cursor: Cursor) -> (model: String, count: Int64)? {
        guard let object = cursor.object(keys: ["model", "count"]) else { return nil }
        let limit = Int64(GPURequest.maximumCount)
        let count = object.required("count", "how many GPUs a node has")?
            .integer(1...limit, "a whole number from 1 to \(limit)")
        let model = object["model"]?.string("a model such as V100M16") ?? ""
        if !SelectorText.isValue(model) {
            object["model"]?.bad(
                "at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends")
        }
        return count.map { (model, $0) }
    }

    /// A name of something that the scenario defines.
    func readReference(_ cursor: Cursor, _ what: String, _ names: [String]) -> String? {
        guard let name = cursor.string("the name of a \(what)") else { return nil }
        if names.contains(name) { return name }
        cursor.report(
            .unknownName(what: what, name, nearest: NearestName.find(name, among: names), known: names))
        return nil
    }

    private func readResources(_ cursor: Cursor) -> ResourceList {
        var resources = ResourceList()
        for (name, value) in cursor.entries(of: "quantities") ?? [] {
            let isKnown =
                ["cpu", "memory", "pods", "ephemeral-storage"].contains(name) || name.hasPrefix("hugepages-")
                || name.contains("/")
            if !isKnown {
                let known = ["cpu", "memory", "pods", "ephemeral-storage"]
                value.report(
                    .unknownName(
                        what: "resource", name, nearest: NearestName.find(name, among: known),
                        known: known + ["hugepages-<size>", "<domain>/<name>"]))
            }
            if let quantity = value.quantity() { resources[name] = quantity }
        }
        return resources
    }

    /// `key=value:Effect` or `key:Effect` as of `kubectl taint`, or an object.
    func readTaint(_ cursor: Cursor) -> Taint? {
        let effects = "NoSchedule, PreferNoSchedule or NoExecute"
        if let text = cursor.value.text {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let left = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            let value = left.count > 1 ? left[1] : ""
            guard parts.count == 2, SelectorText.isKey(left[0]), SelectorText.isValue(value),
                let effect = TaintEffect(rawValue: String(parts[1]))
            else {
                cursor.bad("a taint such as \"dedicated=gpu:NoSchedule\"", hint: "Effects are \(effects)")
                return nil
            }
            return Taint(key: left[0], value: value, effect: effect)
        }
        guard let object = cursor.object(keys: ["key", "value", "effect"]) else { return nil }
        let key = object.required("key", "the taint's key")?.string()
        let value = object["value"]?.string() ?? ""
        guard let effect = object.required("effect", effects), let key else { return nil }
        guard let parsed = effect.value.text.flatMap(TaintEffect.init(rawValue:)) else {
            effect.bad(effects)
            return nil
        }
        return Taint(key: key, value: value, effect: parsed)
    }

    private func readDisks(_ cursor: Cursor?) -> [ClusterPlan.Disk] {
        var names: [String] = []
        var paths: [String] = []
        return list(cursor, of: "disks").compactMap { entry in
            guard let object = entry.object(keys: ["name", "capacity", "mountPath", "repair"]) else {
                return nil
            }
            let name = readName(object.required("name", "the disk's name"), "disk", among: &names)
            let mountPath = object["mountPath"].map { readMountPath($0, &paths) }
            let repair = object["repair"]?.choice(NodeDisk.Repair.self) ?? .recovered
            guard let capacity = object.required("capacity", "a quantity such as \"1Ti\"")?.quantity(),
                let name
            else { return nil }
            let standard = NodeDisk.standardMountPath(of: name)
            if mountPath == nil { paths.append(standard) }
            return ClusterPlan.Disk(
                name: name, capacity: capacity, mountPath: mountPath ?? standard, repair: repair)
        }
    }

    private func readMountPath(_ cursor: Cursor, _ paths: inout [String]) -> String {
        let expected = "an absolute path such as \"/mnt/disks/ssd\""
        guard var path = cursor.string(expected) else { return "" }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        if !path.hasPrefix("/") || path.split(separator: "/").contains("..") {
            cursor.bad(expected)
        } else if NodeDisk.systemPaths.contains(where: NodeDisk(name: "", mountPath: path).holds) {
            cursor.bad(
                "a folder that holds neither \(NodeDisk.systemPaths.joined(separator: " nor "))",
                hint: "The disk that a machine runs from is not simulated: let the node fail, "
                    + "with mode powerLoss or kubeletStop")
        } else if paths.contains(path) {
            cursor.report(.duplicateName(what: "disk", path))
        }
        paths.append(path)
        return path
    }

    // MARK: Images

    private func readImage(_ cursor: Cursor) -> ClusterPlan.Image? {
        guard let object = cursor.object(keys: ["name", "size", "missing"]) else { return nil }
        let name = object.required("name", "the image as pods name it")?.string()
        let isMissing = object["missing"]?.bool() ?? false
        let size = object["size"]?.quantity()
        if size == nil, !isMissing, object["size"] == nil {
            cursor.report(.missingKey("size", purpose: "what a pull transfers, such as \"70Mi\""))
        }
        return name.map { ClusterPlan.Image(name: $0, size: size ?? .zero, isMissing: isMissing) }
    }

    private func readRegistry(_ cursor: Cursor?) -> ClusterPlan.Registry {
        // 1 Gbit/s to a node, and the median size of popular images.
        var registry = ClusterPlan.Registry(
            bandwidth: Quantity(value: 125_000_000), defaultImageSize: Quantity(value: 100_000_000))
        guard let object = cursor?.object(keys: ["bandwidth", "defaultImageSize"]) else { return registry }
        if let bandwidth = object["bandwidth"], let quantity = bandwidth.quantity() {
            if quantity.isZero { bandwidth.bad("bytes a second above 0, such as \"125M\"") }
            registry.bandwidth = quantity
        }
        if let size = object["defaultImageSize"]?.quantity() { registry.defaultImageSize = size }
        return registry
    }

    // MARK: Control plane

    private func readControlPlane(_ cursor: Cursor, _ plan: inout ClusterPlan) {
        let keys = ["schedulers", "controllerManagers", "serviceAccounts", "parameters"]
        guard let object = cursor.object(keys: keys) else { return }
        let expected = "a whole number from 1 to 9"
        plan.schedulers = Int(object["schedulers"]?.integer(1...9, expected) ?? 1)
        plan.controllerManagers = Int(object["controllerManagers"]?.integer(1...9, expected) ?? 1)
        plan.admitsServiceAccounts = object["serviceAccounts"]?.bool() ?? false
        guard let parameters = object["parameters"] else { return }
        let names = TimingParameter.all.map(\.name)
        for (name, value) in parameters.entries(of: "timing parameters") ?? [] {
            guard let parameter = TimingParameter.all.first(where: { $0.name == name }) else {
                value.report(
                    .unknownName(
                        what: "timing parameter", name, nearest: NearestName.find(name, among: names),
                        known: names))
                continue
            }
            switch parameter.standard {
            case .duration:
                let sign: Cursor.DurationSign =
                    TimingParameter.positive.contains(name) ? .positive : .notNegative
                if let duration = value.duration(sign) { plan.parameters.set(name, .duration(duration)) }
            case .number:
                if let number = value.number("a number of at least 0", { $0 >= 0 }) {
                    plan.parameters.set(name, .number(number))
                }
            }
        }
        checkBounds(plan.parameters, parameters)
    }
    /// Candidates whose times do not fit would lead two at a time: client-go refuses to run them, as the
    /// scheduler does with back-offs that do not fit.
    ///
    /// Upstream: `pkg/scheduler/apis/config/validation/validation.go`, `client-go/tools/leaderelection/leaderelection.go`, `NewLeaderElector` (v1.36).
    private func checkBounds(_ parameters: ParameterValues, _ cursor: Cursor) {
        func time(_ name: String) -> VirtualDuration { parameters.duration("leaderElection" + name) ?? .zero }
        let jittered = VirtualDuration(fractionalSeconds: time("RetryPeriod").fractionalSeconds * 1.2)
        if time("LeaseDuration") <= time("RenewDeadline") {
            cursor.bad(
                "a leaderElectionLeaseDuration greater than leaderElectionRenewDeadline",
                hint: "They are \(time("LeaseDuration")) and \(time("RenewDeadline"))")
        } else if time("RenewDeadline") <= jittered {
            cursor.bad(
                "a leaderElectionRenewDeadline greater than 1.2 times leaderElectionRetryPeriod",
                hint: "They are \(time("RenewDeadline")) and \(time("RetryPeriod"))")
        }
        if let resolution = parameters.duration("metricResolution"), resolution < .seconds(10) {
            // In metrics-server's words; `cmd/metrics-server/app/options/options.go`.
            cursor.bad(
                "a metricResolution of at least 10s",
                hint:
                    "metric-resolution should be a time duration at least 10s, but value \(resolution) provided"
            )
        }
        if let first = parameters.duration("podInitialBackoff"),
            let longest = parameters.duration("podMaxBackoff"),
            longest < first
        {
            cursor.bad(
                "a podMaxBackoff of at least podInitialBackoff", hint: "They are \(longest) and \(first)")
        }
    }
}
