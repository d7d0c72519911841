// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/coordination/v1` (v1.36).
    static let coordinationTypes = SchemaText(
        group: "coordination", goPackage: "v1",
        text: """
            CoordinatedLeaseStrategy =s
            Lease +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.LeaseSpec
            LeaseList +meta.TypeMeta metadata?:meta.ListMeta items:[.Lease]
            LeaseSpec holderIdentity?:*s leaseDurationSeconds?:*i acquireTime?:*MicroTime renewTime?:*MicroTime
             leaseTransitions?:*i strategy?:*.CoordinatedLeaseStrategy preferredHolder?:*s
            """)
}
