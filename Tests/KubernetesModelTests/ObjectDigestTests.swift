import KubernetesModel
import OrderedCollections
import SimulationKernel
import Testing

/// Digests that are taken by hand miss nothing that the JSON of an object would show.
@Suite("Digests of objects")
struct ObjectDigestTests {
    private static let epoch = CalendarTime(unixSeconds: 1_700_000_000)

    private static let metadata: JSONObject = [
        "name": "web", "generateName": "web-", "namespace": "shop", "uid": "u-1", "resourceVersion": "7",
        "generation": 2, "creationTimestamp": "2023-11-14T22:13:21Z",
        "deletionTimestamp": "2023-11-14T22:13:22Z", "deletionGracePeriodSeconds": 30,
        "labels": ["app": "web"], "annotations": ["note": "x"], "finalizers": ["f/1"],
        "ownerReferences": [
            [
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u-0",
                "controller": true,
                "blockOwnerDeletion": false,
            ]
        ], "selfLink": "/x",
    ]

    private static let terminated: JSONValue = [
        "terminated": [
            "exitCode": 1, "signal": 9, "reason": "Error", "message": "m",
            "startedAt": "2023-11-14T22:13:21Z",
            "finishedAt": "2023-11-14T22:13:22Z", "containerID": "c://1",
        ]
    ]

    private static let status: JSONObject = [
        "observedGeneration": 3, "phase": "Running", "message": "m", "reason": "r", "nominatedNodeName": "n",
        "hostIP": "10.0.0.1", "podIP": "10.1.0.1", "startTime": "2023-11-14T22:13:25Z",
        "qosClass": "Burstable",
        "conditions": [
            [
                "type": "Ready", "status": "True", "observedGeneration": 2, "reason": "why", "message": "m",
                "lastProbeTime": "2023-11-14T22:13:21Z", "lastTransitionTime": "2023-11-14T22:13:22Z",
                "lastHeartbeatTime": "2023-11-14T22:13:23Z", "lastUpdateTime": "2023-11-14T22:13:24Z",
            ]
        ],
        "initContainerStatuses": [
            ["name": "init", "image": "i", "imageID": "d", "restartCount": 1, "ready": true]
        ],
        "containerStatuses": [
            [
                "name": "main", "image": "i", "imageID": "d", "restartCount": 4, "ready": true,
                "started": true,
                "containerID": "c://2", "state": ["running": ["startedAt": "2023-11-14T22:13:26Z"]],
                "lastState": terminated, "allocatedResources": ["cpu": "1"],
            ],
            ["name": "side", "state": ["waiting": ["reason": "r", "message": "m"]], "restartCount": 0],
        ], "resize": "Proposed",
    ]

    private static let event: JSONObject = [
        "metadata": .object(metadata),
        "involvedObject": [
            "kind": "Pod", "apiVersion": "v1", "namespace": "shop", "name": "web-1", "uid": "u-2",
            "resourceVersion": "5", "fieldPath": "spec.containers{main}",
        ],
        "reason": "Pulled", "message": "m", "source": ["component": "kubelet", "host": "n-1"],
        "firstTimestamp": "2023-11-14T22:13:21Z", "lastTimestamp": "2023-11-14T22:13:22Z", "count": 3,
        "type": "Normal", "reportingComponent": "kubelet",
    ]

    /// Every tree that comes of a tree by taking one member or element away, or by changing one text, number or flag.
    private static func changes(of value: JSONValue, at path: String) -> [(path: String, value: JSONValue)] {
        switch value {
        case .object(let members):
            return members.flatMap { name, member -> [(path: String, value: JSONValue)] in
                var less = members
                less.removeValue(forKey: name)
                return [("\(path).\(name) removed", .object(less))]
                    + changes(of: member, at: "\(path).\(name)").map { change in
                        var changed = members
                        changed[name] = change.value
                        return (change.path, JSONValue.object(changed))
                    }
            }
        case .array(let elements):
            return elements.indices.flatMap { index -> [(path: String, value: JSONValue)] in
                var less = elements
                less.remove(at: index)
                return [("\(path)[\(index)] removed", .array(less))]
                    + changes(of: elements[index], at: "\(path)[\(index)]").map { change in
                        var changed = elements
                        changed[index] = change.value
                        return (change.path, JSONValue.array(changed))
                    }
            }
        case .string(let text):
            // A time or a choice among words takes another of its kind.
            let other: [String: String] = [
                "Running": "Failed", "Burstable": "Guaranteed", "True": "False", "7": "8", "5": "6",
            ]
            let changed = other[text] ?? (text.hasSuffix("Z") ? "2023-11-14T22:14:59Z" : text + "x")
            return [(path, .string(changed))]
        case .integer(let number): return [(path, .integer(number + 1))]
        case .bool(let flag): return [(path, .bool(!flag))]
        case .null, .number: return []
        }
    }

    private static func digest(
        _ tree: JSONObject, _ combine: (JSONObject, inout EventDigest) -> Void
    ) -> UInt64 {
        var digest = EventDigest()
        combine(tree, &digest)
        return digest.value
    }

    /// Whatever changes the JSON of what was read changes its digest, each time to another one.
    private static func check(
        _ tree: JSONObject, shown: (JSONObject) -> JSONObject,
        combine: (JSONObject, inout EventDigest) -> Void
    ) {
        var seen = [digest(tree, combine): "nothing"]
        var texts: Set = [JSONValue.object(shown(tree))]
        for change in changes(of: .object(tree), at: "") {
            guard let members = change.value.objectValue else { continue }
            // What reads as something that was there already says nothing.
            guard texts.insert(.object(shown(members))).inserted else { continue }
            let digest = digest(members, combine)
            #expect(seen[digest] == nil, "\(change.path) has the digest of \(seen[digest] ?? "")")
            seen[digest] = change.path
        }
        #expect(seen.count > 20)
    }

    @Test("a change of any part of the metadata changes the digest")
    func metadataDigest() {
        Self.check(Self.metadata) {
            ObjectMeta(fields: $0, epoch: Self.epoch).fields(epoch: Self.epoch)
        } combine: { tree, digest in
            ObjectMeta(fields: tree, epoch: Self.epoch).combine(into: &digest)
        }
    }

    @Test("a change of any part of a pod's status changes the digest")
    func statusDigest() {
        Self.check(Self.status) {
            PodStatus(fields: $0, epoch: Self.epoch).fields(epoch: Self.epoch)
        } combine: { tree, digest in
            PodStatus(fields: tree, epoch: Self.epoch).combine(into: &digest)
        }
    }

    @Test("a change of any part of an Event changes the digest")
    func eventDigest() {
        Self.check(Self.event) {
            Event(fields: $0, epoch: Self.epoch).fields(epoch: Self.epoch)
        } combine: { tree, digest in
            Event(fields: tree, epoch: Self.epoch).combine(into: &digest)
        }
    }
}
