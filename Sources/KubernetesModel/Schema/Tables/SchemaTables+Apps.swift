// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/apps/v1` (v1.36).
    static let appsTypes = SchemaText(
        group: "apps", goPackage: "v1",
        text: """
            ControllerRevision +meta.TypeMeta metadata?:meta.ObjectMeta data?:Raw revision:l
            ControllerRevisionList +meta.TypeMeta metadata?:meta.ListMeta items:[.ControllerRevision]
            DaemonSet +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.DaemonSetSpec status?:.DaemonSetStatus
            DaemonSetCondition type:.DaemonSetConditionType status:core.ConditionStatus lastTransitionTime?:Time
             reason?:s message?:s
            DaemonSetConditionType =s
            DaemonSetList +meta.TypeMeta metadata?:meta.ListMeta items:[.DaemonSet]
            DaemonSetSpec selector:*meta.LabelSelector template:core.PodTemplateSpec
             updateStrategy?:.DaemonSetUpdateStrategy minReadySeconds?:i revisionHistoryLimit?:*i
            DaemonSetStatus currentNumberScheduled:i numberMisscheduled:i desiredNumberScheduled:i numberReady:i
             observedGeneration?:l updatedNumberScheduled?:i numberAvailable?:i numberUnavailable?:i
             collisionCount?:*i conditions?~type:[.DaemonSetCondition]
            DaemonSetUpdateStrategy type?:.DaemonSetUpdateStrategyType rollingUpdate?:*.RollingUpdateDaemonSet
            DaemonSetUpdateStrategyType =s
            Deployment +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.DeploymentSpec status?:.DeploymentStatus
            DeploymentCondition type:.DeploymentConditionType status:core.ConditionStatus lastUpdateTime?:Time
             lastTransitionTime?:Time reason?:s message?:s
            DeploymentConditionType =s
            DeploymentList +meta.TypeMeta metadata?:meta.ListMeta items:[.Deployment]
            DeploymentSpec replicas?:*i selector:*meta.LabelSelector template:core.PodTemplateSpec
             strategy?^:.DeploymentStrategy minReadySeconds?:i revisionHistoryLimit?:*i paused?:b
             progressDeadlineSeconds?:*i
            DeploymentStatus observedGeneration?:l replicas?:i updatedReplicas?:i readyReplicas?:i
             availableReplicas?:i unavailableReplicas?:i terminatingReplicas?:*i
             conditions?~type:[.DeploymentCondition] collisionCount?:*i
            DeploymentStrategy type?:.DeploymentStrategyType rollingUpdate?:*.RollingUpdateDeployment
            DeploymentStrategyType =s
            PersistentVolumeClaimRetentionPolicyType =s
            PodManagementPolicyType =s
            ReplicaSet +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.ReplicaSetSpec status?:.ReplicaSetStatus
            ReplicaSetCondition type:.ReplicaSetConditionType status:core.ConditionStatus
             lastTransitionTime?:Time reason?:s message?:s
            ReplicaSetConditionType =s
            ReplicaSetList +meta.TypeMeta metadata?:meta.ListMeta items:[.ReplicaSet]
            ReplicaSetSpec replicas?:*i minReadySeconds?:i selector:*meta.LabelSelector
             template?:core.PodTemplateSpec
            ReplicaSetStatus replicas:i fullyLabeledReplicas?:i readyReplicas?:i availableReplicas?:i
             terminatingReplicas?:*i observedGeneration?:l conditions?~type:[.ReplicaSetCondition]
            RollingUpdateDaemonSet maxUnavailable?:*IntOrString maxSurge?:*IntOrString
            RollingUpdateDeployment maxUnavailable?:*IntOrString maxSurge?:*IntOrString
            RollingUpdateStatefulSetStrategy partition?:*i maxUnavailable?:*IntOrString
            StatefulSet +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.StatefulSetSpec
             status?:.StatefulSetStatus
            StatefulSetCondition type:.StatefulSetConditionType status:core.ConditionStatus
             lastTransitionTime?:Time reason?:s message?:s
            StatefulSetConditionType =s
            StatefulSetList +meta.TypeMeta metadata?:meta.ListMeta items:[.StatefulSet]
            StatefulSetOrdinals start:i
            StatefulSetPersistentVolumeClaimRetentionPolicy
             whenDeleted?:.PersistentVolumeClaimRetentionPolicyType
             whenScaled?:.PersistentVolumeClaimRetentionPolicyType
            StatefulSetSpec replicas?:*i selector:*meta.LabelSelector template:core.PodTemplateSpec
             volumeClaimTemplates?:[core.PersistentVolumeClaim] serviceName:s
             podManagementPolicy?:.PodManagementPolicyType updateStrategy?:.StatefulSetUpdateStrategy
             revisionHistoryLimit?:*i minReadySeconds?:i
             persistentVolumeClaimRetentionPolicy?:*.StatefulSetPersistentVolumeClaimRetentionPolicy
             ordinals?:*.StatefulSetOrdinals
            StatefulSetStatus observedGeneration?:l replicas:i readyReplicas?:i currentReplicas?:i
             updatedReplicas?:i currentRevision?:s updateRevision?:s collisionCount?:*i
             conditions?~type:[.StatefulSetCondition] availableReplicas:i
            StatefulSetUpdateStrategy type?:.StatefulSetUpdateStrategyType
             rollingUpdate?:*.RollingUpdateStatefulSetStrategy
            StatefulSetUpdateStrategyType =s
            """)
}
