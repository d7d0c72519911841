import KubernetesModel
import Testing

@Suite("Validation of CSI drivers and storage capacities")
struct CSIValidationTests {
    private static let driverKind = GroupVersionKind(
        group: "storage.k8s.io", version: "v1", kind: "CSIDriver")
    private static let capacityKind = GroupVersionKind(
        group: "storage.k8s.io", version: "v1", kind: "CSIStorageCapacity")

    private func driver(_ spec: JSONValue) throws -> JSONValue {
        var tree = try Schema.kubernetes.decode(
            [
                "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver",
                "metadata": ["name": "disk.example.com"], "spec": spec,
            ], as: Self.driverKind
        ).tree
        _ = Defaulting.apply(Self.driverKind, &tree)
        return tree
    }

    private func capacity(_ fields: [String: JSONValue]) -> JSONValue {
        var tree: JSONValue = ["metadata": ["name": "c", "namespace": "default"]]
        for (key, value) in fields { tree[key] = value }
        return tree
    }

    @Test("a driver without fields is right once it is defaulted")
    func defaulted() throws {
        #expect(Validator.validateCreate(kind: Self.driverKind, object: try driver([:])).isEmpty)
    }

    private static let driverTable: [(spec: JSONValue, faults: [String])] = [
        (
            ["fsGroupPolicy": "X", "volumeLifecycleModes": ["q"]],
            [
                #"spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "#
                    + #""ReadWriteOnceWithFSType""#,
                #"spec.volumeLifecycleModes: Unsupported value: "q": supported values: "Persistent", "#
                    + #""Ephemeral""#,
            ]
        ),
        (
            [
                "tokenRequests": [
                    ["audience": "a", "expirationSeconds": 599], ["audience": "a"],
                    ["audience": "b", "expirationSeconds": 4_294_967_297],
                ]
            ],
            [
                "spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration "
                    + "less than 10 minutes",
                #"spec.tokenRequests[1].audience: Duplicate value: "a""#,
                "spec.tokenRequests[2].expirationSeconds: Invalid value: 4294967297: may not specify a "
                    + "duration larger than 2^32 seconds",
            ]
        ),
        (
            ["nodeAllocatableUpdatePeriodSeconds": 9, "serviceAccountTokenInSecrets": true],
            [
                "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal "
                    + "to 10 seconds",
                "spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is "
                    + "set but no tokenRequests are specified",
            ]
        ),
    ]

    @Test("what is wrong with a driver is said in the API server's words", arguments: driverTable)
    func driverFaults(spec: JSONValue, faults: [String]) throws {
        let found = Validator.validateCreate(kind: Self.driverKind, object: try driver(spec))
        #expect(found.map(\.description) == faults)
    }

    @Test("whether a driver attaches and its modes stay as they are")
    func immutableDriver() throws {
        var old = try driver([:])
        old.updateMetadata(version: "1")
        var new = try driver(["attachRequired": false, "volumeLifecycleModes": ["Ephemeral"]])
        new.updateMetadata(version: "1")
        let found = Validator.validateUpdate(kind: Self.driverKind, object: new, old: old)
        #expect(
            found.map(\.description) == [
                "spec.attachedRequired: Invalid value: false: field is immutable",
                #"spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable"#,
            ])
    }

    private static let capacityTable: [(fields: [String: JSONValue], faults: [String])] = [
        (["storageClassName": "fast", "capacity": "1Gi"], []),
        (
            ["storageClassName": "fast", "capacity": "-1"],
            [#"capacity: Invalid value: "-1": must be greater than or equal to 0"#]
        ),
        (
            [
                "storageClassName": "fast",
                "nodeTopology": ["matchExpressions": [["key": "zone", "operator": "In"]]],
            ],
            [
                "nodeTopology.matchExpressions[0].values: Required value: must be specified when "
                    + "`operator` is 'In' or 'NotIn'"
            ]
        ),
    ]

    @Test("what is wrong with a storage capacity is said in the API server's words", arguments: capacityTable)
    func capacityFaults(fields: [String: JSONValue], faults: [String]) {
        let found = Validator.validateCreate(kind: Self.capacityKind, object: capacity(fields))
        #expect(found.map(\.description) == faults)
    }

    @Test("a capacity's class and topology stay as they are")
    func immutableCapacity() {
        var old = capacity(["storageClassName": "fast", "capacity": "1Gi"])
        old.updateMetadata(version: "1")
        var new = capacity([
            "storageClassName": "slow", "capacity": "2Gi",
            "nodeTopology": ["matchLabels": ["zone": "a"]],
        ])
        new.updateMetadata(version: "1")
        let found = Validator.validateUpdate(kind: Self.capacityKind, object: new, old: old)
        #expect(
            found.map(\.description) == [
                #"nodeTopology: Invalid value: {"matchLabels":{"zone":"a"}}: field is immutable"#,
                #"storageClassName: Invalid value: "slow": field is immutable"#,
            ])
    }

    @Test("a driver that asks for tokens without saying where they go is warned of, and only when it changes")
    func tokenWarning() throws {
        let requests: JSONValue = ["tokenRequests": [["audience": "a"]]]
        let tree = try driver(requests)
        let text =
            "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to "
            + "prevent possible logging of tokens in volume attributes"
        #expect(Validator.warnings(kind: Self.driverKind, object: tree) == [text])
        #expect(Validator.warnings(kind: Self.driverKind, object: tree, old: tree).isEmpty)
        #expect(Validator.warnings(kind: Self.driverKind, object: tree, old: try driver([:])) == [text])
    }
}

extension JSONValue {
    /// As a stored object has it.
    fileprivate mutating func updateMetadata(version: String) {
        var metadata = self["metadata"] ?? [:]
        metadata["resourceVersion"] = .string(version)
        metadata["uid"] = "u"
        self["metadata"] = metadata
    }
}
