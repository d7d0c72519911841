// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `apimachinery/pkg/apis/meta/v1` (v1.36).
    static let metaTypes = SchemaText(
        group: "meta", goPackage: "v1",
        text: """
            CauseType =s
            Condition type:s status:.ConditionStatus observedGeneration?:l lastTransitionTime:Time reason:s
             message:s
            ConditionStatus =s
            DeleteOptions +.TypeMeta gracePeriodSeconds?:*l preconditions?:*.Preconditions orphanDependents?:*b
             propagationPolicy?:*.DeletionPropagation dryRun?:[s]
             ignoreStoreReadErrorWithClusterBreakingPotential?:*b
            DeletionPropagation =s
            LabelSelector matchLabels?:{s} matchExpressions?:[.LabelSelectorRequirement]
            LabelSelectorOperator =s
            LabelSelectorRequirement key:s operator:.LabelSelectorOperator values?:[s]
            List +.TypeMeta metadata?:.ListMeta items:[Raw]
            ListMeta selfLink?:s resourceVersion?:s continue?:s remainingItemCount?:*l shardInfo?:*.ShardInfo
            ManagedFieldsEntry manager?:s operation?:.ManagedFieldsOperationType apiVersion?:s time?:*Time
             fieldsType?:s fieldsV1?:*Raw subresource?:s
            ManagedFieldsOperationType =s
            ObjectMeta name?:s generateName?:s namespace?:s selfLink?:s uid?:types.UID resourceVersion?:s
             generation?:l creationTimestamp?!:Time deletionTimestamp?:*Time deletionGracePeriodSeconds?:*l
             labels?:{s} annotations?:{s} ownerReferences?~uid:[.OwnerReference] finalizers?~:[s]
             managedFields?:[.ManagedFieldsEntry]
            OwnerReference apiVersion:s kind:s name:s uid:types.UID controller?:*b blockOwnerDeletion?:*b
            PartialObjectMetadata +.TypeMeta metadata?:.ObjectMeta
            PartialObjectMetadataList +.TypeMeta metadata?:.ListMeta items:[.PartialObjectMetadata]
            Preconditions uid?:*types.UID resourceVersion?:*s
            ShardInfo selector:s
            Status +.TypeMeta metadata?:.ListMeta status?:s message?:s reason?:.StatusReason
             details?:*.StatusDetails code?:i
            StatusCause reason?:.CauseType message?:s field?:s
            StatusDetails name?:s group?:s kind?:s uid?:types.UID causes?:[.StatusCause] retryAfterSeconds?:i
            StatusReason =s
            TypeMeta kind?:s apiVersion?:s
            """)
}
