// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/networking/v1` (v1.36).
    static let networkingTypes = SchemaText(
        group: "networking", goPackage: "v1",
        text: """
            HTTPIngressPath path?:s pathType:*.PathType backend:.IngressBackend
            HTTPIngressRuleValue paths:[.HTTPIngressPath]
            IPAddress +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.IPAddressSpec
            IPAddressList +meta.TypeMeta metadata?:meta.ListMeta items:[.IPAddress]
            IPAddressSpec parentRef?:*.ParentReference
            IPBlock cidr:s except?:[s]
            Ingress +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.IngressSpec status?:.IngressStatus
            IngressBackend service?:*.IngressServiceBackend resource?:*core.TypedLocalObjectReference
            IngressClass +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.IngressClassSpec
            IngressClassList +meta.TypeMeta metadata?:meta.ListMeta items:[.IngressClass]
            IngressClassParametersReference apiGroup?:*s kind:s name:s scope:*s namespace?:*s
            IngressClassSpec controller?:s parameters?:*.IngressClassParametersReference
            IngressList +meta.TypeMeta metadata?:meta.ListMeta items:[.Ingress]
            IngressLoadBalancerIngress ip?:s hostname?:s ports?:[.IngressPortStatus]
            IngressLoadBalancerStatus ingress?:[.IngressLoadBalancerIngress]
            IngressPortStatus port:i protocol:core.Protocol error?:*s
            IngressRule host?:s +.IngressRuleValue
            IngressRuleValue http?:*.HTTPIngressRuleValue
            IngressServiceBackend name:s port?:.ServiceBackendPort
            IngressSpec ingressClassName?:*s defaultBackend?:*.IngressBackend tls?:[.IngressTLS]
             rules?:[.IngressRule]
            IngressStatus loadBalancer?:.IngressLoadBalancerStatus
            IngressTLS hosts?:[s] secretName?:s
            NetworkPolicy +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.NetworkPolicySpec
            NetworkPolicyEgressRule ports?:[.NetworkPolicyPort] to?:[.NetworkPolicyPeer]
            NetworkPolicyIngressRule ports?:[.NetworkPolicyPort] from?:[.NetworkPolicyPeer]
            NetworkPolicyList +meta.TypeMeta metadata?:meta.ListMeta items:[.NetworkPolicy]
            NetworkPolicyPeer podSelector?:*meta.LabelSelector namespaceSelector?:*meta.LabelSelector
             ipBlock?:*.IPBlock
            NetworkPolicyPort protocol?:*core.Protocol port?:*IntOrString endPort?:*i
            NetworkPolicySpec podSelector:meta.LabelSelector ingress?:[.NetworkPolicyIngressRule]
             egress?:[.NetworkPolicyEgressRule] policyTypes?:[.PolicyType]
            ParentReference group?:s resource?:s namespace?:s name?:s
            PathType =s
            PolicyType =s
            ServiceBackendPort name?:s number?:i
            ServiceCIDR +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.ServiceCIDRSpec
             status?:.ServiceCIDRStatus
            ServiceCIDRList +meta.TypeMeta metadata?:meta.ListMeta items:[.ServiceCIDR]
            ServiceCIDRSpec cidrs?:[s]
            ServiceCIDRStatus conditions?~type:[meta.Condition]
            """)
}
