// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/autoscaling/v2` (v1.36).
    static let autoscaling2Types = SchemaText(
        group: "autoscaling2", goPackage: "v2",
        text: """
            ContainerResourceMetricSource name:core.ResourceName target:.MetricTarget container:s
            ContainerResourceMetricStatus name:core.ResourceName current:.MetricValueStatus container:s
            CrossVersionObjectReference kind:s name:s apiVersion?:s
            ExternalMetricSource metric:.MetricIdentifier target:.MetricTarget
            ExternalMetricStatus metric:.MetricIdentifier current:.MetricValueStatus
            HPAScalingPolicy type:.HPAScalingPolicyType value:i periodSeconds:i
            HPAScalingPolicyType =s
            HPAScalingRules stabilizationWindowSeconds?:*i selectPolicy?:*.ScalingPolicySelect
             policies?:[.HPAScalingPolicy] tolerance?:*Quantity
            HorizontalPodAutoscaler +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.HorizontalPodAutoscalerSpec
             status?:.HorizontalPodAutoscalerStatus
            HorizontalPodAutoscalerBehavior scaleUp?:*.HPAScalingRules scaleDown?:*.HPAScalingRules
            HorizontalPodAutoscalerCondition type:.HorizontalPodAutoscalerConditionType
             status:core.ConditionStatus lastTransitionTime?:Time reason?:s message?:s
            HorizontalPodAutoscalerConditionType =s
            HorizontalPodAutoscalerList +meta.TypeMeta metadata?:meta.ListMeta items:[.HorizontalPodAutoscaler]
            HorizontalPodAutoscalerSpec scaleTargetRef:.CrossVersionObjectReference minReplicas?:*i maxReplicas:i
             metrics?:[.MetricSpec] behavior?:*.HorizontalPodAutoscalerBehavior
            HorizontalPodAutoscalerStatus observedGeneration?:*l lastScaleTime?:*Time currentReplicas?:i
             desiredReplicas:i currentMetrics:[.MetricStatus]
             conditions?~type:[.HorizontalPodAutoscalerCondition]
            MetricIdentifier name:s selector?:*meta.LabelSelector
            MetricSourceType =s
            MetricSpec type:.MetricSourceType object?:*.ObjectMetricSource pods?:*.PodsMetricSource
             resource?:*.ResourceMetricSource containerResource?:*.ContainerResourceMetricSource
             external?:*.ExternalMetricSource
            MetricStatus type:.MetricSourceType object?:*.ObjectMetricStatus pods?:*.PodsMetricStatus
             resource?:*.ResourceMetricStatus containerResource?:*.ContainerResourceMetricStatus
             external?:*.ExternalMetricStatus
            MetricTarget type:.MetricTargetType value?:*Quantity averageValue?:*Quantity averageUtilization?:*i
            MetricTargetType =s
            MetricValueStatus value?:*Quantity averageValue?:*Quantity averageUtilization?:*i
            ObjectMetricSource describedObject:.CrossVersionObjectReference target:.MetricTarget
             metric:.MetricIdentifier
            ObjectMetricStatus metric:.MetricIdentifier current:.MetricValueStatus
             describedObject:.CrossVersionObjectReference
            PodsMetricSource metric:.MetricIdentifier target:.MetricTarget
            PodsMetricStatus metric:.MetricIdentifier current:.MetricValueStatus
            ResourceMetricSource name:core.ResourceName target:.MetricTarget
            ResourceMetricStatus name:core.ResourceName current:.MetricValueStatus
            ScalingPolicySelect =s
            """)
}
