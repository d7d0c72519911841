import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

@Suite("Selectors")
struct SelectorTests {
    private static let lists = "conformance/api/list.jsonl"

    @Test(
        "field selectors pick and refuse as the real API server does",
        .enabled(if: SharedFiles.exists(lists), Comment(rawValue: SharedFiles.missing)))
    func recordedFieldSelectors() throws {
        let tests = try SharedFiles.lines(Self.lists).map { try JSONParser.parse($0) }
        var count = 0
        for test in tests where test["name"]?.stringValue?.hasPrefix("field/") == true {
            let request = try #require(test["request"])
            let name = Comment(rawValue: test["name"]?.stringValue ?? "")
            let path = (request["path"]?.stringValue ?? "").split(separator: "/").map(String.init)
            let apiVersion = path[0] == "api" ? path[1] : "\(path[1])/\(path[2])"
            let kind = try #require(
                ResourceRegistry.kubernetes.resource(apiVersion: apiVersion, plural: path.last ?? "")
            ).kind
            let namespace = path.firstIndex(of: "namespaces").flatMap {
                $0 + 1 < path.count ? path[$0 + 1] : nil
            }
            let set = "set/\(test["set"]?.stringValue ?? "")"
            let listed =
                (tests.first { $0["name"]?.stringValue == set }?["objects"]?.arrayValue ?? [])
                + Self.initialObjects
            count += 1
            do throws(SelectorError) {
                let selector = try FieldSelector(
                    parsing: request["query"]?["fieldSelector"]?.stringValue ?? "")
                let fields = SelectableFields(of: kind)
                try fields.check(selector)
                let names = listed.filter { $0["kind"]?.stringValue == kind.kind }.compactMap { object in
                    let metadata = object["metadata"] ?? .null
                    if let namespace, metadata["namespace"]?.stringValue != namespace { return String?.none }
                    guard fields.select(Self.defaulted(object), by: selector) else { return nil }
                    let name = metadata["name"]?.stringValue ?? ""
                    return metadata["namespace"]?.stringValue.map { "\($0)/\(name)" } ?? name
                }
                #expect(test["code"] == 200, name)
                #expect(names.sorted() == test["names"]?.arrayValue?.compactMap(\.stringValue), name)
            } catch let error {
                #expect(test["status"]?["message"]?.stringValue == error.description, name)
            }
        }
        #expect(count > 0)
    }

    /// What every recorded case finds, as far as field selectors are concerned.
    private static let initialObjects: [JSONValue] = [
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "default"]],
        [
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": ["name": "system-node-critical"], "value": 2_000_001_000,
        ],
    ]

    private static func defaulted(_ object: JSONValue) -> JSONValue {
        guard let kind = GroupVersionKind(of: object),
            var tree = try? Schema.kubernetes.decode(object, as: kind).tree
        else { return object }
        Defaulting.apply(kind, &tree)
        return tree
    }

    @Test(
        "label selectors pick and refuse as the real API server does",
        .enabled(if: SharedFiles.exists(lists), Comment(rawValue: SharedFiles.missing)))
    func recordedLabelSelectors() throws {
        let tests = try SharedFiles.lines(Self.lists).map { try JSONParser.parse($0) }
        let objects = tests.first { $0["name"] == "set/pods" }?["objects"]?.arrayValue ?? []
        var count = 0
        for test in tests where test["name"]?.stringValue?.hasPrefix("label/") == true {
            let text = test["request"]?["query"]?["labelSelector"]?.stringValue ?? ""
            var names: [String] = []
            var message = ""
            do throws(SelectorError) {
                let selector = try CompiledLabelSelector(parsing: text)
                for object in objects where object["kind"] == "Pod" {
                    let meta = object["metadata"] ?? .null
                    guard meta["namespace"] == "default", selector.matches(meta["labels"]) else { continue }
                    names.append("default/" + (meta["name"]?.stringValue ?? ""))
                }
            } catch {
                message = error.description
            }
            #expect(message == test["status"]?["message"]?.stringValue ?? "", "\(text)")
            if message.isEmpty {
                let expected = (test["names"]?.arrayValue ?? []).compactMap(\.stringValue)
                #expect(names == expected, "\(text)")
            }
            count += 1
        }
        #expect(count > 25)
    }

    @Test(
        "the string form is canonical",
        arguments: [
            ("x=a,y=b,z=c", "x=a,y=b,z=c"), ("x!=a,y=b", "x!=a,y=b"), ("x=,z= ", "x=,z="),
            ("!x", "!x"), ("x", "x"), ("x>1", "x>1"), ("x<7", "x<7"), ("b, a==1", "a==1,b"),
            ("x in (b,a)", "x in (a,b)"), ("x notin (c),y in (a)", "x notin (c),y in (a)"),
            ("x in (),y", "x in (),y"), ("x in (,a)", "x in (,a)"), ("", ""),
        ])
    func canonicalForm(text: String, expected: String) throws {
        #expect(try CompiledLabelSelector(parsing: text).description == expected)
    }

    @Test(
        "a text that is no selector is refused in upstream's words",
        arguments: [
            ("x=a||y=b", "unable to parse requirement: values[0][x]: Invalid value: \"a||y\": "),
            ("x==a==b", "found '==', expected: ',' or 'end of string'"),
            ("!x=a", "found '=', expected: ',' or 'end of string'"),
            ("x in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("x,", "found '', expected: identifier after ','"),
            ("x ? a", "unable to parse requirement: found '?', expected: in, notin, =, ==, !=, gt, lt"),
        ])
    func refused(text: String, message: String) {
        do throws(SelectorError) {
            _ = try CompiledLabelSelector(parsing: text)
            Issue.record("\(text) was accepted")
        } catch {
            #expect(error.description.hasPrefix(message), "\(error)")
        }
    }

    @Test(
        "a selector holds for labels as upstream's does",
        arguments: [
            ("", ["x": "y"], true), ("x=y", ["x": "y"], true), ("x=y,z=w", ["x": "y", "z": "w"], true),
            ("x!=y,z!=w", ["x": "z", "z": "a"], true), ("notin=in", ["notin": "in"], true),
            ("x", ["x": "z"], true), ("!x", ["y": "z"], true), ("x>1", ["x": "2"], true),
            ("x<1", ["x": "0"], true), ("x=z", [:], false), ("x=y", ["x": "z"], false),
            ("!x", ["x": "z"], false), ("x>1", ["x": "0"], false), ("x<1", ["x": "2"], false),
            ("x>1", ["x": "a"], false), ("x notin (a)", [:], true), ("x in (a)", [:], false),
        ])
    func matching(text: String, labels: [String: String], expected: Bool) throws {
        let selector = try CompiledLabelSelector(parsing: text)
        #expect(selector.matches(labels) == expected)
        let sorted = labels.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
        #expect(selector.matches(sorted: sorted) == expected)
    }

    @Test("an absent selector selects nothing, an empty one everything")
    func absence() throws {
        #expect(try CompiledLabelSelector(JSONValue?.none) == .nothing)
        #expect(try CompiledLabelSelector([:]) == .everything)
        #expect(try !CompiledLabelSelector(JSONValue?.none).matches(["a": "b"]))
        let written: JSONValue = [
            "matchLabels": ["b": "1"],
            "matchExpressions": [["key": "a", "operator": "In", "values": ["y", "x"]]],
        ]
        #expect(try CompiledLabelSelector(written).description == "a in (x,y),b=1")
        #expect(throws: SelectorError("\"Foo\" is not a valid label selector operator")) {
            try CompiledLabelSelector(["matchExpressions": [["key": "a", "operator": "Foo"]]])
        }
    }

    @Test(
        "field selectors parse, escape and refuse as upstream's do",
        arguments: [
            ("metadata.name=a", "metadata.name=a"), ("b!=2,a==1", "a=1,b!=2"), ("a=1,", "a=1"),
            (#"x=a\,b\=c\\"#, #"x=a\,b\=c\\"#), ("", ""),
        ])
    func fieldSelectors(text: String, expected: String) throws {
        #expect(try FieldSelector(parsing: text).description == expected)
    }

    @Test(
        "a text that is no field selector is refused in upstream's words",
        arguments: [
            ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
            ("x=a=b", "invalid field selector: unescaped character in value: 61"),
            (#"x=a\b"#, #"invalid field selector: invalid escape sequence: \b"#),
        ])
    func refusedFieldSelectors(text: String, message: String) {
        #expect(throws: SelectorError(message)) { try FieldSelector(parsing: text) }
    }

    @Test(
        "a node selector's requirement holds for a label's value",
        arguments: [
            ("In", ["a", "b"], "a", true), ("In", ["a"], nil, false), ("NotIn", ["a"], nil, true),
            ("NotIn", ["a"], "a", false), ("Exists", [], "x", true), ("Exists", [], nil, false),
            ("DoesNotExist", [], nil, true), ("Gt", ["5"], "6", true), ("Gt", ["5"], "5", false),
            ("Lt", ["5"], "4", true), ("Lt", ["5"], "x", false), ("Foo", ["a"], "a", false),
        ] as [(String, [String], String?, Bool)])
    func nodeRequirements(operation: String, values: [String], label: String?, expected: Bool) {
        let requirement = NodeSelectorRequirement([
            "key": "k", "operator": .string(operation), "values": .array(values.map { .string($0) }),
        ])
        #expect(requirement.matches(label) == expected)
    }

    @Test("a node selector's term without requirements selects no node")
    func emptyTerm() {
        let selector = CompiledNodeSelector(["nodeSelectorTerms": [[:]]])
        #expect(!selector.matches(name: "n") { _ in nil })
        let byName = CompiledNodeSelector([
            "nodeSelectorTerms": [
                [:], ["matchFields": [["key": "metadata.name", "operator": "In", "values": ["n"]]]],
            ]
        ])
        #expect(byName.matches(name: "n") { _ in nil })
        #expect(!byName.matches(name: "m") { _ in nil })
    }
}
