// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/scheduling/v1` (v1.36).
    static let schedulingTypes = SchemaText(
        group: "scheduling", goPackage: "v1",
        text: """
            PriorityClass +meta.TypeMeta metadata?:meta.ObjectMeta value:i globalDefault?:b description?:s
             preemptionPolicy?:*core.PreemptionPolicy
            PriorityClassList +meta.TypeMeta metadata?:meta.ListMeta items:[.PriorityClass]
            """)
}
