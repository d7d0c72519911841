import KubernetesModel
import Testing

@testable import Scenarios

@Suite("JSONPath as kubectl takes it")
struct JSONPathTests {
    private static let object: JSONValue = [
        "metadata": ["name": "web", "labels": ["app.kubernetes.io/name": "web", "tier": "front"]],
        "spec": [
            "containers": [
                ["name": "a", "image": "x:1", "ports": [80, 443]], ["name": "b", "image": "y:2"],
            ]
        ],
        "status": [
            "readyReplicas": 3,
            "conditions": [
                ["type": "Ready", "status": "True", "weight": 5],
                ["type": "Available", "status": "False", "weight": 7],
            ],
        ],
    ]

    @Test(
        "values",
        arguments: [
            ("{.status.readyReplicas}", ["3"]), (".status.readyReplicas", ["3"]),
            ("status.readyReplicas", ["3"]),
            ("{$.status.readyReplicas}", ["3"]), ("{ .status.readyReplicas }", ["3"]),
            ("{.metadata.labels.app\\.kubernetes\\.io/name}", ["\"web\""]),
            ("{.metadata.labels['app.kubernetes.io/name']}", ["\"web\""]),
            ("{.metadata.labels[\"tier\"]}", ["\"front\""]),
            ("{.metadata.labels['tier','app.kubernetes.io/name']}", ["\"front\"", "\"web\""]),
            ("{.spec.containers[0].image}", ["\"x:1\""]), ("{.spec.containers[-1].image}", ["\"y:2\""]),
            ("{.spec.containers[0:1].name}", ["\"a\""]), ("{.spec.containers[1:].name}", ["\"b\""]),
            ("{.spec.containers[0,1].name}", ["\"a\"", "\"b\""]),
            ("{.spec.containers[*].name}", ["\"a\"", "\"b\""]), ("{.spec.containers[5].name}", []),
            ("{.spec.containers[0].ports[0:2:1]}", ["80", "443"]),
            ("{.metadata.labels.*}", ["\"web\"", "\"front\""]), ("{..image}", ["\"x:1\"", "\"y:2\""]),
            ("{.status.conditions[?(@.type==\"Ready\")].status}", ["\"True\""]),
            ("{.status.conditions[?(@.type=='Ready')].status}", ["\"True\""]),
            ("{.status.conditions[?(@.type != \"Ready\")].type}", ["\"Available\""]),
            ("{.status.conditions[?(@.weight>=7)].type}", ["\"Available\""]),
            ("{.status.conditions[?(@.weight<7)].type}", ["\"Ready\""]),
            ("{.spec.containers[?(@.ports)].name}", ["\"a\""]),
            ("{.spec.containers[?(@.ports[0]==80)].name}", ["\"a\""]),
            ("{.nothing.here[0].at.all}", []), ("{.status.readyReplicas.x}", []),
        ])
    func values(path: String, expected: [String]) throws {
        let values = try JSONPath(path).values(in: Self.object)
        #expect(values.map { JSONWriter.string($0) } == expected)
    }

    @Test("the whole object")
    func root() throws {
        #expect(try JSONPath("{}").values(in: Self.object) == [Self.object])
        #expect(try JSONPath("{$}").values(in: Self.object) == [Self.object])
    }

    @Test(
        "faults",
        arguments: [
            ("", "it is empty"), ("{.a", "the closing brace is missing"),
            ("x={.a}", "text around the braces is not allowed"),
            ("{.a}{.b}", "one pair of braces is allowed"),
            ("{.a[}", "the bracket at character 4 is not closed"),
            ("{.a[x]}", "'[x]' is neither an index nor a quoted name"),
            ("{.a..}", "a field name is missing at character 6"),
            ("{range .items[*]}", "'range' is not supported; use [*]"),
            ("{.a[?(@.b=1)]}", "use '==' in the filter '@.b=1'"),
            ("{.a[?(b==1)]}", "'b' is neither a value nor a path from '@'"),
            ("{.a b}", "unexpected ' ' at character 4"),
        ])
    func faults(path: String, message: String) {
        #expect(throws: JSONPath.Fault(message: message)) { try JSONPath(path) }
    }
}

@Suite("Selections as kubectl takes them")
struct ObjectSelectionTests {
    @Test(
        "texts",
        arguments: [
            ("deployment/web", "deployment/web"), ("deploy/web -n shop", "deployment/web -n shop"),
            ("deployments.apps/web", "deployment/web"), ("Deployment web", "deployment/web"),
            ("pods -l app=web", "pods -l app=web"), ("po -l app=web -A", "pods -l app=web -A"),
            ("pods -l 'env in (a, b),tier!=x' -n shop", "pods -l 'env in (a,b),tier notin (x)' -n shop"),
            ("pods --selector=app==web --namespace=shop", "pods -l app=web -n shop"),
            ("pods -l !legacy,app", "pods -l !legacy,app"), ("node/general-1", "node/general-1"),
            ("no -l simk.dev/pool=general", "nodes -l simk.dev/pool=general"), ("sts", "statefulsets"),
            ("lease/kube-scheduler -n kube-system", "lease/kube-scheduler -n kube-system"),
        ])
    func reads(text: String, expected: String) throws {
        let selection = try ObjectSelection(parsing: text)
        #expect(selection.description == expected)
        #expect(try ObjectSelection(parsing: expected) == selection)
    }

    @Test(
        "faults",
        arguments: [
            ("", ObjectSelection.Fault.empty), ("pod/a -l app=web", .nameAndSelector),
            ("pods -x", .unknownWord("-x")),
            ("pods a b", .unknownWord("b")), ("pods -l", .missingArgument("-l")), ("pod/", .badName("")),
            ("pods -l app=we b=c", .unknownWord("b=c")), ("pods -l =x", .badSelector("'' is no label key")),
            ("pdo/web", .unknownKind("pdo", nearest: "pod")), ("node/a -n x", .namespaceOfClusterKind("x")),
        ])
    func faults(text: String, fault: ObjectSelection.Fault) {
        #expect(throws: fault) { try ObjectSelection(parsing: text) }
    }
}

@Suite("YAML scalars as manifests have them")
struct YAMLScalarTests {
    @Test(
        "plain scalars",
        arguments: [
            ("yes", "true"), ("Off", "false"), ("y", "true"), ("~", "null"), ("null", "null"), ("", "null"),
            ("123", "123"), ("-7", "-7"), ("+7", "7"), ("0777", "511"), ("0o17", "15"), ("0x1F", "31"),
            ("0b101", "5"),
            ("1_000", "1000"), ("089", "89"), ("1.5", "1.5"), (".5", "0.5"), ("1e3", "1000"),
            ("12e03", "12000"),
            ("-1.25e-2", "-0.0125"), ("1.", "1"), ("2001-12-14", "\"2001-12-14\""),
            ("12:30:45", "\"12:30:45\""),
            ("1.2.3", "\"1.2.3\""), ("500m", "\"500m\""), ("16Gi", "\"16Gi\""), ("0x", "\"0x\""),
            ("-", "\"-\""),
            ("inf", "\"inf\""), ("nan", "\"nan\""), ("true1", "\"true1\""), ("web", "\"web\""),
            ("1e", "\"1e\""),
        ])
    func plain(text: String, expected: String) throws {
        let content = try #require(YAMLScalar.resolve(text))
        let value = LocatedValue(content, at: TextPosition(line: 1, column: 1))
        #expect(JSONWriter.string(value.json) == expected)
    }

    @Test("quotes, tags, anchors and merges")
    func documents() throws {
        let text = """
            base: &base {a: 1, b: 2}
            merged:
              <<: *base
              b: 3
            again: *base
            quoted: ["yes", 'no', !!str 5, !!str yes]
            1: one
            true: two
            block: |
              line
              line
            """
        let documents = try YAMLReader.documents(text, limits: JSONLimits())
        #expect(
            documents.map { JSONWriter.string($0.root.json) } == [
                #"{"base":{"a":1,"b":2},"merged":{"b":3,"a":1},"again":{"a":1,"b":2},"quoted":["yes","no","5","yes"],"#
                    + #""1":"one","true":"two","block":"line\nline"}"#
            ])
    }

    @Test("places of fields are found by their paths")
    func places() throws {
        let text =
            "spec:\n  template:\n    metadata: {annotations: {a.b/c: x}}\n  items:\n    - x\n    - name: y\n"
        let root = try #require(try YAMLReader.documents(text, limits: JSONLimits()).first?.root)
        func place(_ path: String) -> String {
            let place = root.position(of: path)
            return "\(place.line):\(place.column)"
        }
        #expect(place("spec.template.metadata.annotations.a.b/c") == "3:30")
        #expect(place("spec.template.metadata.annotations[a.b/c]") == "3:30")
        #expect(place("spec.items[1].name") == "6:7")
        #expect(place("spec.items[0]") == "5:7")
        #expect(place("spec.items[7].name") == "4:3")
        #expect(place("spec.missing") == "1:1")
        #expect(place("nothing") == "1:1")
    }
}
