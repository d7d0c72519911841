// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/discovery/v1` (v1.36).
    static let discoveryTypes = SchemaText(
        group: "discovery", goPackage: "v1",
        text: """
            AddressType =s
            Endpoint addresses:[s] conditions?:.EndpointConditions hostname?:*s targetRef?:*core.ObjectReference
             deprecatedTopology?:{s} nodeName?:*s zone?:*s hints?:*.EndpointHints
            EndpointConditions ready?:*b serving?:*b terminating?:*b
            EndpointHints forZones?:[.ForZone] forNodes?:[.ForNode]
            EndpointPort name?:*s protocol?:*core.Protocol port?:*i appProtocol?:*s
            EndpointSlice +meta.TypeMeta metadata?:meta.ObjectMeta addressType:.AddressType endpoints:[.Endpoint]
             ports:[.EndpointPort]
            EndpointSliceList +meta.TypeMeta metadata?:meta.ListMeta items:[.EndpointSlice]
            ForNode name:s
            ForZone name:s
            """)
}
