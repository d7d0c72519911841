// Written by tools/generate-schema.py; not to be edited.

extension SchemaTables {
    /// Field names and types of the API's `api/core/v1` (v1.36).
    static let coreTypes = SchemaText(
        group: "core", goPackage: "v1",
        text: """
            AWSElasticBlockStoreVolumeSource volumeID:s fsType?:s partition?:i readOnly?:b
            Affinity nodeAffinity?:*.NodeAffinity podAffinity?:*.PodAffinity podAntiAffinity?:*.PodAntiAffinity
            AppArmorProfile type:.AppArmorProfileType localhostProfile?:*s
            AppArmorProfileType =s
            AttachedVolume name:.UniqueVolumeName devicePath:s
            AzureDataDiskCachingMode =s
            AzureDataDiskKind =s
            AzureDiskVolumeSource diskName:s diskURI:s cachingMode?:*.AzureDataDiskCachingMode fsType?:*s
             readOnly?:*b kind?:*.AzureDataDiskKind
            AzureFilePersistentVolumeSource secretName:s shareName:s readOnly?:b secretNamespace:*s
            AzureFileVolumeSource secretName:s shareName:s readOnly?:b
            Binding +meta.TypeMeta metadata?:meta.ObjectMeta target:.ObjectReference
            CSIPersistentVolumeSource driver:s volumeHandle:s readOnly?:b fsType?:s volumeAttributes?:{s}
             controllerPublishSecretRef?:*.SecretReference nodeStageSecretRef?:*.SecretReference
             nodePublishSecretRef?:*.SecretReference controllerExpandSecretRef?:*.SecretReference
             nodeExpandSecretRef?:*.SecretReference
            CSIVolumeSource driver:s readOnly?:*b fsType?:*s volumeAttributes?:{s}
             nodePublishSecretRef?:*.LocalObjectReference
            Capabilities add?:[.Capability] drop?:[.Capability]
            Capability =s
            CephFSPersistentVolumeSource monitors:[s] path?:s user?:s secretFile?:s secretRef?:*.SecretReference
             readOnly?:b
            CephFSVolumeSource monitors:[s] path?:s user?:s secretFile?:s secretRef?:*.LocalObjectReference
             readOnly?:b
            CinderPersistentVolumeSource volumeID:s fsType?:s readOnly?:b secretRef?:*.SecretReference
            CinderVolumeSource volumeID:s fsType?:s readOnly?:b secretRef?:*.LocalObjectReference
            ClaimResourceStatus =s
            ClientIPConfig timeoutSeconds?:*i
            ClusterTrustBundleProjection name?:*s signerName?:*s labelSelector?:*meta.LabelSelector optional?:*b
             path:s
            ComponentCondition type:.ComponentConditionType status:.ConditionStatus message?:s error?:s
            ComponentConditionType =s
            ComponentStatus +meta.TypeMeta metadata?:meta.ObjectMeta conditions?~type:[.ComponentCondition]
            ComponentStatusList +meta.TypeMeta metadata?:meta.ListMeta items:[.ComponentStatus]
            ConditionStatus =s
            ConfigMap +meta.TypeMeta metadata?:meta.ObjectMeta immutable?:*b data?:{s} binaryData?:{y}
            ConfigMapEnvSource +.LocalObjectReference optional?:*b
            ConfigMapKeySelector +.LocalObjectReference key:s optional?:*b
            ConfigMapList +meta.TypeMeta metadata?:meta.ListMeta items:[.ConfigMap]
            ConfigMapNodeConfigSource namespace:s name:s uid?:types.UID resourceVersion?:s kubeletConfigKey:s
            ConfigMapProjection +.LocalObjectReference items?:[.KeyToPath] optional?:*b
            ConfigMapVolumeSource +.LocalObjectReference items?:[.KeyToPath] defaultMode?:*i optional?:*b
            Container name:s image?:s command?:[s] args?:[s] workingDir?:s ports?~containerPort:[.ContainerPort]
             envFrom?:[.EnvFromSource] env?~name:[.EnvVar] resources?:.ResourceRequirements
             resizePolicy?:[.ContainerResizePolicy] restartPolicy?:*.ContainerRestartPolicy
             restartPolicyRules?:[.ContainerRestartRule] volumeMounts?~mountPath:[.VolumeMount]
             volumeDevices?~devicePath:[.VolumeDevice] livenessProbe?:*.Probe readinessProbe?:*.Probe
             startupProbe?:*.Probe lifecycle?:*.Lifecycle terminationMessagePath?:s
             terminationMessagePolicy?:.TerminationMessagePolicy imagePullPolicy?:.PullPolicy
             securityContext?:*.SecurityContext stdin?:b stdinOnce?:b tty?:b
            ContainerExtendedResourceRequest containerName:s resourceName:s requestName:s
            ContainerImage names:[s] sizeBytes?:l
            ContainerPort name?:s hostPort?:i containerPort:i protocol?:.Protocol hostIP?:s
            ContainerResizePolicy resourceName:.ResourceName restartPolicy:.ResourceResizeRestartPolicy
            ContainerRestartPolicy =s
            ContainerRestartRule action?:.ContainerRestartRuleAction exitCodes?:*.ContainerRestartRuleOnExitCodes
            ContainerRestartRuleAction =s
            ContainerRestartRuleOnExitCodes operator?:.ContainerRestartRuleOnExitCodesOperator values?:[i]
            ContainerRestartRuleOnExitCodesOperator =s
            ContainerState waiting?:*.ContainerStateWaiting running?:*.ContainerStateRunning
             terminated?:*.ContainerStateTerminated
            ContainerStateRunning startedAt?:Time
            ContainerStateTerminated exitCode:i signal?:i reason?:s message?:s startedAt?:Time finishedAt?:Time
             containerID?:s
            ContainerStateWaiting reason?:s message?:s
            ContainerStatus name:s state?:.ContainerState lastState?:.ContainerState ready:b restartCount:i
             image:s imageID:s containerID?:s started?:*b allocatedResources?:.ResourceList
             resources?:*.ResourceRequirements volumeMounts?~mountPath:[.VolumeMountStatus] user?:*.ContainerUser
             allocatedResourcesStatus?~name:[.ResourceStatus] stopSignal?:*.Signal
            ContainerUser linux?:*.LinuxContainerUser
            DNSPolicy =s
            DaemonEndpoint Port:i
            DownwardAPIProjection items?:[.DownwardAPIVolumeFile]
            DownwardAPIVolumeFile path:s fieldRef?:*.ObjectFieldSelector
             resourceFieldRef?:*.ResourceFieldSelector mode?:*i
            DownwardAPIVolumeSource items?:[.DownwardAPIVolumeFile] defaultMode?:*i
            EmptyDirVolumeSource medium?:.StorageMedium sizeLimit?:*Quantity
            EndpointAddress ip:s hostname?:s nodeName?:*s targetRef?:*.ObjectReference
            EndpointPort name?:s port:i protocol?:.Protocol appProtocol?:*s
            EndpointSubset addresses?:[.EndpointAddress] notReadyAddresses?:[.EndpointAddress]
             ports?:[.EndpointPort]
            Endpoints +meta.TypeMeta metadata?:meta.ObjectMeta subsets?:[.EndpointSubset]
            EndpointsList +meta.TypeMeta metadata?:meta.ListMeta items:[.Endpoints]
            EnvFromSource prefix?:s configMapRef?:*.ConfigMapEnvSource secretRef?:*.SecretEnvSource
            EnvVar name:s value?:s valueFrom?:*.EnvVarSource
            EnvVarSource fieldRef?:*.ObjectFieldSelector resourceFieldRef?:*.ResourceFieldSelector
             configMapKeyRef?:*.ConfigMapKeySelector secretKeyRef?:*.SecretKeySelector
             fileKeyRef?:*.FileKeySelector
            EphemeralContainer +.EphemeralContainerCommon targetContainerName?:s
            EphemeralContainerCommon name:s image?:s command?:[s] args?:[s] workingDir?:s
             ports?~containerPort:[.ContainerPort] envFrom?:[.EnvFromSource] env?~name:[.EnvVar]
             resources?:.ResourceRequirements resizePolicy?:[.ContainerResizePolicy]
             restartPolicy?:*.ContainerRestartPolicy restartPolicyRules?:[.ContainerRestartRule]
             volumeMounts?~mountPath:[.VolumeMount] volumeDevices?~devicePath:[.VolumeDevice]
             livenessProbe?:*.Probe readinessProbe?:*.Probe startupProbe?:*.Probe lifecycle?:*.Lifecycle
             terminationMessagePath?:s terminationMessagePolicy?:.TerminationMessagePolicy
             imagePullPolicy?:.PullPolicy securityContext?:*.SecurityContext stdin?:b stdinOnce?:b tty?:b
            EphemeralVolumeSource volumeClaimTemplate?:*.PersistentVolumeClaimTemplate
            Event +meta.TypeMeta metadata:meta.ObjectMeta involvedObject:.ObjectReference reason?:s message?:s
             source?:.EventSource firstTimestamp?:Time lastTimestamp?:Time count?:i type?:s eventTime?:MicroTime
             series?:*.EventSeries action?:s related?:*.ObjectReference reportingComponent:s reportingInstance:s
            EventList +meta.TypeMeta metadata?:meta.ListMeta items:[.Event]
            EventSeries count?:i lastObservedTime?:MicroTime
            EventSource component?:s host?:s
            ExecAction command?:[s]
            FCVolumeSource targetWWNs?:[s] lun?:*i fsType?:s readOnly?:b wwids?:[s]
            FileKeySelector volumeName:s path:s key:s optional?:*b
            FinalizerName =s
            FlexPersistentVolumeSource driver:s fsType?:s secretRef?:*.SecretReference readOnly?:b options?:{s}
            FlexVolumeSource driver:s fsType?:s secretRef?:*.LocalObjectReference readOnly?:b options?:{s}
            FlockerVolumeSource datasetName?:s datasetUUID?:s
            GCEPersistentDiskVolumeSource pdName:s fsType?:s partition?:i readOnly?:b
            GRPCAction port:i service:*s
            GitRepoVolumeSource repository:s revision?:s directory?:s
            GlusterfsPersistentVolumeSource endpoints:s path:s readOnly?:b endpointsNamespace?:*s
            GlusterfsVolumeSource endpoints:s path:s readOnly?:b
            HTTPGetAction path?:s port:IntOrString host?:s scheme?:.URIScheme httpHeaders?:[.HTTPHeader]
            HTTPHeader name:s value:s
            HostAlias ip:s hostnames?:[s]
            HostIP ip:s
            HostPathType =s
            HostPathVolumeSource path:s type?:*.HostPathType
            IPFamily =s
            IPFamilyPolicy =s
            ISCSIPersistentVolumeSource targetPortal:s iqn:s lun:i iscsiInterface?:s fsType?:s readOnly?:b
             portals?:[s] chapAuthDiscovery?:b chapAuthSession?:b secretRef?:*.SecretReference initiatorName?:*s
            ISCSIVolumeSource targetPortal:s iqn:s lun:i iscsiInterface?:s fsType?:s readOnly?:b portals?:[s]
             chapAuthDiscovery?:b chapAuthSession?:b secretRef?:*.LocalObjectReference initiatorName?:*s
            ImageVolumeSource reference?:s pullPolicy?:.PullPolicy
            ImageVolumeStatus imageRef?:s
            KeyToPath key:s path:s mode?:*i
            Lifecycle postStart?:*.LifecycleHandler preStop?:*.LifecycleHandler stopSignal?:*.Signal
            LifecycleHandler exec?:*.ExecAction httpGet?:*.HTTPGetAction tcpSocket?:*.TCPSocketAction
             sleep?:*.SleepAction
            LimitRange +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.LimitRangeSpec
            LimitRangeItem type:.LimitType max?:.ResourceList min?:.ResourceList default?:.ResourceList
             defaultRequest?:.ResourceList maxLimitRequestRatio?:.ResourceList
            LimitRangeList +meta.TypeMeta metadata?:meta.ListMeta items:[.LimitRange]
            LimitRangeSpec limits:[.LimitRangeItem]
            LimitType =s
            LinuxContainerUser uid:l gid:l supplementalGroups?:[l]
            LoadBalancerIPMode =s
            LoadBalancerIngress ip?:s hostname?:s ipMode?:*.LoadBalancerIPMode ports?:[.PortStatus]
            LoadBalancerStatus ingress?:[.LoadBalancerIngress]
            LocalObjectReference name?:s
            LocalVolumeSource path:s fsType?:*s
            ModifyVolumeStatus targetVolumeAttributesClassName?:s status:.PersistentVolumeClaimModifyVolumeStatus
            MountPropagationMode =s
            NFSVolumeSource server:s path:s readOnly?:b
            Namespace +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.NamespaceSpec status?:.NamespaceStatus
            NamespaceCondition type:.NamespaceConditionType status:.ConditionStatus lastTransitionTime?:Time
             reason?:s message?:s
            NamespaceConditionType =s
            NamespaceList +meta.TypeMeta metadata?:meta.ListMeta items:[.Namespace]
            NamespacePhase =s
            NamespaceSpec finalizers?:[.FinalizerName]
            NamespaceStatus phase?:.NamespacePhase conditions?~type:[.NamespaceCondition]
            Node +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.NodeSpec status?:.NodeStatus
            NodeAddress type:.NodeAddressType address:s
            NodeAddressType =s
            NodeAffinity requiredDuringSchedulingIgnoredDuringExecution?:*.NodeSelector
             preferredDuringSchedulingIgnoredDuringExecution?:[.PreferredSchedulingTerm]
            NodeAllocatableResourceClaimStatus resourceClaimName:s containers?:[s]
             resources:{.ResourceName>Quantity}
            NodeCondition type:.NodeConditionType status:.ConditionStatus lastHeartbeatTime?:Time
             lastTransitionTime?:Time reason?:s message?:s
            NodeConditionType =s
            NodeConfigSource configMap?:*.ConfigMapNodeConfigSource
            NodeConfigStatus assigned?:*.NodeConfigSource active?:*.NodeConfigSource
             lastKnownGood?:*.NodeConfigSource error?:s
            NodeDaemonEndpoints kubeletEndpoint?:.DaemonEndpoint
            NodeFeatures supplementalGroupsPolicy?:*b
            NodeInclusionPolicy =s
            NodeList +meta.TypeMeta metadata?:meta.ListMeta items:[.Node]
            NodePhase =s
            NodeProxyOptions +meta.TypeMeta path?:s
            NodeRuntimeHandler name:s features?:*.NodeRuntimeHandlerFeatures
            NodeRuntimeHandlerFeatures recursiveReadOnlyMounts?:*b userNamespaces?:*b
            NodeSelector nodeSelectorTerms:[.NodeSelectorTerm]
            NodeSelectorOperator =s
            NodeSelectorRequirement key:s operator:.NodeSelectorOperator values?:[s]
            NodeSelectorTerm matchExpressions?:[.NodeSelectorRequirement] matchFields?:[.NodeSelectorRequirement]
            NodeSpec podCIDR?:s podCIDRs?~:[s] providerID?:s unschedulable?:b taints?:[.Taint]
             configSource?:*.NodeConfigSource externalID?:s
            NodeStatus capacity?:.ResourceList allocatable?:.ResourceList phase?:.NodePhase
             conditions?~type:[.NodeCondition] addresses?~type:[.NodeAddress]
             daemonEndpoints?:.NodeDaemonEndpoints nodeInfo?:.NodeSystemInfo images?:[.ContainerImage]
             volumesInUse?:[.UniqueVolumeName] volumesAttached?:[.AttachedVolume] config?:*.NodeConfigStatus
             runtimeHandlers?:[.NodeRuntimeHandler] features?:*.NodeFeatures declaredFeatures?:[s]
            NodeSwapStatus capacity?:*l
            NodeSystemInfo machineID:s systemUUID:s bootID:s kernelVersion:s osImage:s containerRuntimeVersion:s
             kubeletVersion:s kubeProxyVersion:s operatingSystem:s architecture:s swap?:*.NodeSwapStatus
            OSName =s
            ObjectFieldSelector apiVersion?:s fieldPath:s
            ObjectReference kind?:s namespace?:s name?:s uid?:types.UID apiVersion?:s resourceVersion?:s
             fieldPath?:s
            PersistentVolume +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.PersistentVolumeSpec
             status?:.PersistentVolumeStatus
            PersistentVolumeAccessMode =s
            PersistentVolumeClaim +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.PersistentVolumeClaimSpec
             status?:.PersistentVolumeClaimStatus
            PersistentVolumeClaimCondition type:.PersistentVolumeClaimConditionType status:.ConditionStatus
             lastProbeTime?:Time lastTransitionTime?:Time reason?:s message?:s
            PersistentVolumeClaimConditionType =s
            PersistentVolumeClaimList +meta.TypeMeta metadata?:meta.ListMeta items:[.PersistentVolumeClaim]
            PersistentVolumeClaimModifyVolumeStatus =s
            PersistentVolumeClaimPhase =s
            PersistentVolumeClaimSpec accessModes?:[.PersistentVolumeAccessMode] selector?:*meta.LabelSelector
             resources?:.VolumeResourceRequirements volumeName?:s storageClassName?:*s
             volumeMode?:*.PersistentVolumeMode dataSource?:*.TypedLocalObjectReference
             dataSourceRef?:*.TypedObjectReference volumeAttributesClassName?:*s
            PersistentVolumeClaimStatus phase?:.PersistentVolumeClaimPhase
             accessModes?:[.PersistentVolumeAccessMode] capacity?:.ResourceList
             conditions?~type:[.PersistentVolumeClaimCondition] allocatedResources?:.ResourceList
             allocatedResourceStatuses?:{.ResourceName>.ClaimResourceStatus} currentVolumeAttributesClassName?:*s
             modifyVolumeStatus?:*.ModifyVolumeStatus
            PersistentVolumeClaimTemplate metadata?:meta.ObjectMeta spec:.PersistentVolumeClaimSpec
            PersistentVolumeClaimVolumeSource claimName:s readOnly?:b
            PersistentVolumeList +meta.TypeMeta metadata?:meta.ListMeta items:[.PersistentVolume]
            PersistentVolumeMode =s
            PersistentVolumePhase =s
            PersistentVolumeReclaimPolicy =s
            PersistentVolumeSource gcePersistentDisk?:*.GCEPersistentDiskVolumeSource
             awsElasticBlockStore?:*.AWSElasticBlockStoreVolumeSource hostPath?:*.HostPathVolumeSource
             glusterfs?:*.GlusterfsPersistentVolumeSource nfs?:*.NFSVolumeSource rbd?:*.RBDPersistentVolumeSource
             iscsi?:*.ISCSIPersistentVolumeSource cinder?:*.CinderPersistentVolumeSource
             cephfs?:*.CephFSPersistentVolumeSource fc?:*.FCVolumeSource flocker?:*.FlockerVolumeSource
             flexVolume?:*.FlexPersistentVolumeSource azureFile?:*.AzureFilePersistentVolumeSource
             vsphereVolume?:*.VsphereVirtualDiskVolumeSource quobyte?:*.QuobyteVolumeSource
             azureDisk?:*.AzureDiskVolumeSource photonPersistentDisk?:*.PhotonPersistentDiskVolumeSource
             portworxVolume?:*.PortworxVolumeSource scaleIO?:*.ScaleIOPersistentVolumeSource
             local?:*.LocalVolumeSource storageos?:*.StorageOSPersistentVolumeSource
             csi?:*.CSIPersistentVolumeSource
            PersistentVolumeSpec capacity?:.ResourceList +.PersistentVolumeSource
             accessModes?:[.PersistentVolumeAccessMode] claimRef?:*.ObjectReference
             persistentVolumeReclaimPolicy?:.PersistentVolumeReclaimPolicy storageClassName?:s mountOptions?:[s]
             volumeMode?:*.PersistentVolumeMode nodeAffinity?:*.VolumeNodeAffinity volumeAttributesClassName?:*s
            PersistentVolumeStatus phase?:.PersistentVolumePhase message?:s reason?:s
             lastPhaseTransitionTime?:*Time
            PhotonPersistentDiskVolumeSource pdID:s fsType?:s
            Pod +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.PodSpec status?:.PodStatus
            PodAffinity requiredDuringSchedulingIgnoredDuringExecution?:[.PodAffinityTerm]
             preferredDuringSchedulingIgnoredDuringExecution?:[.WeightedPodAffinityTerm]
            PodAffinityTerm labelSelector?:*meta.LabelSelector namespaces?:[s] topologyKey:s
             namespaceSelector?:*meta.LabelSelector matchLabelKeys?:[s] mismatchLabelKeys?:[s]
            PodAntiAffinity requiredDuringSchedulingIgnoredDuringExecution?:[.PodAffinityTerm]
             preferredDuringSchedulingIgnoredDuringExecution?:[.WeightedPodAffinityTerm]
            PodAttachOptions +meta.TypeMeta stdin?:b stdout?:b stderr?:b tty?:b container?:s
            PodCertificateProjection signerName?:s keyType?:s maxExpirationSeconds?:*i credentialBundlePath?:s
             keyPath?:s certificateChainPath?:s userAnnotations?:{s}
            PodCondition type:.PodConditionType observedGeneration?:l status:.ConditionStatus lastProbeTime?:Time
             lastTransitionTime?:Time reason?:s message?:s
            PodConditionType =s
            PodDNSConfig nameservers?:[s] searches?:[s] options?:[.PodDNSConfigOption]
            PodDNSConfigOption name?:s value?:*s
            PodExecOptions +meta.TypeMeta stdin?:b stdout?:b stderr?:b tty?:b container?:s command:[s]
            PodExtendedResourceClaimStatus requestMappings:[.ContainerExtendedResourceRequest]
             resourceClaimName:s
            PodFSGroupChangePolicy =s
            PodIP ip:s
            PodList +meta.TypeMeta metadata?:meta.ListMeta items:[.Pod]
            PodLogOptions +meta.TypeMeta container?:s follow?:b previous?:b sinceSeconds?:*l sinceTime?:*Time
             timestamps?:b tailLines?:*l limitBytes?:*l insecureSkipTLSVerifyBackend?:b stream?:*s
            PodOS name:.OSName
            PodPhase =s
            PodPortForwardOptions +meta.TypeMeta ports?:[i]
            PodProxyOptions +meta.TypeMeta path?:s
            PodQOSClass =s
            PodReadinessGate conditionType:.PodConditionType
            PodResizeStatus =s
            PodResourceClaim name:s resourceClaimName?:*s resourceClaimTemplateName?:*s
            PodResourceClaimStatus name:s resourceClaimName?:*s
            PodSELinuxChangePolicy =s
            PodSchedulingGate name:s
            PodSchedulingGroup podGroupName?:*s
            PodSecurityContext seLinuxOptions?:*.SELinuxOptions windowsOptions?:*.WindowsSecurityContextOptions
             runAsUser?:*l runAsGroup?:*l runAsNonRoot?:*b supplementalGroups?:[l]
             supplementalGroupsPolicy?:*.SupplementalGroupsPolicy fsGroup?:*l sysctls?:[.Sysctl]
             fsGroupChangePolicy?:*.PodFSGroupChangePolicy seccompProfile?:*.SeccompProfile
             appArmorProfile?:*.AppArmorProfile seLinuxChangePolicy?:*.PodSELinuxChangePolicy
            PodSpec volumes?^~name:[.Volume] initContainers?~name:[.Container] containers~name:[.Container]
             ephemeralContainers?~name:[.EphemeralContainer] restartPolicy?:.RestartPolicy
             terminationGracePeriodSeconds?:*l activeDeadlineSeconds?:*l dnsPolicy?:.DNSPolicy nodeSelector?:{s}
             serviceAccountName?:s serviceAccount?:s automountServiceAccountToken?:*b nodeName?:s hostNetwork?:b
             hostPID?:b hostIPC?:b shareProcessNamespace?:*b securityContext?:*.PodSecurityContext
             imagePullSecrets?~name:[.LocalObjectReference] hostname?:s subdomain?:s affinity?:*.Affinity
             schedulerName?:s tolerations?:[.Toleration] hostAliases?~ip:[.HostAlias] priorityClassName?:s
             priority?:*i dnsConfig?:*.PodDNSConfig readinessGates?:[.PodReadinessGate] runtimeClassName?:*s
             enableServiceLinks?:*b preemptionPolicy?:*.PreemptionPolicy overhead?:.ResourceList
             topologySpreadConstraints?~topologyKey:[.TopologySpreadConstraint] setHostnameAsFQDN?:*b os?:*.PodOS
             hostUsers?:*b schedulingGates?~name:[.PodSchedulingGate] resourceClaims?^~name:[.PodResourceClaim]
             resources?:*.ResourceRequirements hostnameOverride?:*s schedulingGroup?:*.PodSchedulingGroup
            PodStatus observedGeneration?:l phase?:.PodPhase conditions?~type:[.PodCondition] message?:s
             reason?:s nominatedNodeName?:s hostIP?:s hostIPs?~ip:[.HostIP] podIP?:s podIPs?~ip:[.PodIP]
             startTime?:*Time initContainerStatuses?:[.ContainerStatus] containerStatuses?:[.ContainerStatus]
             qosClass?:.PodQOSClass ephemeralContainerStatuses?:[.ContainerStatus] resize?:.PodResizeStatus
             resourceClaimStatuses?^~name:[.PodResourceClaimStatus]
             extendedResourceClaimStatus?:*.PodExtendedResourceClaimStatus allocatedResources?:.ResourceList
             resources?:*.ResourceRequirements
             nodeAllocatableResourceClaimStatuses?:[.NodeAllocatableResourceClaimStatus]
            PodStatusResult +meta.TypeMeta metadata?:meta.ObjectMeta status?:.PodStatus
            PodTemplate +meta.TypeMeta metadata?:meta.ObjectMeta template?:.PodTemplateSpec
            PodTemplateList +meta.TypeMeta metadata?:meta.ListMeta items:[.PodTemplate]
            PodTemplateSpec metadata?:meta.ObjectMeta spec?:.PodSpec
            PortStatus port:i protocol:.Protocol error?:*s
            PortworxVolumeSource volumeID:s fsType?:s readOnly?:b
            PreemptionPolicy =s
            PreferredSchedulingTerm weight:i preference:.NodeSelectorTerm
            Probe +.ProbeHandler initialDelaySeconds?:i timeoutSeconds?:i periodSeconds?:i successThreshold?:i
             failureThreshold?:i terminationGracePeriodSeconds?:*l
            ProbeHandler exec?:*.ExecAction httpGet?:*.HTTPGetAction tcpSocket?:*.TCPSocketAction
             grpc?:*.GRPCAction
            ProcMountType =s
            ProjectedVolumeSource sources:[.VolumeProjection] defaultMode?:*i
            Protocol =s
            PullPolicy =s
            QuobyteVolumeSource registry:s volume:s readOnly?:b user?:s group?:s tenant?:s
            RBDPersistentVolumeSource monitors:[s] image:s fsType?:s pool?:s user?:s keyring?:s
             secretRef?:*.SecretReference readOnly?:b
            RBDVolumeSource monitors:[s] image:s fsType?:s pool?:s user?:s keyring?:s
             secretRef?:*.LocalObjectReference readOnly?:b
            RangeAllocation +meta.TypeMeta metadata?:meta.ObjectMeta range:s data:y
            RecursiveReadOnlyMode =s
            ReplicationController +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.ReplicationControllerSpec
             status?:.ReplicationControllerStatus
            ReplicationControllerCondition type:.ReplicationControllerConditionType status:.ConditionStatus
             lastTransitionTime?:Time reason?:s message?:s
            ReplicationControllerConditionType =s
            ReplicationControllerList +meta.TypeMeta metadata?:meta.ListMeta items:[.ReplicationController]
            ReplicationControllerSpec replicas?:*i minReadySeconds?:i selector?:{s} template?:*.PodTemplateSpec
            ReplicationControllerStatus replicas:i fullyLabeledReplicas?:i readyReplicas?:i availableReplicas?:i
             observedGeneration?:l conditions?~type:[.ReplicationControllerCondition]
            ResourceClaim name:s request?:s
            ResourceFieldSelector containerName?:s resource:s divisor?:Quantity
            ResourceHealth resourceID:.ResourceID health?:.ResourceHealthStatus message?:*s
            ResourceHealthStatus =s
            ResourceID =s
            ResourceList ={.ResourceName>Quantity}
            ResourceName =s
            ResourceQuota +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.ResourceQuotaSpec
             status?:.ResourceQuotaStatus
            ResourceQuotaList +meta.TypeMeta metadata?:meta.ListMeta items:[.ResourceQuota]
            ResourceQuotaScope =s
            ResourceQuotaSpec hard?:.ResourceList scopes?:[.ResourceQuotaScope] scopeSelector?:*.ScopeSelector
            ResourceQuotaStatus hard?:.ResourceList used?:.ResourceList
            ResourceRequirements limits?:.ResourceList requests?:.ResourceList claims?:[.ResourceClaim]
            ResourceResizeRestartPolicy =s
            ResourceStatus name:.ResourceName resources?:[.ResourceHealth]
            RestartPolicy =s
            SELinuxOptions user?:s role?:s type?:s level?:s
            ScaleIOPersistentVolumeSource gateway:s system:s secretRef:*.SecretReference sslEnabled?:b
             protectionDomain?:s storagePool?:s storageMode?:s volumeName?:s fsType?:s readOnly?:b
            ScaleIOVolumeSource gateway:s system:s secretRef:*.LocalObjectReference sslEnabled?:b
             protectionDomain?:s storagePool?:s storageMode?:s volumeName?:s fsType?:s readOnly?:b
            ScopeSelector matchExpressions?:[.ScopedResourceSelectorRequirement]
            ScopeSelectorOperator =s
            ScopedResourceSelectorRequirement scopeName:.ResourceQuotaScope operator:.ScopeSelectorOperator
             values?:[s]
            SeccompProfile type:.SeccompProfileType localhostProfile?:*s
            SeccompProfileType =s
            Secret +meta.TypeMeta metadata?:meta.ObjectMeta immutable?:*b data?:{y} stringData?:{s}
             type?:.SecretType
            SecretEnvSource +.LocalObjectReference optional?:*b
            SecretKeySelector +.LocalObjectReference key:s optional?:*b
            SecretList +meta.TypeMeta metadata?:meta.ListMeta items:[.Secret]
            SecretProjection +.LocalObjectReference items?:[.KeyToPath] optional?:*b
            SecretReference name?:s namespace?:s
            SecretType =s
            SecretVolumeSource secretName?:s items?:[.KeyToPath] defaultMode?:*i optional?:*b
            SecurityContext capabilities?:*.Capabilities privileged?:*b seLinuxOptions?:*.SELinuxOptions
             windowsOptions?:*.WindowsSecurityContextOptions runAsUser?:*l runAsGroup?:*l runAsNonRoot?:*b
             readOnlyRootFilesystem?:*b allowPrivilegeEscalation?:*b procMount?:*.ProcMountType
             seccompProfile?:*.SeccompProfile appArmorProfile?:*.AppArmorProfile
            SerializedReference +meta.TypeMeta reference?:.ObjectReference
            Service +meta.TypeMeta metadata?:meta.ObjectMeta spec?:.ServiceSpec status?:.ServiceStatus
            ServiceAccount +meta.TypeMeta metadata?:meta.ObjectMeta secrets?~name:[.ObjectReference]
             imagePullSecrets?:[.LocalObjectReference] automountServiceAccountToken?:*b
            ServiceAccountList +meta.TypeMeta metadata?:meta.ListMeta items:[.ServiceAccount]
            ServiceAccountTokenProjection audience?:s expirationSeconds?:*l path:s
            ServiceAffinity =s
            ServiceExternalTrafficPolicy =s
            ServiceInternalTrafficPolicy =s
            ServiceList +meta.TypeMeta metadata?:meta.ListMeta items:[.Service]
            ServicePort name?:s protocol?:.Protocol appProtocol?:*s port:i targetPort?:IntOrString nodePort?:i
            ServiceProxyOptions +meta.TypeMeta path?:s
            ServiceSpec ports?~port:[.ServicePort] selector?:{s} clusterIP?:s clusterIPs?:[s] type?:.ServiceType
             externalIPs?:[s] sessionAffinity?:.ServiceAffinity loadBalancerIP?:s loadBalancerSourceRanges?:[s]
             externalName?:s externalTrafficPolicy?:.ServiceExternalTrafficPolicy healthCheckNodePort?:i
             publishNotReadyAddresses?:b sessionAffinityConfig?:*.SessionAffinityConfig ipFamilies?:[.IPFamily]
             ipFamilyPolicy?:*.IPFamilyPolicy allocateLoadBalancerNodePorts?:*b loadBalancerClass?:*s
             internalTrafficPolicy?:*.ServiceInternalTrafficPolicy trafficDistribution?:*s
            ServiceStatus loadBalancer?:.LoadBalancerStatus conditions?~type:[meta.Condition]
            ServiceType =s
            SessionAffinityConfig clientIP?:*.ClientIPConfig
            Signal =s
            SleepAction seconds:l
            StorageMedium =s
            StorageOSPersistentVolumeSource volumeName?:s volumeNamespace?:s fsType?:s readOnly?:b
             secretRef?:*.ObjectReference
            StorageOSVolumeSource volumeName?:s volumeNamespace?:s fsType?:s readOnly?:b
             secretRef?:*.LocalObjectReference
            SupplementalGroupsPolicy =s
            Sysctl name:s value:s
            TCPSocketAction port:IntOrString host?:s
            Taint key:s value?:s effect:.TaintEffect timeAdded?:*Time
            TaintEffect =s
            TerminationMessagePolicy =s
            Toleration key?:s operator?:.TolerationOperator value?:s effect?:.TaintEffect tolerationSeconds?:*l
            TolerationOperator =s
            TopologySelectorLabelRequirement key:s values:[s]
            TopologySelectorTerm matchLabelExpressions?:[.TopologySelectorLabelRequirement]
            TopologySpreadConstraint maxSkew:i topologyKey:s whenUnsatisfiable:.UnsatisfiableConstraintAction
             labelSelector?:*meta.LabelSelector minDomains?:*i nodeAffinityPolicy?:*.NodeInclusionPolicy
             nodeTaintsPolicy?:*.NodeInclusionPolicy matchLabelKeys?:[s]
            TypedLocalObjectReference apiGroup:*s kind:s name:s
            TypedObjectReference apiGroup:*s kind:s name:s namespace?:*s
            URIScheme =s
            UniqueVolumeName =s
            UnsatisfiableConstraintAction =s
            Volume name:s +.VolumeSource
            VolumeDevice name:s devicePath:s
            VolumeMount name:s readOnly?:b recursiveReadOnly?:*.RecursiveReadOnlyMode mountPath:s subPath?:s
             mountPropagation?:*.MountPropagationMode subPathExpr?:s
            VolumeMountStatus name:s mountPath:s readOnly?:b recursiveReadOnly?:*.RecursiveReadOnlyMode
             volumeStatus?:*.VolumeStatus
            VolumeNodeAffinity required?:*.NodeSelector
            VolumeProjection secret?:*.SecretProjection downwardAPI?:*.DownwardAPIProjection
             configMap?:*.ConfigMapProjection serviceAccountToken?:*.ServiceAccountTokenProjection
             clusterTrustBundle?:*.ClusterTrustBundleProjection podCertificate?:*.PodCertificateProjection
            VolumeResourceRequirements limits?:.ResourceList requests?:.ResourceList
            VolumeSource hostPath?:*.HostPathVolumeSource emptyDir?:*.EmptyDirVolumeSource
             gcePersistentDisk?:*.GCEPersistentDiskVolumeSource
             awsElasticBlockStore?:*.AWSElasticBlockStoreVolumeSource gitRepo?:*.GitRepoVolumeSource
             secret?:*.SecretVolumeSource nfs?:*.NFSVolumeSource iscsi?:*.ISCSIVolumeSource
             glusterfs?:*.GlusterfsVolumeSource persistentVolumeClaim?:*.PersistentVolumeClaimVolumeSource
             rbd?:*.RBDVolumeSource flexVolume?:*.FlexVolumeSource cinder?:*.CinderVolumeSource
             cephfs?:*.CephFSVolumeSource flocker?:*.FlockerVolumeSource downwardAPI?:*.DownwardAPIVolumeSource
             fc?:*.FCVolumeSource azureFile?:*.AzureFileVolumeSource configMap?:*.ConfigMapVolumeSource
             vsphereVolume?:*.VsphereVirtualDiskVolumeSource quobyte?:*.QuobyteVolumeSource
             azureDisk?:*.AzureDiskVolumeSource photonPersistentDisk?:*.PhotonPersistentDiskVolumeSource
             projected?:*.ProjectedVolumeSource portworxVolume?:*.PortworxVolumeSource
             scaleIO?:*.ScaleIOVolumeSource storageos?:*.StorageOSVolumeSource csi?:*.CSIVolumeSource
             ephemeral?:*.EphemeralVolumeSource image?:*.ImageVolumeSource
            VolumeStatus image?:*.ImageVolumeStatus
            VsphereVirtualDiskVolumeSource volumePath:s fsType?:s storagePolicyName?:s storagePolicyID?:s
            WeightedPodAffinityTerm weight:i podAffinityTerm:.PodAffinityTerm
            WindowsSecurityContextOptions gmsaCredentialSpecName?:*s gmsaCredentialSpec?:*s runAsUserName?:*s
             hostProcess?:*b
            """)
}
