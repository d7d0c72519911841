/// The fields of the API server's internal types, as far as its messages show them.
///
/// A field is its Go name, its name in the API (`^` for one that the API has a level higher), and its kind:
/// `s` text, `i` number, `b` boolean, `q` quantity, `x` number or text, `@T` a type of this table, `<T` its
/// fields inline, `*` a pointer, `[` a list, `{` a map; `?` after it for one that is left out when empty.
///
/// Upstream: `pkg/apis/*/types.go` (v1.36).
enum GoStructTable {
    static let types: [String: String] = [
        "AWSElasticBlockStoreVolumeSource":
            "VolumeID:volumeID:s FSType:fsType:s Partition:partition:i ReadOnly:readOnly:b",
        "Affinity":
            "NodeAffinity:nodeAffinity:*@NodeAffinity PodAffinity:podAffinity:*@PodAffinity "
            + "PodAntiAffinity:podAntiAffinity:*@PodAntiAffinity",
        "AppArmorProfile": "Type:type:s LocalhostProfile:localhostProfile:*s",
        "AzureDiskVolumeSource":
            "DiskName:diskName:s DataDiskURI:diskURI:s CachingMode:cachingMode:*s FSType:fsType:*s "
            + "ReadOnly:readOnly:*b Kind:kind:*s",
        "AzureFilePersistentVolumeSource":
            "SecretName:secretName:s ShareName:shareName:s ReadOnly:readOnly:b "
            + "SecretNamespace:secretNamespace:*s",
        "AzureFileVolumeSource": "SecretName:secretName:s ShareName:shareName:s ReadOnly:readOnly:b",
        "CSINodeDriver":
            "Name:name:s NodeID:nodeID:s TopologyKeys:topologyKeys:[s "
            + "Allocatable:allocatable:*@VolumeNodeResources",
        "CSIPersistentVolumeSource":
            "Driver:driver:s VolumeHandle:volumeHandle:s ReadOnly:readOnly:b FSType:fsType:s "
            + "VolumeAttributes:volumeAttributes:{s "
            + "ControllerPublishSecretRef:controllerPublishSecretRef:*@SecretReference "
            + "NodeStageSecretRef:nodeStageSecretRef:*@SecretReference "
            + "NodePublishSecretRef:nodePublishSecretRef:*@SecretReference "
            + "ControllerExpandSecretRef:controllerExpandSecretRef:*@SecretReference "
            + "NodeExpandSecretRef:nodeExpandSecretRef:*@SecretReference",
        "CSIVolumeSource":
            "Driver:driver:s ReadOnly:readOnly:*b FSType:fsType:*s VolumeAttributes:volumeAttributes:{s "
            + "NodePublishSecretRef:nodePublishSecretRef:*@LocalObjectReference",
        "Capabilities": "Add:add:[s Drop:drop:[s",
        "CephFSPersistentVolumeSource":
            "Monitors:monitors:[s Path:path:s User:user:s SecretFile:secretFile:s "
            + "SecretRef:secretRef:*@SecretReference ReadOnly:readOnly:b",
        "CephFSVolumeSource":
            "Monitors:monitors:[s Path:path:s User:user:s SecretFile:secretFile:s "
            + "SecretRef:secretRef:*@LocalObjectReference ReadOnly:readOnly:b",
        "CinderPersistentVolumeSource":
            "VolumeID:volumeID:s FSType:fsType:s ReadOnly:readOnly:b "
            + "SecretRef:secretRef:*@SecretReference",
        "CinderVolumeSource":
            "VolumeID:volumeID:s FSType:fsType:s ReadOnly:readOnly:b "
            + "SecretRef:secretRef:*@LocalObjectReference",
        "ClusterTrustBundleProjection":
            "Name:name:*s SignerName:signerName:*s LabelSelector:labelSelector:*@meta.LabelSelector "
            + "Optional:optional:*b Path:path:s",
        "ConfigMapEnvSource": "::<LocalObjectReference Optional:optional:*b",
        "ConfigMapKeySelector": "::<LocalObjectReference Key:key:s Optional:optional:*b",
        "ConfigMapNodeConfigSource":
            "Namespace:namespace:s Name:name:s UID:uid:s ResourceVersion:resourceVersion:s "
            + "KubeletConfigKey:kubeletConfigKey:s",
        "ConfigMapProjection": "::<LocalObjectReference Items:items:[@KeyToPath Optional:optional:*b",
        "ConfigMapVolumeSource":
            "::<LocalObjectReference Items:items:[@KeyToPath DefaultMode:defaultMode:*i "
            + "Optional:optional:*b",
        "Container":
            "Name:name:s Image:image:s Command:command:[s Args:args:[s WorkingDir:workingDir:s "
            + "Ports:ports:[@ContainerPort EnvFrom:envFrom:[@EnvFromSource Env:env:[@EnvVar "
            + "Resources:resources:@ResourceRequirements "
            + "ResizePolicy:resizePolicy:[@ContainerResizePolicy RestartPolicy:restartPolicy:*s "
            + "RestartPolicyRules:restartPolicyRules:[@ContainerRestartRule "
            + "VolumeMounts:volumeMounts:[@VolumeMount VolumeDevices:volumeDevices:[@VolumeDevice "
            + "LivenessProbe:livenessProbe:*@Probe ReadinessProbe:readinessProbe:*@Probe "
            + "StartupProbe:startupProbe:*@Probe Lifecycle:lifecycle:*@Lifecycle "
            + "TerminationMessagePath:terminationMessagePath:s "
            + "TerminationMessagePolicy:terminationMessagePolicy:s ImagePullPolicy:imagePullPolicy:s "
            + "SecurityContext:securityContext:*@SecurityContext Stdin:stdin:b StdinOnce:stdinOnce:b "
            + "TTY:tty:b",
        "ContainerPort":
            "Name:name:s HostPort:hostPort:i ContainerPort:containerPort:i Protocol:protocol:s "
            + "HostIP:hostIP:s",
        "ContainerResizePolicy": "ResourceName:resourceName:s RestartPolicy:restartPolicy:s",
        "ContainerRestartRule":
            "Action:action:s ExitCodes:exitCodes:*@ContainerRestartRuleOnExitCodes",
        "ContainerRestartRuleOnExitCodes": "Operator:operator:s Values:values:[i",
        "DaemonSetUpdateStrategy": "Type:type:s RollingUpdate:rollingUpdate:*@RollingUpdateDaemonSet",
        "DeploymentStrategy": "Type:type:s RollingUpdate:rollingUpdate:*@RollingUpdateDeployment",
        "DownwardAPIProjection": "Items:items:[@DownwardAPIVolumeFile",
        "DownwardAPIVolumeFile":
            "Path:path:s FieldRef:fieldRef:*@ObjectFieldSelector "
            + "ResourceFieldRef:resourceFieldRef:*@ResourceFieldSelector Mode:mode:*i",
        "DownwardAPIVolumeSource": "Items:items:[@DownwardAPIVolumeFile DefaultMode:defaultMode:*i",
        "EmptyDirVolumeSource": "Medium:medium:s SizeLimit:sizeLimit:*q",
        "EnvFromSource":
            "Prefix:prefix:s ConfigMapRef:configMapRef:*@ConfigMapEnvSource "
            + "SecretRef:secretRef:*@SecretEnvSource",
        "EnvVar": "Name:name:s Value:value:s ValueFrom:valueFrom:*@EnvVarSource",
        "EnvVarSource":
            "FieldRef:fieldRef:*@ObjectFieldSelector "
            + "ResourceFieldRef:resourceFieldRef:*@ResourceFieldSelector "
            + "ConfigMapKeyRef:configMapKeyRef:*@ConfigMapKeySelector "
            + "SecretKeyRef:secretKeyRef:*@SecretKeySelector FileKeyRef:fileKeyRef:*@FileKeySelector",
        "EphemeralContainer": "::<EphemeralContainerCommon TargetContainerName:targetContainerName:s",
        "EphemeralContainerCommon":
            "Name:name:s Image:image:s Command:command:[s Args:args:[s WorkingDir:workingDir:s "
            + "Ports:ports:[@ContainerPort EnvFrom:envFrom:[@EnvFromSource Env:env:[@EnvVar "
            + "Resources:resources:@ResourceRequirements "
            + "ResizePolicy:resizePolicy:[@ContainerResizePolicy RestartPolicy:restartPolicy:*s "
            + "RestartPolicyRules:restartPolicyRules:[@ContainerRestartRule "
            + "VolumeMounts:volumeMounts:[@VolumeMount VolumeDevices:volumeDevices:[@VolumeDevice "
            + "LivenessProbe:livenessProbe:*@Probe ReadinessProbe:readinessProbe:*@Probe "
            + "StartupProbe:startupProbe:*@Probe Lifecycle:lifecycle:*@Lifecycle "
            + "TerminationMessagePath:terminationMessagePath:s "
            + "TerminationMessagePolicy:terminationMessagePolicy:s ImagePullPolicy:imagePullPolicy:s "
            + "SecurityContext:securityContext:*@SecurityContext Stdin:stdin:b StdinOnce:stdinOnce:b "
            + "TTY:tty:b",
        "EphemeralVolumeSource":
            "VolumeClaimTemplate:volumeClaimTemplate:*@PersistentVolumeClaimTemplate",
        "EventSource": "Component:component:s Host:host:s",
        "ExecAction": "Command:command:[s",
        "FCVolumeSource":
            "TargetWWNs:targetWWNs:[s Lun:lun:*i FSType:fsType:s ReadOnly:readOnly:b WWIDs:wwids:[s",
        "FileKeySelector": "VolumeName:volumeName:s Path:path:s Key:key:s Optional:optional:*b",
        "FlexPersistentVolumeSource":
            "Driver:driver:s FSType:fsType:s SecretRef:secretRef:*@SecretReference ReadOnly:readOnly:b "
            + "Options:options:{s",
        "FlexVolumeSource":
            "Driver:driver:s FSType:fsType:s SecretRef:secretRef:*@LocalObjectReference "
            + "ReadOnly:readOnly:b Options:options:{s",
        "FlockerVolumeSource": "DatasetName:datasetName:s DatasetUUID:datasetUUID:s",
        "GCEPersistentDiskVolumeSource":
            "PDName:pdName:s FSType:fsType:s Partition:partition:i ReadOnly:readOnly:b",
        "GRPCAction": "Port:port:i Service:service:*s",
        "GitRepoVolumeSource": "Repository:repository:s Revision:revision:s Directory:directory:s",
        "GlusterfsPersistentVolumeSource":
            "EndpointsName:endpoints:s Path:path:s ReadOnly:readOnly:b "
            + "EndpointsNamespace:endpointsNamespace:*s",
        "GlusterfsVolumeSource": "EndpointsName:endpoints:s Path:path:s ReadOnly:readOnly:b",
        "HTTPGetAction":
            "Path:path:s Port:port:x Host:host:s Scheme:scheme:s HTTPHeaders:httpHeaders:[@HTTPHeader",
        "HTTPHeader": "Name:name:s Value:value:s",
        "HostAlias": "IP:ip:s Hostnames:hostnames:[s",
        "HostIP": "IP:ip:s",
        "HostPathVolumeSource": "Path:path:s Type:type:*s",
        "ISCSIPersistentVolumeSource":
            "TargetPortal:targetPortal:s IQN:iqn:s Lun:lun:i ISCSIInterface:iscsiInterface:s "
            + "FSType:fsType:s ReadOnly:readOnly:b Portals:portals:[s "
            + "DiscoveryCHAPAuth:chapAuthDiscovery:b SessionCHAPAuth:chapAuthSession:b "
            + "SecretRef:secretRef:*@SecretReference InitiatorName:initiatorName:*s",
        "ISCSIVolumeSource":
            "TargetPortal:targetPortal:s IQN:iqn:s Lun:lun:i ISCSIInterface:iscsiInterface:s "
            + "FSType:fsType:s ReadOnly:readOnly:b Portals:portals:[s "
            + "DiscoveryCHAPAuth:chapAuthDiscovery:b SessionCHAPAuth:chapAuthSession:b "
            + "SecretRef:secretRef:*@LocalObjectReference InitiatorName:initiatorName:*s",
        "ImageVolumeSource": "Reference:reference:s PullPolicy:pullPolicy:s",
        "KeyToPath": "Key:key:s Path:path:s Mode:mode:*i",
        "Lifecycle":
            "PostStart:postStart:*@LifecycleHandler PreStop:preStop:*@LifecycleHandler "
            + "StopSignal:stopSignal:*s",
        "LifecycleHandler":
            "Exec:exec:*@ExecAction HTTPGet:httpGet:*@HTTPGetAction "
            + "TCPSocket:tcpSocket:*@TCPSocketAction Sleep:sleep:*@SleepAction",
        "LocalObjectReference": "Name:name:s",
        "LocalVolumeSource": "Path:path:s FSType:fsType:*s",
        "NFSVolumeSource": "Server:server:s Path:path:s ReadOnly:readOnly:b",
        "NodeAddress": "Type:type:s Address:address:s",
        "NodeAffinity":
            " "
            + "RequiredDuringSchedulingIgnoredDuringExecution:requiredDuringSchedulingIgnoredDuringExecution:*@NodeSelector "
            + "PreferredDuringSchedulingIgnoredDuringExecution:preferredDuringSchedulingIgnoredDuringExecution:[@PreferredSchedulingTerm",
        "NodeConfigSource": "ConfigMap:configMap:*@ConfigMapNodeConfigSource",
        "NodeSelector": "NodeSelectorTerms:nodeSelectorTerms:[@NodeSelectorTerm",
        "NodeSelectorRequirement": "Key:key:s Operator:operator:s Values:values:[s",
        "NodeSelectorTerm":
            "MatchExpressions:matchExpressions:[@NodeSelectorRequirement "
            + "MatchFields:matchFields:[@NodeSelectorRequirement",
        "ObjectFieldSelector": "APIVersion:apiVersion:s FieldPath:fieldPath:s",
        "ObjectReference":
            "Kind:kind:s Namespace:namespace:s Name:name:s UID:uid:s APIVersion:apiVersion:s "
            + "ResourceVersion:resourceVersion:s FieldPath:fieldPath:s",
        "PersistentVolumeClaimSpec":
            "AccessModes:accessModes:[s Selector:selector:*@meta.LabelSelector "
            + "Resources:resources:@VolumeResourceRequirements VolumeName:volumeName:s "
            + "StorageClassName:storageClassName:*s VolumeMode:volumeMode:*s "
            + "DataSource:dataSource:*@TypedLocalObjectReference "
            + "DataSourceRef:dataSourceRef:*@TypedObjectReference "
            + "VolumeAttributesClassName:volumeAttributesClassName:*s",
        "PersistentVolumeClaimTemplate":
            ":metadata:<meta.ObjectMeta Spec:spec:@PersistentVolumeClaimSpec",
        "PersistentVolumeClaimVolumeSource": "ClaimName:claimName:s ReadOnly:readOnly:b",
        "PersistentVolumeSource":
            "GCEPersistentDisk:gcePersistentDisk:*@GCEPersistentDiskVolumeSource "
            + "AWSElasticBlockStore:awsElasticBlockStore:*@AWSElasticBlockStoreVolumeSource "
            + "HostPath:hostPath:*@HostPathVolumeSource "
            + "Glusterfs:glusterfs:*@GlusterfsPersistentVolumeSource NFS:nfs:*@NFSVolumeSource "
            + "RBD:rbd:*@RBDPersistentVolumeSource Quobyte:quobyte:*@QuobyteVolumeSource "
            + "ISCSI:iscsi:*@ISCSIPersistentVolumeSource "
            + "FlexVolume:flexVolume:*@FlexPersistentVolumeSource "
            + "Cinder:cinder:*@CinderPersistentVolumeSource CephFS:cephfs:*@CephFSPersistentVolumeSource "
            + "FC:fc:*@FCVolumeSource Flocker:flocker:*@FlockerVolumeSource "
            + "AzureFile:azureFile:*@AzureFilePersistentVolumeSource "
            + "VsphereVolume:vsphereVolume:*@VsphereVirtualDiskVolumeSource "
            + "AzureDisk:azureDisk:*@AzureDiskVolumeSource "
            + "PhotonPersistentDisk:photonPersistentDisk:*@PhotonPersistentDiskVolumeSource "
            + "PortworxVolume:portworxVolume:*@PortworxVolumeSource "
            + "ScaleIO:scaleIO:*@ScaleIOPersistentVolumeSource Local:local:*@LocalVolumeSource "
            + "StorageOS:storageos:*@StorageOSPersistentVolumeSource CSI:csi:*@CSIPersistentVolumeSource",
        "PersistentVolumeSpec":
            "Capacity:capacity:{q ::<PersistentVolumeSource AccessModes:accessModes:[s "
            + "ClaimRef:claimRef:*@ObjectReference "
            + "PersistentVolumeReclaimPolicy:persistentVolumeReclaimPolicy:s "
            + "StorageClassName:storageClassName:s MountOptions:mountOptions:[s VolumeMode:volumeMode:*s "
            + "NodeAffinity:nodeAffinity:*@VolumeNodeAffinity "
            + "VolumeAttributesClassName:volumeAttributesClassName:*s",
        "PhotonPersistentDiskVolumeSource": "PdID:pdID:s FSType:fsType:s",
        "PodAffinity":
            " "
            + "RequiredDuringSchedulingIgnoredDuringExecution:requiredDuringSchedulingIgnoredDuringExecution:[@PodAffinityTerm "
            + "PreferredDuringSchedulingIgnoredDuringExecution:preferredDuringSchedulingIgnoredDuringExecution:[@WeightedPodAffinityTerm",
        "PodAffinityTerm":
            "LabelSelector:labelSelector:*@meta.LabelSelector Namespaces:namespaces:[s "
            + "TopologyKey:topologyKey:s NamespaceSelector:namespaceSelector:*@meta.LabelSelector "
            + "MatchLabelKeys:matchLabelKeys:[s MismatchLabelKeys:mismatchLabelKeys:[s",
        "PodAntiAffinity":
            " "
            + "RequiredDuringSchedulingIgnoredDuringExecution:requiredDuringSchedulingIgnoredDuringExecution:[@PodAffinityTerm "
            + "PreferredDuringSchedulingIgnoredDuringExecution:preferredDuringSchedulingIgnoredDuringExecution:[@WeightedPodAffinityTerm",
        "PodCertificateProjection":
            "SignerName:signerName:s KeyType:keyType:s MaxExpirationSeconds:maxExpirationSeconds:*i "
            + "CredentialBundlePath:credentialBundlePath:s KeyPath:keyPath:s "
            + "CertificateChainPath:certificateChainPath:s UserAnnotations:userAnnotations:{s",
        "PodDNSConfig":
            "Nameservers:nameservers:[s Searches:searches:[s Options:options:[@PodDNSConfigOption",
        "PodDNSConfigOption": "Name:name:s Value:value:*s",
        "PodDisruptionBudgetSpec":
            "MinAvailable:minAvailable:*x Selector:selector:*@meta.LabelSelector "
            + "MaxUnavailable:maxUnavailable:*x UnhealthyPodEvictionPolicy:unhealthyPodEvictionPolicy:*s",
        "PodFailurePolicy": "Rules:rules:[@PodFailurePolicyRule",
        "PodFailurePolicyOnExitCodesRequirement":
            "ContainerName:containerName:*s Operator:operator:s Values:values:[i",
        "PodFailurePolicyOnPodConditionsPattern": "Type:type:s Status:status:s",
        "PodFailurePolicyRule":
            "Action:action:s OnExitCodes:onExitCodes:*@PodFailurePolicyOnExitCodesRequirement "
            + "OnPodConditions:onPodConditions:[@PodFailurePolicyOnPodConditionsPattern",
        "PodIP": "IP:ip:s",
        "PodOS": "Name:name:s",
        "PodReadinessGate": "ConditionType:conditionType:s",
        "PodResourceClaim":
            "Name:name:s ResourceClaimName:resourceClaimName:*s "
            + "ResourceClaimTemplateName:resourceClaimTemplateName:*s",
        "PodSchedulingGate": "Name:name:s",
        "PodSchedulingGroup": "PodGroupName:podGroupName:*s",
        "PodSecurityContext":
            "HostNetwork:^hostNetwork:b HostPID:^hostPID:b HostIPC:^hostIPC:b "
            + "ShareProcessNamespace:^shareProcessNamespace:*b HostUsers:^hostUsers:*b "
            + "SELinuxOptions:seLinuxOptions:*@SELinuxOptions "
            + "WindowsOptions:windowsOptions:*@WindowsSecurityContextOptions RunAsUser:runAsUser:*i "
            + "RunAsGroup:runAsGroup:*i RunAsNonRoot:runAsNonRoot:*b "
            + "SupplementalGroups:supplementalGroups:[i "
            + "SupplementalGroupsPolicy:supplementalGroupsPolicy:*s FSGroup:fsGroup:*i "
            + "FSGroupChangePolicy:fsGroupChangePolicy:*s Sysctls:sysctls:[@Sysctl "
            + "SeccompProfile:seccompProfile:*@SeccompProfile "
            + "AppArmorProfile:appArmorProfile:*@AppArmorProfile "
            + "SELinuxChangePolicy:seLinuxChangePolicy:*s",
        "PodSpec":
            "Volumes:volumes:[@Volume InitContainers:initContainers:[@Container "
            + "Containers:containers:[@Container "
            + "EphemeralContainers:ephemeralContainers:[@EphemeralContainer RestartPolicy:restartPolicy:s "
            + "TerminationGracePeriodSeconds:terminationGracePeriodSeconds:*i "
            + "ActiveDeadlineSeconds:activeDeadlineSeconds:*i DNSPolicy:dnsPolicy:s "
            + "NodeSelector:nodeSelector:{s ServiceAccountName:serviceAccountName:s "
            + "AutomountServiceAccountToken:automountServiceAccountToken:*b NodeName:nodeName:s "
            + "SecurityContext:securityContext:*@PodSecurityContext "
            + "ImagePullSecrets:imagePullSecrets:[@LocalObjectReference Hostname:hostname:s "
            + "Subdomain:subdomain:s SetHostnameAsFQDN:setHostnameAsFQDN:*b Affinity:affinity:*@Affinity "
            + "SchedulerName:schedulerName:s Tolerations:tolerations:[@Toleration "
            + "HostAliases:hostAliases:[@HostAlias PriorityClassName:priorityClassName:s "
            + "Priority:priority:*i PreemptionPolicy:preemptionPolicy:*s "
            + "DNSConfig:dnsConfig:*@PodDNSConfig ReadinessGates:readinessGates:[@PodReadinessGate "
            + "RuntimeClassName:runtimeClassName:*s Overhead:overhead:{q "
            + "EnableServiceLinks:enableServiceLinks:*b "
            + "TopologySpreadConstraints:topologySpreadConstraints:[@TopologySpreadConstraint "
            + "OS:os:*@PodOS SchedulingGates:schedulingGates:[@PodSchedulingGate "
            + "ResourceClaims:resourceClaims:[@PodResourceClaim "
            + "Resources:resources:*@ResourceRequirements HostnameOverride:hostnameOverride:*s "
            + "SchedulingGroup:schedulingGroup:*@PodSchedulingGroup",
        "PodTemplateSpec": ":metadata:<meta.ObjectMeta Spec:spec:@PodSpec",
        "PortworxVolumeSource": "VolumeID:volumeID:s FSType:fsType:s ReadOnly:readOnly:b",
        "PreferredSchedulingTerm": "Weight:weight:i Preference:preference:@NodeSelectorTerm",
        "Probe":
            "::<ProbeHandler InitialDelaySeconds:initialDelaySeconds:i TimeoutSeconds:timeoutSeconds:i "
            + "PeriodSeconds:periodSeconds:i SuccessThreshold:successThreshold:i "
            + "FailureThreshold:failureThreshold:i "
            + "TerminationGracePeriodSeconds:terminationGracePeriodSeconds:*i",
        "ProbeHandler":
            "Exec:exec:*@ExecAction HTTPGet:httpGet:*@HTTPGetAction "
            + "TCPSocket:tcpSocket:*@TCPSocketAction GRPC:grpc:*@GRPCAction",
        "ProjectedVolumeSource": "Sources:sources:[@VolumeProjection DefaultMode:defaultMode:*i",
        "QuobyteVolumeSource":
            "Registry:registry:s Volume:volume:s ReadOnly:readOnly:b User:user:s Group:group:s "
            + "Tenant:tenant:s",
        "RBDPersistentVolumeSource":
            "CephMonitors:monitors:[s RBDImage:image:s FSType:fsType:s RBDPool:pool:s RadosUser:user:s "
            + "Keyring:keyring:s SecretRef:secretRef:*@SecretReference ReadOnly:readOnly:b",
        "RBDVolumeSource":
            "CephMonitors:monitors:[s RBDImage:image:s FSType:fsType:s RBDPool:pool:s RadosUser:user:s "
            + "Keyring:keyring:s SecretRef:secretRef:*@LocalObjectReference ReadOnly:readOnly:b",
        "ResourceClaim": "Name:name:s Request:request:s",
        "ResourceFieldSelector":
            "ContainerName:containerName:s Resource:resource:s Divisor:divisor:q",
        "ResourceRequirements": "Limits:limits:{q Requests:requests:{q Claims:claims:[@ResourceClaim",
        "RollingUpdateDaemonSet": "MaxUnavailable:maxUnavailable:x MaxSurge:maxSurge:x",
        "RollingUpdateDeployment": "MaxUnavailable:maxUnavailable:x MaxSurge:maxSurge:x",
        "RollingUpdateStatefulSetStrategy": "Partition:partition:i MaxUnavailable:maxUnavailable:*x",
        "SELinuxOptions": "User:user:s Role:role:s Type:type:s Level:level:s",
        "ScaleIOPersistentVolumeSource":
            "Gateway:gateway:s System:system:s SecretRef:secretRef:*@SecretReference "
            + "SSLEnabled:sslEnabled:b ProtectionDomain:protectionDomain:s StoragePool:storagePool:s "
            + "StorageMode:storageMode:s VolumeName:volumeName:s FSType:fsType:s ReadOnly:readOnly:b",
        "ScaleIOVolumeSource":
            "Gateway:gateway:s System:system:s SecretRef:secretRef:*@LocalObjectReference "
            + "SSLEnabled:sslEnabled:b ProtectionDomain:protectionDomain:s StoragePool:storagePool:s "
            + "StorageMode:storageMode:s VolumeName:volumeName:s FSType:fsType:s ReadOnly:readOnly:b",
        "ScopeSelector": "MatchExpressions:matchExpressions:[@ScopedResourceSelectorRequirement",
        "ScopedResourceSelectorRequirement":
            "ScopeName:scopeName:s Operator:operator:s Values:values:[s",
        "SeccompProfile": "Type:type:s LocalhostProfile:localhostProfile:*s",
        "SecretEnvSource": "::<LocalObjectReference Optional:optional:*b",
        "SecretKeySelector": "::<LocalObjectReference Key:key:s Optional:optional:*b",
        "SecretProjection": "::<LocalObjectReference Items:items:[@KeyToPath Optional:optional:*b",
        "SecretReference": "Name:name:s Namespace:namespace:s",
        "SecretVolumeSource":
            "SecretName:secretName:s Items:items:[@KeyToPath DefaultMode:defaultMode:*i "
            + "Optional:optional:*b",
        "SecurityContext":
            "Capabilities:capabilities:*@Capabilities Privileged:privileged:*b "
            + "SELinuxOptions:seLinuxOptions:*@SELinuxOptions "
            + "WindowsOptions:windowsOptions:*@WindowsSecurityContextOptions RunAsUser:runAsUser:*i "
            + "RunAsGroup:runAsGroup:*i RunAsNonRoot:runAsNonRoot:*b "
            + "ReadOnlyRootFilesystem:readOnlyRootFilesystem:*b "
            + "AllowPrivilegeEscalation:allowPrivilegeEscalation:*b ProcMount:procMount:*s "
            + "SeccompProfile:seccompProfile:*@SeccompProfile "
            + "AppArmorProfile:appArmorProfile:*@AppArmorProfile",
        "ServiceAccountTokenProjection":
            "Audience:audience:s ExpirationSeconds:expirationSeconds:i Path:path:s",
        "ServicePort":
            "Name:name:s Protocol:protocol:s AppProtocol:appProtocol:*s Port:port:i "
            + "TargetPort:targetPort:x NodePort:nodePort:i",
        "SleepAction": "Seconds:seconds:i",
        "StatefulSetUpdateStrategy":
            "Type:type:s RollingUpdate:rollingUpdate:*@RollingUpdateStatefulSetStrategy",
        "StorageOSPersistentVolumeSource":
            "VolumeName:volumeName:s VolumeNamespace:volumeNamespace:s FSType:fsType:s "
            + "ReadOnly:readOnly:b SecretRef:secretRef:*@ObjectReference",
        "StorageOSVolumeSource":
            "VolumeName:volumeName:s VolumeNamespace:volumeNamespace:s FSType:fsType:s "
            + "ReadOnly:readOnly:b SecretRef:secretRef:*@LocalObjectReference",
        "SuccessPolicy": "Rules:rules:[@SuccessPolicyRule",
        "SuccessPolicyRule": "SucceededIndexes:succeededIndexes:*s SucceededCount:succeededCount:*i",
        "Sysctl": "Name:name:s Value:value:s",
        "TCPSocketAction": "Port:port:x Host:host:s",
        "Taint": "Key:key:s Value:value:s Effect:effect:s TimeAdded:timeAdded:**s",
        "Toleration":
            "Key:key:s Operator:operator:s Value:value:s Effect:effect:s "
            + "TolerationSeconds:tolerationSeconds:*i",
        "TopologySpreadConstraint":
            "MaxSkew:maxSkew:i TopologyKey:topologyKey:s WhenUnsatisfiable:whenUnsatisfiable:s "
            + "LabelSelector:labelSelector:*@meta.LabelSelector MinDomains:minDomains:*i "
            + "NodeAffinityPolicy:nodeAffinityPolicy:*s NodeTaintsPolicy:nodeTaintsPolicy:*s "
            + "MatchLabelKeys:matchLabelKeys:[s",
        "TypedLocalObjectReference": "APIGroup:apiGroup:*s Kind:kind:s Name:name:s",
        "TypedObjectReference": "APIGroup:apiGroup:*s Kind:kind:s Name:name:s Namespace:namespace:*s",
        "UncountedTerminatedPods": "Succeeded:succeeded:[s Failed:failed:[s",
        "Volume": "Name:name:s ::<VolumeSource",
        "VolumeAttachmentSource":
            "PersistentVolumeName:persistentVolumeName:*s "
            + "InlineVolumeSpec:inlineVolumeSpec:*@PersistentVolumeSpec",
        "VolumeAttachmentSpec":
            "Attacher:attacher:s Source:source:@VolumeAttachmentSource NodeName:nodeName:s",
        "VolumeDevice": "Name:name:s DevicePath:devicePath:s",
        "VolumeMount":
            "Name:name:s ReadOnly:readOnly:b RecursiveReadOnly:recursiveReadOnly:*s "
            + "MountPath:mountPath:s SubPath:subPath:s MountPropagation:mountPropagation:*s "
            + "SubPathExpr:subPathExpr:s",
        "VolumeNodeAffinity": "Required:required:*@NodeSelector",
        "VolumeNodeResources": "Count:count:*i",
        "VolumeProjection":
            "Secret:secret:*@SecretProjection DownwardAPI:downwardAPI:*@DownwardAPIProjection "
            + "ConfigMap:configMap:*@ConfigMapProjection "
            + "ServiceAccountToken:serviceAccountToken:*@ServiceAccountTokenProjection "
            + "ClusterTrustBundle:clusterTrustBundle:*@ClusterTrustBundleProjection "
            + "PodCertificate:podCertificate:*@PodCertificateProjection",
        "VolumeResourceRequirements": "Limits:limits:{q Requests:requests:{q",
        "VolumeSource":
            "HostPath:hostPath:*@HostPathVolumeSource EmptyDir:emptyDir:*@EmptyDirVolumeSource "
            + "GCEPersistentDisk:gcePersistentDisk:*@GCEPersistentDiskVolumeSource "
            + "AWSElasticBlockStore:awsElasticBlockStore:*@AWSElasticBlockStoreVolumeSource "
            + "GitRepo:gitRepo:*@GitRepoVolumeSource Secret:secret:*@SecretVolumeSource "
            + "NFS:nfs:*@NFSVolumeSource ISCSI:iscsi:*@ISCSIVolumeSource "
            + "Glusterfs:glusterfs:*@GlusterfsVolumeSource "
            + "PersistentVolumeClaim:persistentVolumeClaim:*@PersistentVolumeClaimVolumeSource "
            + "RBD:rbd:*@RBDVolumeSource Quobyte:quobyte:*@QuobyteVolumeSource "
            + "FlexVolume:flexVolume:*@FlexVolumeSource Cinder:cinder:*@CinderVolumeSource "
            + "CephFS:cephfs:*@CephFSVolumeSource Flocker:flocker:*@FlockerVolumeSource "
            + "DownwardAPI:downwardAPI:*@DownwardAPIVolumeSource FC:fc:*@FCVolumeSource "
            + "AzureFile:azureFile:*@AzureFileVolumeSource ConfigMap:configMap:*@ConfigMapVolumeSource "
            + "VsphereVolume:vsphereVolume:*@VsphereVirtualDiskVolumeSource "
            + "AzureDisk:azureDisk:*@AzureDiskVolumeSource "
            + "PhotonPersistentDisk:photonPersistentDisk:*@PhotonPersistentDiskVolumeSource "
            + "Projected:projected:*@ProjectedVolumeSource "
            + "PortworxVolume:portworxVolume:*@PortworxVolumeSource ScaleIO:scaleIO:*@ScaleIOVolumeSource "
            + "StorageOS:storageos:*@StorageOSVolumeSource CSI:csi:*@CSIVolumeSource "
            + "Ephemeral:ephemeral:*@EphemeralVolumeSource Image:image:*@ImageVolumeSource",
        "VsphereVirtualDiskVolumeSource":
            "VolumePath:volumePath:s FSType:fsType:s StoragePolicyName:storagePolicyName:s "
            + "StoragePolicyID:storagePolicyID:s",
        "WeightedPodAffinityTerm": "Weight:weight:i PodAffinityTerm:podAffinityTerm:@PodAffinityTerm",
        "WindowsSecurityContextOptions":
            "GMSACredentialSpecName:gmsaCredentialSpecName:*s GMSACredentialSpec:gmsaCredentialSpec:*s "
            + "RunAsUserName:runAsUserName:*s HostProcess:hostProcess:*b",
        "meta.LabelSelector":
            "matchLabels:matchLabels:{s? "
            + "matchExpressions:matchExpressions:[@meta.LabelSelectorRequirement?",
        "meta.LabelSelectorRequirement": "key:key:s operator:operator:s values:values:[s?",
        "meta.ManagedFieldsEntry":
            "manager:manager:s? operation:operation:s? apiVersion:apiVersion:s? time:time:*s? "
            + "fieldsType:fieldsType:s? fieldsV1:fieldsV1:*s? subresource:subresource:s?",
        "meta.ObjectMeta":
            "name:name:s? generateName:generateName:s? namespace:namespace:s? uid:uid:s? "
            + "resourceVersion:resourceVersion:s? generation:generation:i? "
            + "creationTimestamp:creationTimestamp:*s? deletionTimestamp:deletionTimestamp:*s? "
            + "deletionGracePeriodSeconds:deletionGracePeriodSeconds:*i? labels:labels:{s? "
            + "annotations:annotations:{s? ownerReferences:ownerReferences:[@meta.OwnerReference? "
            + "finalizers:finalizers:[s? managedFields:managedFields:[@meta.ManagedFieldsEntry?",
        "meta.OwnerReference":
            "apiVersion:apiVersion:s kind:kind:s name:name:s uid:uid:s controller:controller:*b? "
            + "blockOwnerDeletion:blockOwnerDeletion:*b?",
    ]
}
