import KubernetesModel
import OrderedCollections
import SimulationKernel
import Workloads

extension ScenarioReader {
    /// A workload and what its trace has shown.
    ///
    /// - Parameter hasPools: whether the scenario says itself what nodes there are.
    func readWorkload(_ cursor: Cursor, hasPools: Bool) -> WorkloadPlan? {
        let keys = [
            "trace", "usage", "ending", "owner", "lead", "retention", "deadlineFactor", "machines",
            "podsPerNode",
        ]
        guard let object = cursor.object(keys: keys),
            let place = object.required("trace", "an object with files"), let trace = readTrace(place)
        else { return nil }
        var plan = WorkloadPlan(trace)
        plan.usage = object["usage"]?.choice(WorkloadPlan.Usage.self) ?? .recorded
        plan.ending = object["ending"]?.choice(WorkloadPlan.Ending.self) ?? .run
        plan.owner = object["owner"]?.choice(WorkloadPlan.Owner.self)
        if let lead = object["lead"]?.duration() { plan.lead = lead }
        if let retention = object["retention"]?.duration() { plan.retention = retention }
        plan.deadlineFactor = object["deadlineFactor"]?.number("a number above 0") { $0 > 0 }
        plan.usesMachines = object["machines"]?.bool() ?? !hasPools
        if let limit = object["podsPerNode"]?.integer(1...1_000_000, "a whole number from 1 to 1000000") {
            plan.podsPerNode = limit
        }
        guard !log.hasErrors else { return nil }
        guard let opener = manifests.options.traces else {
            place.report(.trace("traces are not read here"))
            return nil
        }
        do throws(TraceError) {
            try plan.makeSurvey(opener)
        } catch {
            place.report(.trace(error.description))
            return nil
        }
        // A state is there from the first moment on.
        if plan.startsFromState && object["lead"] == nil { plan.lead = .zero }
        let hasMachines =
            plan.startsFromState
            ? plan.survey.state.contains { $0["kind"]?.stringValue == "Node" } : !plan.survey.machines.isEmpty
        if plan.usesMachines && !hasMachines {
            place.report(
                .trace(
                    plan.startsFromState
                        ? "the snapshot has no nodes. Take one with them (kubectl get nodes,all -A -o yaml), "
                            + "or give cluster.nodePools (--nodes)"
                        : "the trace has no machines. Name its file of machines, too, or give "
                            + "cluster.nodePools (--nodes)"))
            return nil
        }
        if let format = plan.trace.format {
            for text in plan.trace.options.idle(in: format) { place.report(.trace(text), .warning) }
        }
        if plan.survey.tasks == 0 && plan.survey.objects == 0 {
            place.report(.trace("the trace has no tasks, or the window leaves none of them"))
            return nil
        }
        return plan
    }

    /// Tells of resources of which no node has as much as a task asks for.
    func checkRequests(_ plan: WorkloadPlan, _ cluster: ClusterPlan, _ cursor: Cursor?) {
        for (name, amount) in plan.survey.largestRequests {
            guard let wanted = amount.stringValue.flatMap({ try? Quantity(parsing: $0) }) else { continue }
            let most = cluster.nodePools.filter { $0.count > 0 }
                .reduce(Quantity.zero) { max($0, $1.allocatable[name] ?? .zero) }
            if wanted <= most { continue }
            cursor?.report(
                .trace(
                    "no node has the \(wanted) of \(name) that the largest request asks for; the most is "
                        + "\(most). Such pods wait for ever"), .warning)
        }
    }

    private func readTrace(_ cursor: Cursor) -> WorkloadPlan.Trace? {
        let keys = [
            "format", "folders", "files", "source", "from", "until", "sample", "sampleBy", "timeScale",
            "arrivalScale", "sizeScale", "unitCPU", "unitMemory", "unitDisk", "badRows",
        ]
        guard let object = cursor.object(keys: keys),
            let place = object.required("files", "a list of the trace's files")
        else { return nil }
        let files = list(place, of: "paths").compactMap { $0.string("a path") }
        if files.isEmpty { place.bad("at least one file") }
        var folders = [""]
        if let given = object["folders"] {
            folders = list(given, of: "paths").compactMap { $0.string("a path") }
        }
        var trace = WorkloadPlan.Trace(
            folders: folders.map { $0.hasPrefix("/") ? $0 : manifests.folder + $0 }, files: files,
            source: object["source"]?.string() ?? "")
        if let name = object["format"]?.string() {
            trace.format = TraceFormat(name: name)
            if trace.format == nil {
                let known = TraceFormat.allCases.map(\.rawValue)
                object["format"]?.report(
                    .unknownName(
                        what: "trace format", name, nearest: NearestName.find(name, among: known),
                        known: known))
            }
        }
        trace.options = readOptions(object)
        for fault in trace.options.validate() { cursor.report(.trace(fault)) }
        return trace
    }

    private func readOptions(_ object: ObjectCursor) -> TraceOptions {
        var options = TraceOptions()
        options.from = object["from"]?.duration().map { VirtualTime.start + $0 }
        options.until = object["until"]?.duration().map { VirtualTime.start + $0 }
        let sample = object["sample"]?.number("a number above 0 and at most 1") { $0 > 0 && $0 <= 1 }
        if let sample { options.sampleFraction = sample }
        if let unit = object["sampleBy"]?.choice(TraceOptions.SampleUnit.self) { options.sampleUnit = unit }
        func scale(_ key: String) -> Double {
            object[key]?.number("a number from 0.000001 to 1000000") { $0 >= 1e-6 && $0 <= 1e6 } ?? 1
        }
        options.timeScale = scale("timeScale")
        options.arrivalScale = scale("arrivalScale")
        options.sizeScale = scale("sizeScale")
        options.unitMilliCPU = object["unitCPU"]?.quantity()?.saturatingMilliValue
        options.unitMemoryBytes = object["unitMemory"]?.quantity()?.saturatingValue
        options.unitDiskBytes = object["unitDisk"]?.quantity()?.saturatingValue
        if let rows = object["badRows"] {
            if let policy = rows.value.text.flatMap(BadRowPolicy.init(text:)) {
                options.badRows = policy
            } else {
                let fraction = rows.number("stop, skip or a fraction from 0 to 1") { $0 >= 0 && $0 <= 1 }
                if let fraction { options.badRows = .stop(pastFraction: fraction) }
            }
        }
        return options
    }
}
