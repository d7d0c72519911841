// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/node/v1` (v1.36).
    static let nodeTypes = SchemaText(
        group: "node", goPackage: "v1",
        text: """
            Overhead podFixed?:core.ResourceList
            RuntimeClass +meta.TypeMeta metadata?:meta.ObjectMeta handler:s overhead?:*.Overhead
             scheduling?:*.Scheduling
            RuntimeClassList +meta.TypeMeta metadata?:meta.ListMeta items:[.RuntimeClass]
            Scheduling nodeSelector?:{s} tolerations?:[core.Toleration]
            """)
}
