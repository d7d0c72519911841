import OrderedCollections

/// Checks of Jobs and CronJobs.
///
/// Upstream: `pkg/apis/batch/validation/validation.go`, `pkg/registry/batch` (v1.36).
extension FieldErrorList {
    // MARK: Job

    mutating func job(_ object: APITree, old: APITree?) {
        var options = templateOptions(old?.spec.template)
        var needsPrefixedLabels = true
        if let old {
            options.allowsInvalidSelectorValues =
                options.allowsInvalidSelectorValues
                || old.spec.selector.matchExpressions.list.contains {
                    $0.values.strings.contains { !Names.labelValue($0).isEmpty }
                }
            let labels = old.spec.template.metadata.labels
            needsPrefixedLabels =
                labels["batch.kubernetes.io/job-name"].exists
                && labels["batch.kubernetes.io/controller-uid"].exists
        }
        metadata(object.metadata, isNamespaced: true, name: .subdomain)
        generatedSelector(object, needsPrefixedLabels: needsPrefixedLabels)
        selectedJobSpec(object.spec, FieldPath("spec"), options)
        indexedHostname(object)
        guard let old else { return }
        metadataUpdate(object.metadata, old.metadata)
        jobSpecUpdate(object, old, options)
    }

    private mutating func indexedHostname(_ job: APITree) {
        guard job.spec.completionMode.text == "Indexed", let count = job.spec.completions.optionalInt,
            count > 0
        else { return }
        let name = job.metadata.name.text
        let hostname = "\(name)-\(count - 1)"
        if !Names.dns1123Label(hostname).isEmpty {
            invalid(
                FieldPath("metadata").child("name"), .text(name),
                "will not able to create pod with invalid DNS label: \(hostname)")
        }
    }

    private mutating func generatedSelector(_ job: APITree, needsPrefixedLabels: Bool) {
        if job.spec.manualSelector.flag || !job.spec.selector.exists { return }
        let uid = job.metadata.uid.text
        let name = job.metadata.name.text
        if uid.isEmpty { required(FieldPath("metadata").child("uid")) }
        var expected = [("controller-uid", uid), ("job-name", name)]
        if needsPrefixedLabels {
            expected += expected.map { ("batch.kubernetes.io/" + $0.0, $0.1) }
        }
        let labels = job.spec.template.metadata.labels
        let path = FieldPath("spec").child("template", "metadata", "labels")
        for (key, value) in expected {
            guard let actual = labels[key].optionalText else {
                required(path.key(key), "must be '\(value)'")
                continue
            }
            if actual != value {
                invalid(path.key(key), .json(labels.value ?? .null), "must be '\(value)'")
            }
        }
        if let selector = try? CompiledLabelSelector(job.spec.selector.value),
            !selector.matches(Dictionary(uniqueKeysWithValues: expected))
        {
            invalid(
                FieldPath("spec").child("selector"), shown(job.spec.selector),
                "`selector` not auto-generated")
        }
    }

    private func shown(_ selector: APITree) -> ShownValue {
        .raw(selector.exists ? GoStruct.json(selector, "meta.LabelSelector") : "null")
    }

    private mutating func selectedJobSpec(_ spec: APITree, _ path: FieldPath, _ options: PodOptions) {
        jobSpec(spec, path, options)
        if spec.selector.exists {
            labelSelector(
                spec.selector, path.child("selector"),
                allowsInvalidValues: options.allowsInvalidSelectorValues)
        } else {
            required(path.child("selector"))
        }
        if let selector = try? CompiledLabelSelector(spec.selector.value),
            !selector.matches(spec.template.metadata.labels.value)
        {
            invalid(
                path.child("template", "metadata", "labels"),
                .json(spec.template.metadata.labels.value ?? .null),
                "`selector` does not match template `labels`")
        }
    }

    mutating func jobSpec(_ spec: APITree, _ path: FieldPath, _ options: PodOptions) {
        for field in [
            "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
            "backoffLimitPerIndex", "maxFailedIndexes",
        ] {
            if let value = spec[field].optionalInt { nonNegative(value, path.child(field)) }
        }
        if spec.maxFailedIndexes.exists && !spec.backoffLimitPerIndex.exists {
            required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified")
        }
        if let manager = spec.managedBy.optionalText {
            domainPrefixedPath(manager, path.child("managedBy"))
            if manager.utf8.count > 63 { tooLong(path.child("managedBy"), bytes: 63) }
        }
        completionMode(spec, path)
        if spec.podFailurePolicy.exists { podFailurePolicy(spec, path.child("podFailurePolicy", "rules")) }
        if spec.successPolicy.exists {
            if spec.completionMode.text != "Indexed" {
                invalid(
                    path.child("successPolicy"), .raw(GoStruct.json(spec.successPolicy, "SuccessPolicy")),
                    "requires indexed completion mode")
            } else {
                successPolicy(spec, path.child("successPolicy", "rules"))
            }
        }
        if let policy = spec.podReplacementPolicy.optionalText {
            member(
                policy, path.child("podReplacementPolicy"),
                of: spec.podFailurePolicy.exists ? ["Failed"] : ["Failed", "TerminatingOrFailed"])
        }
        podTemplate(spec.template, path.child("template"), options)
        let restart = spec.template.spec.restartPolicy.text
        let place = path.child("template", "spec", "restartPolicy")
        if restart == "Always" || restart.isEmpty {
            required(place, "valid values: \"OnFailure\", \"Never\"")
        } else if restart != "OnFailure" && restart != "Never" {
            notSupported(place, .typed(restart), ["OnFailure", "Never"])
        } else if spec.podFailurePolicy.exists && restart != "Never" {
            invalid(
                place, .typed(restart), "only \"Never\" is supported when podFailurePolicy is specified")
        }
    }

    /// `domain/path`.
    mutating func domainPrefixedPath(_ value: String, _ path: FieldPath) {
        if value.isEmpty { return required(path) }
        let parts = value.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return invalid(
                path, .text(value), "must be a domain-prefixed path (such as \"acme.io/foo\")")
        }
        subdomain(parts[0], path)
        let isPath = parts[1].utf8.allSatisfy {
            Names.isAlphanumeric($0) || "/-._~%!$&'()*+,;=:".utf8.contains($0)
        }
        if !isPath {
            invalid(
                path, .text(parts[1]),
                Names.pattern("Invalid path", "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"))
        }
    }

    private mutating func completionMode(_ spec: APITree, _ path: FieldPath) {
        let mode = spec.completionMode.optionalText
        if let mode { member(mode, path.child("completionMode"), of: ["NonIndexed", "Indexed"]) }
        let failed = spec.maxFailedIndexes.optionalInt
        if mode == "Indexed" {
            let completions = spec.completions.optionalInt
            let parallelism = spec.parallelism.optionalInt
            if completions == nil {
                required(path.child("completions"), "when completion mode is Indexed")
            }
            if let parallelism, parallelism > 100_000 {
                invalid(
                    path.child("parallelism"), .int(parallelism),
                    "must be less than or equal to 100000 when completion mode is Indexed")
            }
            if let completions, let failed, failed > completions {
                invalid(
                    path.child("maxFailedIndexes"), .int(failed),
                    "must be less than or equal to completions")
            }
            if let failed, failed > 100_000 {
                invalid(
                    path.child("maxFailedIndexes"), .int(failed), "must be less than or equal to 100000")
            }
            if let completions, completions > 100_000, spec.backoffLimitPerIndex.exists {
                if failed == nil {
                    required(
                        path.child("maxFailedIndexes"),
                        "must be specified when completions is above 100000")
                }
                for (field, value) in [("parallelism", parallelism), ("maxFailedIndexes", failed)] {
                    guard let value, value > 10_000 else { continue }
                    invalid(
                        path.child(field), .int(value),
                        "must be less than or equal to 10000 when completions are above 100000 and used with "
                            + "backoff limit per index")
                }
            }
        }
        guard mode == nil || mode == "NonIndexed" else { return }
        for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if let value = spec[field].optionalInt {
                invalid(path.child(field), .int(value), "requires indexed completion mode")
            }
        }
    }

    private mutating func podFailurePolicy(_ spec: APITree, _ path: FieldPath) {
        let rules = spec.podFailurePolicy.rules.list
        if rules.count > 20 { tooMany(path, count: rules.count, limit: 20) }
        let names = Set(
            (spec.template.spec.containers.list + spec.template.spec.initContainers.list)
                .map(\.name.text))
        let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
        for (index, rule) in rules.enumerated() {
            let place = path.index(index)
            let action = rule.action.text
            if action.isEmpty {
                required(
                    place.child("action"), "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]")
            } else if action == "FailIndex" {
                if !spec.backoffLimitPerIndex.exists {
                    invalid(
                        place.child("action"), .typed(action), "requires the backoffLimitPerIndex to be set")
                }
            } else {
                member(action, place.child("action"), of: actions)
            }
            if rule.onExitCodes.exists { exitCodes(rule.onExitCodes, place.child("onExitCodes"), names) }
            let conditions = rule.onPodConditions.list
            if !conditions.isEmpty { failureConditions(conditions, place.child("onPodConditions")) }
            if rule.onExitCodes.exists && !conditions.isEmpty {
                invalid(
                    place, .none, "specifying both OnExitCodes and OnPodConditions is not supported")
            }
            if !rule.onExitCodes.exists && conditions.isEmpty {
                invalid(place, .none, "specifying one of OnExitCodes and OnPodConditions is required")
            }
        }
    }

    private mutating func failureConditions(_ conditions: [APITree], _ path: FieldPath) {
        if conditions.count > 20 { tooMany(path, count: conditions.count, limit: 20) }
        for (index, condition) in conditions.enumerated() {
            let place = path.index(index)
            qualifiedName(condition.type.text, place.child("type"))
            let status = condition.status.text
            if status.isEmpty {
                required(place.child("status"), "valid values: [\"False\" \"True\" \"Unknown\"]")
            } else {
                member(status, place.child("status"), of: ["False", "True", "Unknown"])
            }
        }
    }

    private mutating func exitCodes(_ codes: APITree, _ path: FieldPath, _ names: Set<String>) {
        let operation = codes["operator"].text
        if operation.isEmpty {
            required(path.child("operator"), "valid values: [\"In\" \"NotIn\"]")
        } else {
            member(operation, path.child("operator"), of: ["In", "NotIn"])
        }
        if let name = codes.containerName.optionalText, !names.contains(name) {
            invalid(
                path.child("containerName"), .text(name),
                "must be one of the container or initContainer names in the pod template")
        }
        let place = path.child("values")
        let values = codes.values.list.map(\.int)
        if values.isEmpty {
            invalid(place, .pointer(codes.values), "at least one value is required")
        } else if values.count > 255 {
            tooMany(place, count: values.count, limit: 255)
        }
        var seen: Set<Int64> = []
        for (index, value) in values.enumerated() {
            if operation == "In" && value == 0 {
                invalid(place.index(index), .int(value), "must not be 0 for the In operator")
            }
            if !seen.insert(value).inserted { duplicate(place.index(index), .int(value)) }
        }
        if zip(values, values.dropFirst()).contains(where: { $0 > $1 }) {
            invalid(place, .pointer(codes.values), "must be ordered")
        }
    }

    private mutating func successPolicy(_ spec: APITree, _ path: FieldPath) {
        let rules = spec.successPolicy.rules.list
        if rules.isEmpty {
            required(path, "at least one rules must be specified when the successPolicy is specified")
        }
        if rules.count > 20 { tooMany(path, count: rules.count, limit: 20) }
        let completions = spec.completions.int
        for (index, rule) in rules.enumerated() {
            let place = path.index(index)
            let count = rule.succeededCount.optionalInt
            let indexes = rule.succeededIndexes.optionalText
            if count == nil && indexes == nil {
                required(
                    place, "at least one of succeededCount or succeededIndexes must be specified")
            }
            var total: Int64 = 0
            if let indexes {
                let field = place.child("succeededIndexes")
                if indexes.utf8.count > 64 * 1024 { tooLong(field, bytes: 64 * 1024) }
                switch IndexIntervals.total(indexes, completions: completions) {
                case .success(let sum): total = sum
                case .failure(let fault):
                    invalid(field, .text(indexes), "error parsing succeededIndexes: \(fault.message)")
                }
            }
            guard let count else { continue }
            let field = place.child("succeededCount")
            nonNegative(count, field)
            if count > completions {
                invalid(
                    field, .int(count),
                    "must be less than or equal to \(completions) (the number of specified completions)")
            }
            if indexes != nil && count > total {
                invalid(
                    field, .int(count),
                    "must be less than or equal to \(total) (the number of indexes in the specified "
                        + "succeededIndexes field)")
            }
        }
    }

    // MARK: Updates of Jobs

    private mutating func jobSpecUpdate(_ new: APITree, _ old: APITree, _ options: PodOptions) {
        let path = FieldPath("spec")
        selectedJobSpec(new.spec, path, options)
        let completions = path.child("completions")
        if new.spec.completionMode.text != "Indexed" {
            immutable(new.spec.completions, old.spec.completions, completions)
        } else if let count = new.spec.completions.optionalInt, count != old.spec.completions.optionalInt,
            count != new.spec.parallelism.int
        {
            invalid(
                completions, .int(count), "can only be modified in tandem with spec.parallelism")
        }
        immutable(
            new.spec.selector, old.spec.selector, path.child("selector"), shown: shown(new.spec.selector))
        jobTemplateUpdate(new, old, path)
        for (field, type) in [
            ("completionMode", ""), ("podFailurePolicy", "PodFailurePolicy"), ("backoffLimitPerIndex", ""),
            ("managedBy", ""), ("successPolicy", "SuccessPolicy"),
        ] {
            let value = new.spec[field]
            let shown: ShownValue =
                type.isEmpty || !value.exists ? .pointer(value) : .raw(GoStruct.json(value, type))
            immutable(value, old.spec[field], path.child(field), shown: shown)
        }
    }

    private mutating func jobTemplateUpdate(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        let template = new.spec.template
        var before = old.spec.template
        let isSuspended = old.spec.suspend.flag
        let mayChange =
            isSuspended
            && (!old.status.startTime.exists || JobConditions.isTrue(old, "Suspended"))
            && old.status.active.int == 0
        if mayChange {
            var spec = before.spec
            for field in ["nodeSelector", "tolerations", "schedulingGates"] {
                spec = spec.setting(field, template.spec[field])
            }
            let affinity = spec.affinity
            let after = template.spec.affinity.nodeAffinity
            if affinity.exists || template.spec.affinity.exists {
                let changed = affinity.setting("nodeAffinity", after)
                let isGone = !template.spec.affinity.exists && changed.isEmpty
                spec = spec.setting("affinity", isGone ? APITree(nil) : changed)
            }
            var meta = before.metadata
            for field in ["annotations", "labels"] {
                meta = meta.setting(field, template.metadata[field])
            }
            before = before.setting("spec", spec).setting("metadata", meta)
        }
        if !mayChange {
            immutable(
                template, before, path.child("template"),
                shown: .raw(GoStruct.json(template, "PodTemplateSpec")))
            return
        }
        var spec = before.spec
        for kind in ["containers", "initContainers"] {
            let after = template.spec[kind].list
            let own = spec[kind].list
            guard after.count == own.count, !own.isEmpty else { continue }
            let merged = zip(own, after).map { container, changed in
                container.name.text == changed.name.text
                    ? container.setting("resources", changed.resources) : container
            }
            spec = spec.setting(kind, APITree(.array(merged.map { $0.value ?? .null })))
        }
        immutable(
            template.spec, spec, path.child("template.spec"),
            shown: .raw(GoStruct.json(template.spec, "PodSpec")))
    }

    // MARK: CronJob

    mutating func cronJob(_ object: APITree, old: APITree?) {
        let name = object.metadata.name.text
        if let old {
            metadataUpdate(object.metadata, old.metadata)
        } else {
            metadata(object.metadata, isNamespaced: true, name: .subdomain)
        }
        let spec = object.spec
        let path = FieldPath("spec")
        schedule(spec, old?.spec, path.child("schedule"))
        if let deadline = spec.startingDeadlineSeconds.optionalInt {
            nonNegative(deadline, path.child("startingDeadlineSeconds"))
        }
        if let zone = spec.timeZone.optionalText, old?.spec.timeZone.optionalText != zone {
            timeZone(zone, path.child("timeZone"))
        }
        let policy = spec.concurrencyPolicy.text
        if policy.isEmpty {
            required(path.child("concurrencyPolicy"))
        } else {
            member(policy, path.child("concurrencyPolicy"), of: ["Allow", "Forbid", "Replace"])
        }
        let job = path.child("jobTemplate", "spec")
        let jobSpec = spec.jobTemplate.spec
        self.jobSpec(jobSpec, job, templateOptions(old?.spec.jobTemplate.spec.template))
        if jobSpec.selector.exists {
            invalid(
                job.child("selector"), shown(jobSpec.selector), "`selector` will be auto-generated")
        }
        if jobSpec.manualSelector.flag {
            notSupported(job.child("manualSelector"), .flag(true), ["nil", "false"])
        }
        for field in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
            if let limit = spec[field].optionalInt { nonNegative(limit, path.child(field)) }
        }
        if old == nil && name.utf8.count > 52 {
            invalid(
                FieldPath("metadata").child("name"), .text(name), "must be no more than 52 characters")
        }
    }

    private mutating func schedule(_ spec: APITree, _ old: APITree?, _ path: FieldPath) {
        let schedule = spec.schedule.text
        if schedule.isEmpty { return required(path) }
        if let fault = CronSyntax.fault(schedule) { invalid(path, .text(schedule), fault) }
        guard schedule.range(ofFirst: "TZ") != nil else { return }
        let isAllowed = old?.schedule.text.range(ofFirst: "TZ") != nil
        if !isAllowed {
            invalid(
                path, .text(schedule),
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        } else if spec.timeZone.exists {
            invalid(
                path, .text(schedule), "cannot use both timeZone field and TZ or CRON_TZ in schedule")
        }
    }

    private mutating func timeZone(_ zone: String, _ path: FieldPath) {
        if zone.isEmpty {
            return invalid(path, .typed(zone), "timeZone must be nil or non-empty string")
        }
        for part in zone.split(separator: "/", omittingEmptySubsequences: false) {
            let isRight =
                (1...14).contains(part.utf8.count) && part != "." && part != ".." && !part.hasPrefix("-")
                && part.utf8.allSatisfy { Names.isAlphanumeric($0) || ".-_+".utf8.contains($0) }
            if !isRight { return invalid(path, .typed(zone), "unknown time zone \(zone)") }
        }
        if zone.lowercased() == "local" {
            invalid(
                path, .typed(zone),
                "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
        } else if !TimeZoneNames.contains(zone) {
            invalid(path, .typed(zone), "unknown time zone \(zone)")
        }
    }
}

/// Conditions of a Job.
enum JobConditions {
    static func isTrue(_ job: APITree, _ type: String) -> Bool {
        job.status.conditions.list.contains { $0.type.text == type && $0.status.text == "True" }
    }

    static func isFalse(_ job: APITree, _ type: String) -> Bool {
        job.status.conditions.list.contains { $0.type.text == type && $0.status.text == "False" }
    }

    static func isFinished(_ job: APITree) -> Bool { isTrue(job, "Complete") || isTrue(job, "Failed") }
}

/// Lists of indexes such as `1,3-5,7`.
enum IndexIntervals {
    struct Fault: Error {
        var message: String
    }

    /// The number of indexes in a list that must rise.
    static func total(_ text: String, completions: Int64) -> Result<Int64, Fault> {
        if text.isEmpty { return .success(0) }
        var last: Int64?
        var total: Int64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            switch interval(String(part), completions: completions) {
            case .failure(let fault): return .failure(fault)
            case .success(let range):
                if let last, last >= range.lowerBound {
                    return .failure(order(last, range.lowerBound))
                }
                total += Int64(range.count)
                last = range.upperBound
            }
        }
        return .success(total)
    }

    private static func order(_ previous: Int64, _ current: Int64) -> Fault {
        Fault(message: "non-increasing order, previous: \(previous), current: \(current)")
    }

    static func interval(_ text: String, completions: Int64) -> Result<ClosedRange<Int64>, Fault> {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2 {
            return .failure(
                Fault(
                    message: "the fragment \(GoText.quoted(text)) violates the requirement that an index "
                        + "interval can have at most two parts separated by '-'"))
        }
        var bounds: [Int64] = []
        for part in parts {
            guard let number = Int64(part) else {
                return .failure(
                    Fault(message: "cannot convert string to integer for index: \(GoText.quoted(part))"))
            }
            if number >= completions {
                return .failure(Fault(message: "too large index: \(GoText.quoted(part))"))
            }
            bounds.append(number)
        }
        if bounds.count == 2 && bounds[0] >= bounds[1] { return .failure(order(bounds[0], bounds[1])) }
        return .success(bounds[0]...bounds[bounds.count - 1])
    }

    /// The first index that two lists share, in upstream's walk over both.
    static func overlap(_ completed: String, _ failed: String, completions: Int64) -> Int64? {
        if completed.isEmpty || failed.isEmpty { return nil }
        func ranges(_ text: String) -> [ClosedRange<Int64>] {
            text.split(separator: ",", omittingEmptySubsequences: false).compactMap {
                try? interval(String($0), completions: completions).get()
            }
        }
        let left = ranges(completed)
        let right = ranges(failed)
        var i = 0
        var j = 0
        while i < left.count && j < right.count {
            if left[i].overlaps(right[j]) { return max(left[i].lowerBound, right[j].lowerBound) }
            if left[i].lowerBound <= right[j].lowerBound { i += 1 } else { j += 1 }
        }
        return nil
    }
}
