// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/batch/v1` (v1.36).
    static let batchTypes = SchemaText(
        group: "batch", goPackage: "v1",
        text: """
            CompletionMode =s
            ConcurrencyPolicy =s
            CronJob +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.CronJobSpec status?:.CronJobStatus
            CronJobList +meta.TypeMeta metadata?:meta.ListMeta items:[.CronJob]
            CronJobSpec schedule:s timeZone?:*s startingDeadlineSeconds?:*l concurrencyPolicy?:.ConcurrencyPolicy
             suspend?:*b jobTemplate:.JobTemplateSpec successfulJobsHistoryLimit?:*i failedJobsHistoryLimit?:*i
            CronJobStatus active?:[core.ObjectReference] lastScheduleTime?:*Time lastSuccessfulTime?:*Time
            Job +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.JobSpec status?:.JobStatus
            JobCondition type:.JobConditionType status:core.ConditionStatus lastProbeTime?:Time
             lastTransitionTime?:Time reason?:s message?:s
            JobConditionType =s
            JobList +meta.TypeMeta metadata?:meta.ListMeta items:[.Job]
            JobSpec parallelism?:*i completions?:*i activeDeadlineSeconds?:*l
             podFailurePolicy?:*.PodFailurePolicy successPolicy?:*.SuccessPolicy backoffLimit?:*i
             backoffLimitPerIndex?:*i maxFailedIndexes?:*i selector?:*meta.LabelSelector manualSelector?:*b
             template:core.PodTemplateSpec ttlSecondsAfterFinished?:*i completionMode?:*.CompletionMode
             suspend?:*b podReplacementPolicy?:*.PodReplacementPolicy managedBy?:*s
            JobStatus conditions?~type:[.JobCondition] startTime?:*Time completionTime?:*Time active?:i
             succeeded?:i failed?:i terminating?:*i completedIndexes?:s failedIndexes?:*s
             uncountedTerminatedPods?:*.UncountedTerminatedPods ready?:*i
            JobTemplateSpec metadata?:meta.ObjectMeta spec?:.JobSpec
            PodFailurePolicy rules:[.PodFailurePolicyRule]
            PodFailurePolicyAction =s
            PodFailurePolicyOnExitCodesOperator =s
            PodFailurePolicyOnExitCodesRequirement containerName?:*s
             operator:.PodFailurePolicyOnExitCodesOperator values:[i]
            PodFailurePolicyOnPodConditionsPattern type:core.PodConditionType status:core.ConditionStatus
            PodFailurePolicyRule action:.PodFailurePolicyAction
             onExitCodes?:*.PodFailurePolicyOnExitCodesRequirement
             onPodConditions?:[.PodFailurePolicyOnPodConditionsPattern]
            PodReplacementPolicy =s
            SuccessPolicy rules:[.SuccessPolicyRule]
            SuccessPolicyRule succeededIndexes?:*s succeededCount?:*i
            UncountedTerminatedPods succeeded?:[types.UID] failed?:[types.UID]
            """)
}
