public import OrderedCollections

/// A volume of a pod. One of the sources is set; sources that simk does not look into stay in `rest`.
public struct Volume: Hashable, FieldMapped {
    public struct Claim: Hashable, FieldMapped {
        public var claimName = ""
        public var readOnly = false
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.requiredString("claimName", &claimName)
            fields.bool("readOnly", &readOnly)
        }
    }
    /// A ConfigMap's or Secret's files; `name` is `secretName` in a Secret's source.
    public struct Files: Hashable, FieldMapped {
        public var name = ""
        public var secretName = ""
        public var optional: Bool?
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.string("name", &name)
            fields.string("secretName", &secretName)
            fields.bool("optional", &optional)
            fields.rest(&rest)
        }
    }
    /// Several sources in one folder.
    public struct Projected: Hashable, FieldMapped {
        public struct Source: Hashable, FieldMapped {
            public var configMap: Files?
            public var secret: Files?
            public var rest: JSONObject = [:]
            public init() {}
            public mutating func map(_ fields: inout Fields) {
                fields.part("configMap", &configMap)
                fields.part("secret", &secret)
                fields.rest(&rest)
            }
        }
        public var sources: [Source] = []
        public var rest: JSONObject = [:]
        public init() {}
        public mutating func map(_ fields: inout Fields) {
            fields.list("sources", &sources)
            fields.rest(&rest)
        }
    }

    public var name = ""
    public var persistentVolumeClaim: Claim?
    public var configMap: Files?
    public var secret: Files?
    public var projected: Projected?
    /// A generic ephemeral volume: its claim is named `<pod>-<volume>`.
    public var ephemeral: JSONValue?
    public var emptyDir: JSONValue?
    public var hostPath: JSONValue?
    public var rest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.string("name", &name)
        fields.part("persistentVolumeClaim", &persistentVolumeClaim)
        fields.part("configMap", &configMap)
        fields.part("secret", &secret)
        fields.part("projected", &projected)
        fields.tree("ephemeral", &ephemeral)
        fields.tree("emptyDir", &emptyDir)
        fields.tree("hostPath", &hostPath)
        fields.rest(&rest)
    }

    /// The claim that the volume stands for, given the pod's name; nil when it is no claim.
    public func claimName(podName: String) -> String? {
        if let persistentVolumeClaim { return persistentVolumeClaim.claimName }
        return ephemeral == nil ? nil : "\(podName)-\(name)"
    }
}
