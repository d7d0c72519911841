import Failures
import KubernetesModel
import SimulationKernel
import Stochastics

extension ScenarioReader {
    /// A rule and where it stands.
    struct ReadBehavior {
        var rule: BehaviorRule
        var cursor: Cursor
    }

    func readBehavior(_ cursor: Cursor) -> ReadBehavior? {
        let keys = [
            "name", "selector", "namespace", "container", "startup", "service", "runTime", "readinessDelay",
            "usage",
            "exitCode", "crash", "livenessFailsAfter", "preStop", "shutdown",
            "ignoresSIGTERM", "diskFailure",
        ]
        guard let object = cursor.object(keys: keys) else { return nil }
        let name = object["name"]?.string() ?? cursor.path
        let selector = object.required("selector", "which pods, such as \"app=web\"").flatMap(readSelector)
        let runTime = object["runTime"]?.distribution(.duration)
        let service = object["service"]?.bool()
        if object["runTime"] != nil, service == true {
            cursor.report(.notExactlyOne(of: ["service", "runTime"], found: ["service", "runTime"]))
        }
        if service == false, object["runTime"] == nil {
            cursor.report(.missingKey("runTime", purpose: "how long a container runs that is no service"))
        }
        if object["runTime"] == nil, let exit = object["exitCode"] {
            exit.report(
                .unusedSetting(
                    "the exit code of a service", hint: "Give 'runTime', or 'crash' with its own code"),
                .warning)
        }
        let exitCode = object["exitCode"]?.integer(0...255, "an exit code from 0 to 255") ?? 0
        let usage = object["usage"]?.object(keys: ["cpu", "memory"])
        let rule = BehaviorRule(
            name: name, selector: selector ?? LabelSelector(), namespace: object["namespace"]?.string(),
            container: object["container"]?.string(),
            startup: object["startup"]?.distribution(.duration) ?? .constant(0),
            run: object["runTime"] == nil ? .service : .finite, runTime: runTime,
            readinessDelay: object["readinessDelay"]?.distribution(.duration) ?? .constant(0),
            cpuUsage: usage?["cpu"]?.usage(allowsGrowth: false),
            memoryUsage: usage?["memory"]?.usage(allowsGrowth: true), exitCode: Int32(exitCode),
            crash: object["crash"].flatMap(readCrash),
            livenessFailsAfter: object["livenessFailsAfter"]?.distribution(.duration),
            preStop: object["preStop"]?.distribution(.duration) ?? .constant(0),
            shutdown: object["shutdown"]?.distribution(.duration) ?? .constant(0),
            ignoresSIGTERM: object["ignoresSIGTERM"]?.bool() ?? false,
            diskFailure: readDiskFailure(object["diskFailure"]))
        if rule.ignoresSIGTERM, let shutdown = object["shutdown"] {
            shutdown.report(
                .unusedSetting("'shutdown'", hint: "With ignoresSIGTERM the process ends by SIGKILL"),
                .warning)
        }
        return selector == nil ? nil : ReadBehavior(rule: rule, cursor: cursor)
    }

    private func readCrash(_ cursor: Cursor) -> BehaviorRule.Crash? {
        guard let object = cursor.object(keys: ["after", "times", "exitCode"]) else { return nil }
        let after = object.required("after", "how long after its start the container crashes")?.distribution(
            .duration)
        let times = object["times"]?.integer(1...1_000_000_000, "how often to crash, a whole number above 0")
        let code = object["exitCode"]?.integer(0...255, "an exit code from 0 to 255") ?? 1
        return after.map { BehaviorRule.Crash(after: $0, times: times, exitCode: Int32(code)) }
    }

    private func readDiskFailure(_ cursor: Cursor?) -> BehaviorRule.DiskFailure? {
        let standard = BehaviorRule.DiskFailure(after: .constant(0), exitCode: 1)
        guard let cursor, let object = cursor.object(keys: ["exits", "after", "exitCode"]) else {
            return standard
        }
        let after = object["after"]?.distribution(.duration) ?? standard.after
        let code = object["exitCode"]?.integer(0...255, "an exit code from 0 to 255") ?? 1
        guard object["exits"]?.bool() == false else {
            return BehaviorRule.DiskFailure(after: after, exitCode: Int32(code))
        }
        for key in ["after", "exitCode"] {
            object[key]?.report(
                .unusedSetting("'\(key)'", hint: "With 'exits: false' the container goes on"), .warning)
        }
        return nil
    }

    // MARK: Failures

    struct ReadFailure {
        var rule: FailureRule
        var cursor: Cursor
    }

    func readFailure(_ cursor: Cursor, _ references: References) -> ReadFailure? {
        let keys = ["name", "scope", "mode", "timeToFailure", "timeToRepair", "age", "pools", "disks"]
        guard let object = cursor.object(keys: keys) else { return nil }
        let name = object.required("name", "names the model and its random streams")?.string()
        let scope = object.required("scope", "node, disk, rack or zone")?.choice(FailureScope.self)
        let mode =
            object["mode"].map { $0.choice(FailureMode.self) }
            ?? (scope == .disk ? .diskFailure : .powerLoss)
        let up = object.required("timeToFailure", "a distribution of durations")?.distribution(.duration)
        let down = object.required("timeToRepair", "a distribution of durations")?.distribution(.duration)
        let age = object["age"]?.choice(FailureAge.self) ?? .stationary
        let known = references.cluster?.nodePools.map(\.name) ?? []
        var pools = known
        if let chosen = object["pools"] {
            pools = list(chosen, of: "pool names").compactMap {
                readReference($0, "node pool", known + references.lostPools)
            }
        }
        let disks = readFailingDisks(object["disks"], scope, pools, references)
        guard let name, let scope, let mode, let up, let down else { return nil }
        let model = FailureModel(
            name: name, scope: scope, mode: mode, timeToFailure: up, timeToRepair: down, age: age)
        let errors = model.validate()
        for error in errors {
            let place = object[error.field] ?? cursor
            Cursor(
                place.value, path: joined(cursor.path, error.path), file: file, log: log,
                position: place.position
            ).report(.badValue(found: error.problem.found, expected: error.problem.expected, hint: ""))
        }
        return errors.isEmpty
            ? ReadFailure(rule: FailureRule(model: model, pools: pools, disks: disks), cursor: cursor) : nil
    }

    /// The disks of a rule's pools that it is about: all, unless it names some.
    private func readFailingDisks(
        _ cursor: Cursor?, _ scope: FailureScope?, _ pools: [String], _ references: References
    ) -> [String] {
        if let cursor, let scope, scope != .disk {
            cursor.report(
                .unusedSetting("'disks'", hint: "The rule is about a \(scope.rawValue)"), .warning)
            return []
        }
        guard scope == .disk else { return [] }
        let known = (references.cluster?.nodePools ?? []).filter { pools.contains($0.name) }
            .flatMap(\.disks).map(\.name).uniqued
        guard let cursor else { return known }
        if cursor.value.elements?.isEmpty == true { cursor.bad("at least one disk") }
        return list(cursor, of: "names of disks").compactMap { place in
            references.isWhole ? readReference(place, "disk", known) : place.string("the name of a disk")
        }
    }
}
