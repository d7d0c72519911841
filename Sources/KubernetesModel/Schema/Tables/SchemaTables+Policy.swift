// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/policy/v1` (v1.36).
    static let policyTypes = SchemaText(
        group: "policy", goPackage: "v1",
        text: """
            Eviction +meta.TypeMeta metadata?:meta.ObjectMeta deleteOptions?:*meta.DeleteOptions
            PodDisruptionBudget +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.PodDisruptionBudgetSpec
             status?:.PodDisruptionBudgetStatus
            PodDisruptionBudgetList +meta.TypeMeta metadata?:meta.ListMeta items:[.PodDisruptionBudget]
            PodDisruptionBudgetSpec minAvailable?:*IntOrString selector?=:*meta.LabelSelector
             maxUnavailable?:*IntOrString unhealthyPodEvictionPolicy?:*.UnhealthyPodEvictionPolicyType
            PodDisruptionBudgetStatus observedGeneration?:l disruptedPods?:{Time} disruptionsAllowed:i
             currentHealthy:i desiredHealthy:i expectedPods:i conditions?~type:[meta.Condition]
            UnhealthyPodEvictionPolicyType =s
            """)
}
