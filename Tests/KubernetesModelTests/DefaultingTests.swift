import Foundation
import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

/// Compares what becomes of new objects with what the real API server made of them.
@Suite("Defaulting")
struct DefaultingTests {
    private static let defaulting = "conformance/api/defaulting.jsonl"
    private static let admission = "conformance/admission/pods.jsonl"

    @Test(
        "new objects are stored as the real API server stores them",
        .enabled(if: SharedFiles.exists(defaulting), Comment(rawValue: SharedFiles.missing)))
    func stored() throws {
        var tally = Tally()
        for line in try SharedFiles.lines(Self.defaulting) {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, let input = test["input"] else { continue }
            let setup = test["setup"]?.arrayValue ?? []
            guard let expected = test["output"] else {
                // Refused by validation or by the decoder; only the latter is told here.
                let message = test["status"]?["message"]?.stringValue ?? ""
                guard let mark = message.firstRange(of: " cannot be handled as a ") else { continue }
                let fault = message[mark.upperBound...].drop { $0 != ":" }.dropFirst(2)
                let kind = try #require(GroupVersionKind(of: input))
                var found = ""
                do throws(DecodingFault) { _ = try Schema.kubernetes.decode(input, as: kind) } catch {
                    found = error.description
                }
                tally.check(name, expected: .string(String(fault)), got: .string(found))
                continue
            }
            tally.check(name, expected: expected, got: try Self.create(input, setup: setup))
        }
        tally.report()
        #expect(tally.failures.isEmpty)
        #expect(tally.passed > 300)
    }

    @Test(
        "pods are defaulted and get their priority as in the real API server",
        .enabled(if: SharedFiles.exists(admission), Comment(rawValue: SharedFiles.missing)))
    func podAdmission() throws {
        var tally = Tally()
        for line in try SharedFiles.lines(Self.admission) {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, let input = test["input"],
                var expected = test["output"]
            else { continue }
            let kind = try #require(GroupVersionKind(of: input))
            var tree = try Schema.kubernetes.decode(input, as: kind).tree
            Defaulting.apply(kind, &tree)
            if kind.kind == "Pod" {
                let classes = PriorityClasses(test["priorityClasses"]?.arrayValue ?? [])
                try PriorityAdmission.admit(pod: &tree, classes: classes)
                let metadata = tree["metadata"]
                CreationStrategy.prepare(kind, &tree, made: ServerMadeValues(uid: "u", now: "n"))
                tree["metadata"] = metadata
                tree["status"] = nil
                expected["status"] = [:]
            }
            tally.check(
                name, expected: try Schema.kubernetes.normalize(expected, as: kind),
                got: Schema.kubernetes.encode(tree, as: kind))
        }
        tally.report()
        #expect(tally.failures.isEmpty)
        #expect(tally.passed > 100)
    }

    @Test(
        "an object that was stored decodes, defaults and encodes to itself",
        .enabled(if: SharedFiles.exists(defaulting), Comment(rawValue: SharedFiles.missing)))
    func idempotence() throws {
        var tally = Tally()
        for line in try SharedFiles.lines(Self.defaulting) {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, let output = test["output"] else { continue }
            let kind = try #require(GroupVersionKind(of: output))
            let input = Self.unmarked(output)
            var tree = try Schema.kubernetes.decode(input, as: kind).tree
            Defaulting.apply(kind, &tree)
            tally.check(name, expected: input, got: Schema.kubernetes.encode(tree, as: kind))
        }
        tally.report()
        #expect(tally.failures.isEmpty)
    }

    // MARK: The server's side

    /// Creates an object in a cluster of its own, as POST does, and makes the result comparable.
    static func create(_ input: JSONValue, setup: [JSONValue]) throws -> JSONValue {
        let kind = try #require(GroupVersionKind(of: input))
        var tree = try Schema.kubernetes.decode(input, as: kind).tree
        let outcome = Defaulting.apply(kind, &tree)
        let resource = try #require(ResourceRegistry.kubernetes.resource(of: kind))
        let isHere = CreationStrategy.setNamespace(resource.isNamespaced ? "default" : nil, of: &tree)
        #expect(isHere)
        try Admission.admitNew(kind, &tree, namespace: "default", facts: facts(setup))
        if let prefix = tree["metadata"]?["generateName"]?.stringValue, tree["metadata"]?["name"] == nil {
            tree["metadata"]?["name"] = .string(prefix + "<rand>")
        }
        CreationStrategy.prepare(
            kind, &tree, made: ServerMadeValues(uid: "<uid>", now: "2001-01-01T00:00:00Z"),
            outcome: outcome)
        if kind.kind == "Service" {
            let needs = ServiceAddresses.prepare(&tree)
            if needs.clusterIP { ServiceAddresses.setClusterIP("<clusterIP>", of: &tree) }
            for port in needs.nodePorts { ServiceAddresses.setNodePort(-1, at: port, of: &tree) }
            if needs.healthCheckNodePort { ServiceAddresses.setHealthCheckNodePort(-1, of: &tree) }
        }
        Defaulting.apply(kind, &tree)
        var output = Schema.kubernetes.encode(tree, as: kind)
        output["metadata"]?["uid"] = nil
        output["metadata"]?["creationTimestamp"] = nil
        return marked(output)
    }

    private static func facts(_ setup: [JSONValue]) throws -> AdmissionFacts {
        var facts = AdmissionFacts(
            serviceAccounts: ["default": ["metadata": ["name": "default"]]], volumeNameSuffix: "<rand>")
        var classes: [JSONValue] = []
        for object in setup {
            let stored = try create(object, setup: [])
            let name = stored["metadata"]?["name"]?.stringValue ?? ""
            switch stored["kind"]?.stringValue {
            case "LimitRange": facts.limitRanges.append(stored)
            case "ServiceAccount": facts.serviceAccounts[name] = stored
            case "PriorityClass": classes.append(stored)
            case "RuntimeClass": facts.runtimeClasses[name] = stored
            case "StorageClass": facts.storageClasses.append(stored)
            default: break
            }
        }
        facts.priorityClasses = PriorityClasses(classes)
        return facts
    }

    /// Server-made values as the recordings mark them.
    private static func marked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            var result = JSONObject()
            for (key, member) in members {
                if (key == "nodePort" || key == "healthCheckNodePort") && member == -1 {
                    result[key] = "<nodePort>"
                } else {
                    result[key] = marked(member)
                }
            }
            return .object(result)
        case .array(let elements): return .array(elements.map(marked))
        case .string("2001-01-01T00:00:00Z"): return "<time>"
        default: return value
        }
    }

    /// The reverse, with values of the right type.
    static func unmarked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members): .object(members.mapValues(unmarked))
        case .array(let elements): .array(elements.map(unmarked))
        case "<time>": "2001-01-01T00:00:00Z"
        case "<nodePort>": 30_000
        default: value
        }
    }
}

/// Counts agreements, and keeps the smallest difference of each failing case.
struct Tally {
    private(set) var passed = 0
    private(set) var failures: [String] = []

    mutating func check(_ name: String, expected: JSONValue, got: JSONValue) {
        if let difference = Self.difference(expected, got, path: "") {
            failures.append("\(name): \(difference)")
        } else {
            passed += 1
        }
    }

    func report() {
        print("agreement: \(passed) of \(passed + failures.count)")
        for failure in failures { print("  \(failure)") }
    }

    /// The first place where two values differ; the order of object members does not count.
    static func difference(_ expected: JSONValue, _ got: JSONValue, path: String) -> String? {
        switch (expected, got) {
        case (.object(let left), .object(let right)):
            for key in Set(left.keys).union(right.keys).sorted() {
                guard let leftValue = left[key] else {
                    return "\(path).\(key): expected nothing, got \(text(right[key]))"
                }
                guard let rightValue = right[key] else {
                    return "\(path).\(key): expected \(text(leftValue)), got nothing"
                }
                if let difference = difference(leftValue, rightValue, path: "\(path).\(key)") {
                    return difference
                }
            }
            return nil
        case (.array(let left), .array(let right)) where left.count == right.count:
            for index in left.indices {
                if let difference = difference(left[index], right[index], path: "\(path)[\(index)]") {
                    return difference
                }
            }
            return nil
        default: return expected == got ? nil : "\(path): expected \(text(expected)), got \(text(got))"
        }
    }

    private static func text(_ value: JSONValue?) -> String {
        String(JSONWriter.string(value ?? .null).prefix(200))
    }
}

@Suite("Defaulting rules")
struct DefaultingRuleTests {
    /// Decodes, defaults and encodes a manifest, and looks up one place in the result.
    private func value(_ text: String, at path: [String]) throws -> JSONValue? {
        let input = try JSONParser.parse(text)
        let kind = try #require(GroupVersionKind(of: input))
        var tree = try Schema.kubernetes.decode(input, as: kind).tree
        Defaulting.apply(kind, &tree)
        return path.reduce(Schema.kubernetes.encode(tree, as: kind)) { value, step in
            Int(step).map { value?[$0] } ?? value?[step]
        }
    }

    @Test(
        "an image is pulled always when its tag is latest, given or implied",
        arguments: [
            ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1.2", "IfNotPresent"),
            ("localhost:5000/a/b", "Always"), ("localhost:5000/a/b:v1", "IfNotPresent"),
            ("a.io/b@sha256:\(String(repeating: "a", count: 64))", "IfNotPresent"),
            ("a.io/b:latest@sha256:\(String(repeating: "a", count: 64))", "Always"),
            ("a.io/b@sha256:123", "IfNotPresent"), ("Nginx", "IfNotPresent"), ("REGISTRY/nginx", "Always"),
            ("", "IfNotPresent"), ("a//b", "IfNotPresent"), ("a_b__c-d.e", "Always"),
            ("a___b", "IfNotPresent"),
            (String(repeating: "a", count: 64), "IfNotPresent"),
        ])
    func pullPolicy(image: String, policy: String) throws {
        let text = #"{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"\#(image)"}]}}"#
        let found = try value(text, at: ["spec", "containers", "0", "imagePullPolicy"])
        #expect(found == .string(policy))
    }

    @Test("an autoscaler's behaviour annotation is filled as the newer version is")
    func behaviorAnnotation() throws {
        let annotation = "autoscaling.alpha.kubernetes.io/behavior"
        let text =
            #"{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"annotations":{""#
            + annotation + #"":"{\"ScaleDown\":{\"StabilizationWindowSeconds\":60}}"}}}"#
        #expect(
            try value(text, at: ["metadata", "annotations", annotation])
                == .string(
                    #"{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":["#
                        + #"{"Type":"Pods","Value":4,"PeriodSeconds":15},"#
                        + #"{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},"#
                        + #""ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max","Policies":["#
                        + #"{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}"#))
    }

    @Test("ports of one number in two protocols share a node port")
    func sharedNodePorts() throws {
        let input = try JSONParser.parse(
            #"{"spec":{"type":"NodePort","ports":[{"port":53,"protocol":"UDP"},{"port":80,"nodePort":30080},"#
                + #"{"port":53,"protocol":"TCP"},{"port":80,"protocol":"UDP"},{"port":9}]}}"#)
        var tree = try Schema.kubernetes.decode(input, as: GroupVersionKind(kind: "Service")).tree
        let needs = ServiceAddresses.prepare(&tree)
        #expect(needs.nodePorts == [[0, 2], [4]])
        #expect(tree["spec"]?["ports"]?[3]?["nodePort"] == 30080)
    }
}
