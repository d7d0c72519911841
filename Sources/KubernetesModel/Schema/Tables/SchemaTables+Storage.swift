// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/storage/v1` (v1.36).
    static let storageTypes = SchemaText(
        group: "storage", goPackage: "v1",
        text: """
            CSIDriver +meta.TypeMeta metadata?:meta.ObjectMeta spec:.CSIDriverSpec
            CSIDriverList +meta.TypeMeta metadata?:meta.ListMeta items:[.CSIDriver]
            CSIDriverSpec attachRequired?:*b podInfoOnMount?:*b volumeLifecycleModes?:[.VolumeLifecycleMode]
             storageCapacity?:*b fsGroupPolicy?:*.FSGroupPolicy tokenRequests?:[.TokenRequest]
             requiresRepublish?:*b seLinuxMount?:*b nodeAllocatableUpdatePeriodSeconds?:*l
             serviceAccountTokenInSecrets?:*b preventPodSchedulingIfMissing?:*b
            CSINode +meta.TypeMeta metadata?:meta.ObjectMeta spec:.CSINodeSpec
            CSINodeDriver name:s nodeID:s topologyKeys:[s] allocatable?:*.VolumeNodeResources
            CSINodeList +meta.TypeMeta metadata?:meta.ListMeta items:[.CSINode]
            CSINodeSpec drivers~name:[.CSINodeDriver]
            CSIStorageCapacity +meta.TypeMeta metadata?:meta.ObjectMeta nodeTopology?:*meta.LabelSelector
             storageClassName:s capacity?:*Quantity maximumVolumeSize?:*Quantity
            CSIStorageCapacityList +meta.TypeMeta metadata?:meta.ListMeta items:[.CSIStorageCapacity]
            FSGroupPolicy =s
            StorageClass +meta.TypeMeta metadata?:meta.ObjectMeta provisioner:s parameters?:{s}
             reclaimPolicy?:*core.PersistentVolumeReclaimPolicy mountOptions?:[s] allowVolumeExpansion?:*b
             volumeBindingMode?:*.VolumeBindingMode allowedTopologies?:[core.TopologySelectorTerm]
            StorageClassList +meta.TypeMeta metadata?:meta.ListMeta items:[.StorageClass]
            TokenRequest audience:s expirationSeconds?:*l
            VolumeAttachment +meta.TypeMeta metadata?:meta.ObjectMeta spec:.VolumeAttachmentSpec
             status?:.VolumeAttachmentStatus
            VolumeAttachmentList +meta.TypeMeta metadata?:meta.ListMeta items:[.VolumeAttachment]
            VolumeAttachmentSource persistentVolumeName?:*s inlineVolumeSpec?:*core.PersistentVolumeSpec
            VolumeAttachmentSpec attacher:s source:.VolumeAttachmentSource nodeName:s
            VolumeAttachmentStatus attached:b attachmentMetadata?:{s} attachError?:*.VolumeError
             detachError?:*.VolumeError
            VolumeAttributesClass +meta.TypeMeta metadata?:meta.ObjectMeta driverName:s parameters?:{s}
            VolumeAttributesClassList +meta.TypeMeta metadata?:meta.ListMeta items:[.VolumeAttributesClass]
            VolumeBindingMode =s
            VolumeError time?:Time message?:s errorCode?:*i
            VolumeLifecycleMode =s
            VolumeNodeResources count?:*i
            """)
}
