import Foundation
import KubernetesModel
import Testing

@testable import Scenarios

/// A folder that is removed at the end of a test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "scenarios-tests-" + UUID().uuidString + "/"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path + name))
    }

    /// The diagnostics of loading a file of this folder, with the folder's name taken out.
    func diagnostics(loading name: String, strict: Bool = false) -> [String] {
        do throws(InvalidInput) {
            return try ScenarioLoader.load(path: path + name, options: .init(isStrict: strict)).warnings.map(
                shown)
        } catch {
            return error.diagnostics.map(shown)
        }
    }

    private func shown(_ diagnostic: Diagnostic) -> String {
        diagnostic.description.replacingOccurrences(of: path, with: "")
    }
}

/// A small valid scenario, to be spoilt by the tests.
private func scenarioYAML(_ more: String = "", duration: String = "10m", cluster: String = "") -> String {
    """
    apiVersion: simk.dev/v1
    kind: Scenario
    metadata: {name: test}
    duration: \(duration)
    cluster:
      nodePools:
        - name: general
          count: 3
          capacity: {cpu: 4, memory: 16Gi}
    \(cluster)
    manifests:
      - apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: nginx}]}
    \(more)
    """
}

private func diagnostics(_ text: String, _ language: ScenarioLoader.Language = .yaml, strict: Bool = false)
    -> [String]
{
    do throws(InvalidInput) {
        let scenario = try ScenarioLoader.parse(
            text, language, name: "s.yaml", options: .init(isStrict: strict))
        return scenario.warnings.map(\.description)
    } catch {
        return error.diagnostics.map(\.description)
    }
}

@Suite("Bad input")
struct BadInputTests {
    @Test("the small scenario is valid")
    func valid() { #expect(diagnostics(scenarioYAML()) == []) }

    @Test(
        "each mistake is told with its place, what was found, what was expected and what to do",
        arguments: [
            (
                "expext: []",
                "s.yaml:20:1: unknown key 'expext'. Did you mean 'expect'?"
            ),
            (
                "seed: many",
                "s.yaml:20:1: seed: found the text \"many\", expected a whole number from 0 to 9223372036854775807, "
                    + "or a text with one up to 18446744073709551615"
            ),
            (
                "timeline: [{at: -5m, cordon: general-1}]",
                "s.yaml:20:13: timeline[0].at: found the text \"-5m\", expected a duration such as \"5m30s\" or \"30d\". "
                    + "A duration here cannot be negative"
            ),
            (
                "timeline: [{at: 300, cordon: general-1}]",
                "s.yaml:20:13: timeline[0].at: found the number 300, expected a duration such as \"5m30s\" or \"30d\". "
                    + "Give the unit: \"300s\" for seconds"
            ),
            (
                "timeline: [{at: 5m, fail: {node: generl-1}}]",
                "s.yaml:20:28: timeline[0].fail.node: there is no node 'generl-1'. Did you mean 'general-1'?"
            ),
            (
                "timeline: [{at: 5m, fail: {node: general-1, mode: powerloss}}]",
                "s.yaml:20:45: timeline[0].fail.mode: found the text \"powerloss\", expected one of powerLoss, "
                    + "kubeletStop, partition, diskFailure. Did you mean 'powerLoss'?"
            ),
            (
                "timeline: [{at: 20m, uncordon: general-1}]",
                "s.yaml:20:13: timeline[0].at: found 20m0s, expected a moment within the run of 10m0s. "
                    + "Move it, or raise 'duration'"
            ),
            (
                "timeline: [{at: 5m, cordon: general-1, drain: general-1}]",
                "s.yaml:20:12: timeline[0]: found cordon and drain, expected exactly one of apply, delete, scale, cordon, "
                    + "uncordon, drain, taint, untaint, setImage, rollback, restart, fail, recover, killLeader, label, "
                    + "annotate"
            ),
            (
                "timeline: [{at: 5m, scale: {object: deployment/wep, replicas: 2}}]",
                "s.yaml:20:29: timeline[0].scale.object: there is no deployment 'wep'. Did you mean 'web'?"
            ),
            (
                "timeline: [{at: 5m, scale: {object: service/web, replicas: 2}}]",
                "s.yaml:20:29: timeline[0].scale.object: found the text \"service/web\", expected an object of kind "
                    + "deployment, statefulset, replicaset, replicationcontroller. scale does not work on services"
            ),
            (
                "timeline: [{at: 5m, setImage: {object: deployment/web, container: wob, image: nginx}}]",
                "s.yaml:20:21: timeline[0].setImage: there is no container 'wob'. Did you mean 'web'?"
            ),
            (
                "failures: [{name: nodes, scope: node, timeToFailure: {weibull: {shape: 0, scale: 30d}}, timeToRepair: 5m}]",
                "s.yaml:20:72: failures[0].timeToFailure.weibull.shape: found 0.0, expected a finite number above 0"
            ),
            (
                "failures: [{name: nodes, scope: node, timeToFailure: {expnential: {mean: 30d}}, timeToRepair: 5m}]",
                "s.yaml:20:55: failures[0].timeToFailure: unknown key 'expnential'. Did you mean 'exponential'?"
            ),
            (
                "failures: [{name: disks, scope: disk, timeToFailure: 30d, timeToRepair: 5m}]",
                "s.yaml:20:12: failures[0]: the scope 'disk' matches nothing. Give the node pools 'disks' with a name "
                    + "and a capacity each"
            ),
            (
                "timeline: [{at: 5m, fail: {node: general-1, disk: ssd}}]",
                "s.yaml:20:45: timeline[0].fail.disk: found the text \"ssd\", expected a disk of node general-1, which "
                    + "has none. Give its pool 'disks' with a name and a capacity each"
            ),
            (
                "behaviors: [{selector: app=wep}]",
                "s.yaml:20:13: behaviors[0]: the selector 'app=wep' matches nothing. Compare it with the labels "
                    + "of the pods and pod templates in the manifests"
            ),
            (
                "expect: [{name: a, object: deploymnt/web, condition: Available, within: 1m}]",
                "s.yaml:20:20: expect[0].object: found the text \"deploymnt/web\", expected an object or selection such as "
                    + "deployment/web or \"pods -l app=web\". There is no kind 'deploymnt'. Did you mean 'deployment'?"
            ),
            (
                "expect: [{name: a, object: deployment/web, condition: Available, within: 1m, after: falure}]",
                "s.yaml:20:78: expect[0].after: there is no moment 'falure'. There are: end, start"
            ),
            (
                "expect: [{name: a, object: deployment/web, condition: Available}]",
                "s.yaml:20:10: expect[0]: found none, expected exactly one of within, always, never, eventually, atEnd, "
                    + "settles"
            ),
            (
                "expect: [{name: a, object: pods -l app=wep, condition: Ready, within: 1m}]",
                "s.yaml:20:20: expect[0].object: 'pods -l app=wep' matches nothing. Compare it with the "
                    + "namespaces and labels in the manifests"
            ),
            (
                "expect: [{name: a, object: deployment/web, jsonpath: '{.status[}', within: 1m}]",
                "s.yaml:20:44: expect[0].jsonpath: found the text \"{.status[}\", expected a path such as "
                    + "\"{.status.readyReplicas}\". the bracket at character 9 is not closed"
            ),
            (
                "expect: [{name: a, metric: podLost, atMost: 0, atEnd: true}]",
                "s.yaml:20:20: expect[0].metric: there is no metric 'podLost'. Did you mean 'podsLost'?"
            ),
        ])
    func mistake(line: String, expected: String) {
        #expect(diagnostics(scenarioYAML(line)) == [expected])
    }

    @Test("a moment keeps its time when its entry has another mistake, so that one mistake is told once")
    func momentOfFaultyEntry() {
        let lines = """
            timeline: [{at: 5m, as: lost, fail: {node: generl-1}}]
            expect:
              - {name: a, object: deployment/web, condition: Available, always: {from: 1m, to: lost+30s}}
            """
        #expect(
            diagnostics(scenarioYAML(lines)) == [
                "s.yaml:20:38: timeline[0].fail.node: there is no node 'generl-1'. Did you mean 'general-1'?"
            ])
    }

    @Test("mistakes in the cluster are told")
    func cluster() {
        let text = """
            {
              "apiVersion": "simk.dev/v1", "kind": "Scenario", "metadata": {"name": "t"}, "duration": "1h",
              "cluster": {
                "zones": ["a", "b"],
                "nodePools": [
                  {"name": "general", "count": "3", "zones": ["c"],
                   "capacity": {"cpu": "4x", "memory": "16GB"}, "taints": ["gpu"]},
                  {"name": "general", "cout": 1, "capacity": {"cpu": 4}}
                ],
                "controlPlane": {"parameters": {"nodeMonitorGracePeriods": "40s", "nodeEvictionRate": -1,
                  "podGCQuarantine": "20s", "podGCPeriod": "0s"}}
              },
              "duration": "2h"
            }
            """
        #expect(
            diagnostics(text, .json) == [
                "s.yaml:6:27: cluster.nodePools[0].count: found the text \"3\", expected a whole number from 0 to 1000000",
                "s.yaml:6:51: cluster.nodePools[0].zones[0]: there is no zone 'c'. Did you mean 'a'?",
                "s.yaml:7:21: cluster.nodePools[0].capacity.cpu: found the text \"4x\", expected a quantity such as \"500m\", "
                    + "4 or \"16Gi\". Suffixes are n, u, m, k, M, G, T, P, E and Ki, Mi, Gi, Ti, Pi, Ei",
                "s.yaml:7:34: cluster.nodePools[0].capacity.memory: found the text \"16GB\", expected a quantity such as "
                    + "\"500m\", 4 or \"16Gi\". Suffixes are n, u, m, k, M, G, T, P, E and Ki, Mi, Gi, Ti, Pi, Ei",
                "s.yaml:7:64: cluster.nodePools[0].taints[0]: found the text \"gpu\", expected a taint such as "
                    + "\"dedicated=gpu:NoSchedule\". Effects are NoSchedule, PreferNoSchedule or NoExecute",
                "s.yaml:8:7: cluster.nodePools[1]: 'count' is missing: how many nodes",
                "s.yaml:8:8: cluster.nodePools[1].name: a second pool named 'general'. Names must differ",
                "s.yaml:8:27: cluster.nodePools[1]: unknown key 'cout'. Did you mean 'count'?",
                "s.yaml:8:38: cluster.nodePools[1].capacity: 'memory' is missing: how much a node has",
                "s.yaml:10:37: cluster.controlPlane.parameters.nodeMonitorGracePeriods: there is no timing parameter "
                    + "'nodeMonitorGracePeriods'. Did you mean 'nodeMonitorGracePeriod'?",
                "s.yaml:10:71: cluster.controlPlane.parameters.nodeEvictionRate: found the number -1, expected a number of "
                    + "at least 0",
                "s.yaml:11:33: cluster.controlPlane.parameters.podGCPeriod: found the text \"0s\", expected a duration "
                    + "above 0 such as \"5m30s\" or \"30d\". A duration here cannot be zero",
                "s.yaml:13:3: the key 'duration' stands twice, first in line 2. Remove one of them",
            ])
    }

    // MARK: Files

    @Test("files that cannot be read are told apart")
    func files() throws {
        let folder = try TemporaryFolder()
        try folder.write("empty.json", " \n")
        try folder.write("comment.yaml", "# nothing\n---\n")
        try Data([0x7B, 0x22, 0xFF, 0x22]).write(to: URL(filePath: folder.path + "latin.json"))
        try folder.write("scenario.toml", "a = 1")
        try folder.write("two.yaml", scenarioYAML() + "\n---\n" + scenarioYAML())
        #expect(
            folder.diagnostics(loading: "emty.json") == [
                "emty.json: there is no such file. Expected the path of a file. Did you mean 'empty.json'?"
            ])
        #expect(
            folder.diagnostics(loading: "") == [": this is a directory, expected a file. Name the file in it"]
        )
        #expect(
            folder.diagnostics(loading: "empty.json") == [
                "empty.json: the file is empty, expected an object with apiVersion and kind"
            ])
        #expect(
            folder.diagnostics(loading: "comment.yaml") == [
                "comment.yaml: the file is empty, expected an object with apiVersion and kind"
            ])
        #expect(
            folder.diagnostics(loading: "latin.json") == [
                "latin.json:1:3: byte 3 is not valid UTF-8, expected text in UTF-8. Convert it, e.g. with iconv -t UTF-8"
            ])
        #expect(
            folder.diagnostics(loading: "scenario.toml") == [
                "scenario.toml: unknown type of file, expected a name that ends in .json, .yaml or .yml. Rename the file"
            ])
        #expect(
            folder.diagnostics(loading: "two.yaml") == [
                "two.yaml:22:1: a second document begins here, expected one scenario a file. Use two files"
            ])
    }

    @Test("a file of 100 MB is refused before it is read")
    func hugeFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "huge.json"
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 100_000_000)
        try handle.close()
        #expect(
            folder.diagnostics(loading: "huge.json") == [
                "huge.json: the file has 100 MB, expected at most 20 MB. Split it, or leave out what the scenario does "
                    + "not need"
            ])
    }

    // MARK: Syntax

    @Test(
        "syntax errors name line and column",
        arguments: [
            (
                "{\"apiVersion\": \"simk.dev/v1\",\n  \"kind\" \"Scenario\"}", true,
                "s.yaml:2:10: JSON syntax: unexpected '\"' after the member name \"kind\", expected ':'"
            ),
            (
                "{\"a\": [1, 2", true,
                "s.yaml:1:12: JSON syntax: unexpected end of the text after an element, expected ',' or ']'"
            ),
            (
                "a: [1, 2\nb: 3", false,
                "s.yaml:2:2: YAML syntax: while parsing a flow sequence, did not find expected ',' or ']'"
            ),
            ("a: b: c", false, "s.yaml:1:5: YAML syntax: mapping values are not allowed in this context"),
            (
                "a: *nowhere", false,
                "s.yaml:1:4: the alias refers to an anchor that is not defined before it, or that contains it. Define it earlier"
            ),
            (
                "a: &x [*x]", false,
                "s.yaml:1:8: the alias refers to an anchor that is not defined before it, or that contains it. Define it earlier"
            ),
            ("a: 1\nb: 2\na: 3", false, "s.yaml:1:1: the key 'a' stands twice. Remove one of them"),
            ("a: .nan", false, "s.yaml:1:4: found .nan, expected a finite number. Put a text in quotes"),
            ("? [a, b]\n: c", false, "s.yaml:1:3: found a list or a mapping as a key, expected a text"),
        ])
    func syntax(text: String, isJSON: Bool, expected: String) {
        #expect(diagnostics(text, isJSON ? .json : .yaml) == [expected])
    }

    @Test("a bomb of aliases is refused, as values and as keys", arguments: [false, true])
    func aliasBomb(asKey: Bool) {
        var text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        for (name, previous) in zip("bcdefghij", "abcdefghi") {
            let aliases = Array(repeating: "*\(previous)", count: 9).joined(separator: ",")
            text += "\(name): &\(name) [\(aliases)]\n"
        }
        if asKey { text += "? *j\n: x\n" }
        let found = diagnostics(text)
        #expect(found.count == 1)
        #expect(
            found.first?.hasSuffix(
                "more than 5000000 values once aliases are expanded. Aliases of aliases multiply: write the values out"
            )
                == true)
    }

    @Test("a long line and a flood of mistakes take no long time, and the flood is cut")
    func flood() {
        let elements = Array(repeating: "{\"x\": 1}", count: 50_000).joined(separator: ",")
        let found = diagnostics("{\"timeline\": [\(elements)]}", .json)
        #expect(found.count == DiagnosticLog.limit + 1)
        #expect(found.last == "s.yaml: 149005 more problems are left out. Correct these first")
    }

    @Test("deep nesting is refused", arguments: [true, false])
    func deepNesting(isJSON: Bool) {
        let text = String(repeating: "[", count: 50_000) + String(repeating: "]", count: 5_000)
        #expect(diagnostics(text, isJSON ? .json : .yaml).count == 1)
    }

    // MARK: Manifests

    @Test("mistakes in manifest files are told with their lines")
    func manifests() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "s.yaml",
            scenarioYAML().replacingOccurrences(
                of: "manifests:\n", with: "manifests:\n  - web.yaml\n  - wev.yaml\n"))
        try folder.write(
            "web.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web2
            spec:
              replicas: "3"
              selector:
                matchLabels: {app: web}
              template:
                metadata:
                  labels: {app: web}
                spec:
                  containers:
                    - name: web
                      image: nginx
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: tool
            spec:
              containers:
                - name: tool
                  imag: busybox
                  command: [run, 5]
                  tty: "yes"
                  resources:
                    requests: {cpu: 100m}
              nodeSelector: {disk: 1, zone: a}
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: heavy
            spec:
              containers:
                - name: heavy
                  image: busybox
                  resources:
                    requests: {cpu: 100x}
            ---
            apiVersion: example.com/v1
            kind: Depolyment
            metadata: {name: x}
            ---
            apiVersion: extensions/v1beta1
            kind: Deployment
            metadata: {name: x}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {generateName: x-}
            ---
            - just a list
            """)
        #expect(
            folder.diagnostics(loading: "s.yaml") == [
                "s.yaml:13:5: manifests[1]: wev.yaml: there is no such file. Expected the path of a file. Did you mean "
                    + "'web.yaml'?",
                "web.yaml:6:3: spec.replicas: found the text \"3\", expected a whole number",
                "web.yaml:24:7: spec.containers[0].imag: unknown field 'imag'. Did you mean 'image'?",
                "web.yaml:25:22: spec.containers[0].command[1]: found the number 5, expected a text (put it in quotes)",
                "web.yaml:26:7: spec.containers[0].tty: found the text \"yes\", expected true or false",
                "web.yaml:29:18: spec.nodeSelector.disk: found the number 1, expected a text (put it in quotes)",
                "web.yaml:40:20: spec.containers[0].resources.requests.cpu: found the text \"100x\", expected a quantity such "
                    + "as \"500m\", 4 or \"16Gi\". Suffixes are n, u, m, k, M, G, T, P, E and Ki, Mi, Gi, Ti, Pi, Ei",
                "web.yaml:42:1: warning: unsupported kind Depolyment (example.com/v1): it is ignored. Did you mean "
                    + "'Deployment'?",
                "web.yaml:46:1: warning: Deployment is not served in extensions/v1beta1: it is ignored. Kubernetes 1.36 has "
                    + "it in apps/v1",
                "web.yaml:52:11: metadata: 'name' is missing: kubectl apply cannot use generateName, give the name itself",
                "web.yaml:54:1: found an array, expected a Kubernetes object with apiVersion and kind",
            ])
    }

    @Test("strict mode makes errors of unsupported kinds")
    func strict() {
        let text = scenarioYAML().replacingOccurrences(
            of: "manifests:\n",
            with: "manifests:\n  - {apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: x}}\n")
        let message =
            "manifests[0]: unsupported kind Rollout (argoproj.io/v1alpha1): it is ignored; remove it"
        #expect(diagnostics(text) == ["s.yaml:12:5: warning: " + message])
        #expect(diagnostics(text, strict: true) == ["s.yaml:12:5: " + message])
    }
}
