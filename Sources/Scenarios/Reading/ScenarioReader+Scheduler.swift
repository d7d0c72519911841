import KubernetesModel
import Scheduler

extension ScenarioReader {
    func readScheduler(_ cursor: Cursor) -> SchedulerPlan {
        var plan = SchedulerPlan()
        guard let object = cursor.object(keys: ["policy", "config", "ties"]) else { return plan }
        plan.ties = object["ties"]?.choice(SchedulerPlan.Ties.self) ?? .seeded
        plan.policy = object["policy"]?.choice(SchedulingPolicy.self)
        guard let config = object["config"] else { return plan }
        if let policy = object["policy"] {
            policy.bad("either a policy or a config", hint: "A policy is a configuration with a name")
            return plan
        }
        guard let path = config.value.text else {
            guard config.value.members != nil else {
                config.wrongType("the path of a KubeSchedulerConfiguration file, or such an object")
                return plan
            }
            if check(config) { plan.config = config.value.json }
            return plan
        }
        let place = path.hasPrefix("/") ? path : manifests.folder + path
        let documents = InputFile.documents(
            path: place, name: place, limit: InputFile.scenarioLimit, log: log
        ) {
            config.report(.referredFile(place, $0))
        }
        guard let document = documents?.first else { return plan }
        if let second = documents?.dropFirst().first {
            log.add(file: place, at: second.root.position, .severalDocuments)
        }
        let root = Cursor(document.root, path: "", file: place, log: log)
        if check(root) { plan.config = root.value.json }
        return plan
    }

    /// Reports what the scheduler finds wrong with its configuration, and where.
    private func check(_ cursor: Cursor) -> Bool {
        guard cursor.value.members != nil else {
            cursor.wrongType("an object of kind KubeSchedulerConfiguration")
            return false
        }
        for key in ["apiVersion", "kind"] where cursor.value[key] == nil {
            let value = key == "kind" ? "KubeSchedulerConfiguration" : "kubescheduler.config.k8s.io/v1"
            cursor.report(.missingKey(key, purpose: value))
            return false
        }
        let problems = SchedulerConfiguration.problems(json: cursor.value.json)
        for problem in problems {
            let path = cursor.path.isEmpty ? problem.path : "\(cursor.path).\(problem.path)"
            var message = problem.message
            if let nearest = NearestName.find(problem.unknownName, among: problem.knownNames) {
                message = "'\(problem.unknownName)' is not known. Did you mean '\(nearest)'?"
            }
            log.add(
                file: cursor.file, at: cursor.value.position(of: problem.path), path: path,
                .manifestInvalid(message))
        }
        return problems.isEmpty
    }
}
