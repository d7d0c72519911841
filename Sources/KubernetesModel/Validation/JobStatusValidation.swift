/// Checks of changes to a Job's status.
///
/// Upstream: `pkg/apis/batch/validation/validation.go`, `pkg/registry/batch/job/strategy.go` (v1.36).
extension FieldErrorList {
    mutating func jobStatusUpdate(_ new: APITree, _ old: APITree) {
        metadataUpdate(new.metadata, old.metadata)
        jobStatus(new, old)
        let path = FieldPath("status")
        let conditions = path.child("conditions")
        func isTrue(_ job: APITree, _ type: String) -> Bool { JobConditions.isTrue(job, type) }
        for type in ["Failed", "Complete", "FailureTarget"]
        where isTrue(old, type) && !isTrue(new, type) {
            invalid(conditions, .none, "cannot disable the terminal \(type)=True condition")
        }
        if new.status.failed.int < old.status.failed.int {
            invalid(
                path.child("failed"), .int(new.status.failed.int), "cannot decrease the failed counter")
        }
        let isIndexed = new.spec.completionMode.text == "Indexed"
        let isElastic = isIndexed && new.spec.completions.value == new.spec.parallelism.value
        if !isElastic && new.status.succeeded.int < old.status.succeeded.int {
            invalid(
                path.child("succeeded"), .int(new.status.succeeded.int),
                "cannot decrease the succeeded counter")
        }
        let finish = new.status.completionTime
        if finish.exists && old.status.completionTime.exists && finish != old.status.completionTime {
            invalid(path.child("completionTime"), .pointer(finish), FieldErrorList.immutableMessage)
        }
        let isResuming =
            JobConditions.isTrue(old, "Suspended") && JobConditions.isFalse(new, "Suspended")
        let start = new.status.startTime
        if !isResuming && old.status.startTime.exists && start != old.status.startTime
            && !new.spec.suspend.flag
        {
            invalid(
                path.child("startTime"), .pointer(start),
                "field is immutable for unsuspended job once set")
        }
        let met = "SuccessCriteriaMet"
        if isTrue(old, met) && !isTrue(new, met) {
            invalid(conditions, .none, "cannot disable the SuccessCriteriaMet=True condition")
        }
        if isTrue(old, "Complete") && !isTrue(old, met) && isTrue(new, met) {
            invalid(
                conditions, .none,
                "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions")
        }
    }

    private mutating func jobStatus(_ new: APITree, _ old: APITree) {
        let path = FieldPath("status")
        let status = new.status
        for field in ["active", "succeeded", "failed", "ready", "terminating"] {
            if let value = status[field].optionalInt { nonNegative(value, path.child(field)) }
        }
        uncountedPods(status.uncountedTerminatedPods, path.child("uncountedTerminatedPods"))
        jobConditions(new, old, path)
        jobCounts(new, old, path)
        jobIndexes(new, old, path)
        jobLimits(new, old, path)
    }

    private mutating func uncountedPods(_ pods: APITree, _ path: FieldPath) {
        var seen: Set<String> = []
        for kind in ["succeeded", "failed"] {
            for (index, uid) in pods[kind].strings.enumerated() {
                let place = path.child(kind).index(index)
                if uid.isEmpty {
                    invalid(place, .typed(uid), "must not be empty")
                } else if !seen.insert(uid).inserted {
                    duplicate(place, .typed(uid))
                }
            }
        }
    }

    private func changed(_ new: APITree, _ old: APITree, _ type: String) -> Bool {
        JobConditions.isTrue(new, type) != JobConditions.isTrue(old, type)
    }

    private mutating func jobConditions(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        let conditions = path.child("conditions")
        let isComplete = JobConditions.isTrue(new, "Complete")
        let isFailed = JobConditions.isTrue(new, "Failed")
        let hasTarget = JobConditions.isTrue(new, "FailureTarget")
        let completeChanged = changed(new, old, "Complete")
        let failedChanged = changed(new, old, "Failed")
        let finish = new.status.completionTime
        let start = new.status.startTime
        let finishChanged = finish != old.status.completionTime
        if (completeChanged || failedChanged) && isComplete && isFailed {
            invalid(conditions, .none, "cannot set Complete=True and Failed=true conditions")
        }
        if (completeChanged || changed(new, old, "FailureTarget")) && isComplete && hasTarget {
            invalid(conditions, .none, "cannot set Complete=True and FailureTarget=true conditions")
        }
        if completeChanged || finishChanged {
            if finish.exists && !isComplete {
                invalid(
                    path.child("completionTime"), .pointer(finish),
                    "cannot set completionTime when there is no Complete=True condition")
            }
            if !finish.exists && isComplete {
                required(
                    path.child("completionTime"), "completionTime is required for Complete jobs")
            }
        }
        if (start != old.status.startTime || finishChanged) && start.exists && finish.exists
            && finish.text.utf8.lexicographicallyPrecedes(start.text.utf8)
        {
            invalid(
                path.child("completionTime"), .pointer(finish), "must be equal to or after `startTime`")
        }
        let indexesChanged = new.status.failedIndexes != old.status.failedIndexes
        if (failedChanged || indexesChanged) && isFailed && !hasTarget {
            invalid(
                conditions, .none,
                "cannot set Failed=True condition without the FailureTarget=true condition")
        }
        let isMet = JobConditions.isTrue(new, "SuccessCriteriaMet")
        if (completeChanged || changed(new, old, "SuccessCriteriaMet")) && isComplete && !isMet {
            invalid(
                conditions, .none,
                "cannot set Complete=True condition without the SuccessCriteriaMet=true condition")
        }
    }

    private mutating func jobCounts(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        let status = new.status
        let isFinished = JobConditions.isFinished(new)
        let finishedChanged = isFinished != JobConditions.isFinished(old)
        if (finishedChanged || status.active.int != old.status.active.int) && isFinished
            && status.active.int > 0
        {
            invalid(
                path.child("active"), .int(status.active.int), "active>0 is invalid for finished job")
        }
        let isEmptySuspended = new.spec.suspend.flag && new.spec.completions.optionalInt == 0
        if (finishedChanged || status.startTime != old.status.startTime) && !isEmptySuspended && isFinished
            && !status.startTime.exists
        {
            required(path.child("startTime"), "startTime is required for finished job")
        }
        let pods = status.uncountedTerminatedPods
        let podsChanged = !APITree.areSemanticallyEqual(pods, old.status.uncountedTerminatedPods)
        if (finishedChanged || podsChanged) && isFinished && pods.failed.count + pods.succeeded.count > 0 {
            invalid(
                path.child("uncountedTerminatedPods"), .raw(GoStruct.json(pods, "UncountedTerminatedPods")),
                "must be empty for finished job")
        }
    }

    private mutating func jobIndexes(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        let completed = new.status.completedIndexes.text
        let failed = new.status.failedIndexes
        let completedChanged = completed != old.status.completedIndexes.text
        let failedChanged = failed != old.status.failedIndexes
        let completions = new.spec.completions.optionalInt
        let completedPath = path.child("completedIndexes")
        let failedPath = path.child("failedIndexes")
        if completedChanged, let completions,
            case .failure(let fault) = IndexIntervals.total(completed, completions: completions)
        {
            invalid(completedPath, .text(completed), "error parsing completedIndexes: \(fault.message)")
        }
        if failedChanged, let completions, new.spec.backoffLimitPerIndex.exists, failed.exists,
            case .failure(let fault) = IndexIntervals.total(failed.text, completions: completions)
        {
            invalid(failedPath, .typed(failed.text), "error parsing failedIndexes: \(fault.message)")
        }
        if completedChanged && !completed.isEmpty && new.spec.completionMode.text != "Indexed" {
            invalid(
                completedPath, .text(completed),
                "cannot set non-empty completedIndexes when non-indexed completion mode")
        }
        if failedChanged && !new.spec.backoffLimitPerIndex.exists && failed.exists {
            invalid(
                failedPath, .text(failed.text),
                "cannot set non-null failedIndexes when backoffLimitPerIndex is null")
        }
        if failedChanged || completedChanged, let completions, failed.exists,
            let index = IndexIntervals.overlap(completed, failed.text, completions: completions)
        {
            invalid(
                failedPath, .text(failed.text),
                "failedIndexes and completedIndexes overlap at index: \(index)")
        }
    }

    private mutating func jobLimits(_ new: APITree, _ old: APITree, _ path: FieldPath) {
        let status = new.status
        let isFinished = JobConditions.isFinished(new)
        let terminating = status.terminating
        if isFinished != JobConditions.isFinished(old) || terminating != old.status.terminating,
            let count = terminating.optionalInt, count > 0, isFinished
        {
            invalid(
                path.child("terminating"), .int(count), "terminating>0 is invalid for finished job")
        }
        if status.ready != old.status.ready || status.active.int != old.status.active.int,
            let ready = status.ready.optionalInt, ready > status.active.int
        {
            invalid(path.child("ready"), .int(ready), "cannot set more ready pods than active")
        }
        let conditions = path.child("conditions")
        if JobConditions.isTrue(new, "SuccessCriteriaMet") {
            if JobConditions.isTrue(new, "Failed") {
                invalid(
                    conditions, .none, "cannot set SuccessCriteriaMet=True and Failed=true conditions")
            }
            if JobConditions.isTrue(new, "FailureTarget") {
                invalid(
                    conditions, .none,
                    "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions")
            }
        } else if new.spec.successPolicy.exists && JobConditions.isTrue(new, "Complete") {
            invalid(
                conditions, .none,
                "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True")
        }
    }
}
