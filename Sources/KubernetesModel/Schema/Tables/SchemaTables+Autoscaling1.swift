// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/autoscaling/v1` (v1.36).
    static let autoscaling1Types = SchemaText(
        group: "autoscaling1", goPackage: "v1",
        text: """
            ContainerResourceMetricSource name:core.ResourceName targetAverageUtilization?:*i
             targetAverageValue?:*Quantity container:s
            CrossVersionObjectReference kind:s name:s apiVersion?:s
            ExternalMetricSource metricName:s metricSelector?:*meta.LabelSelector targetValue?:*Quantity
             targetAverageValue?:*Quantity
            HorizontalPodAutoscaler +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.HorizontalPodAutoscalerSpec
             status?:.HorizontalPodAutoscalerStatus
            HorizontalPodAutoscalerList +meta.TypeMeta metadata?:meta.ListMeta items:[.HorizontalPodAutoscaler]
            HorizontalPodAutoscalerSpec scaleTargetRef:.CrossVersionObjectReference minReplicas?:*i maxReplicas:i
             targetCPUUtilizationPercentage?:*i
            HorizontalPodAutoscalerStatus observedGeneration?:*l lastScaleTime?:*Time currentReplicas:i
             desiredReplicas:i currentCPUUtilizationPercentage?:*i
            MetricSourceType =s
            MetricSpec type:.MetricSourceType object?:*.ObjectMetricSource pods?:*.PodsMetricSource
             resource?:*.ResourceMetricSource containerResource?:*.ContainerResourceMetricSource
             external?:*.ExternalMetricSource
            ObjectMetricSource target:.CrossVersionObjectReference metricName:s targetValue:Quantity
             selector?:*meta.LabelSelector averageValue?:*Quantity
            PodsMetricSource metricName:s targetAverageValue:Quantity selector?:*meta.LabelSelector
            ResourceMetricSource name:core.ResourceName targetAverageUtilization?:*i
             targetAverageValue?:*Quantity
            Scale +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.ScaleSpec status?:.ScaleStatus
            ScaleSpec replicas?:i
            ScaleStatus replicas:i selector?:s
            """)
}
