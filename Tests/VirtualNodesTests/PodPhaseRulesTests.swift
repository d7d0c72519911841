import KubernetesModel
import Testing

@testable import VirtualNodes

/// The situations of upstream's tables (`pkg/kubelet/kubelet_pods_test.go`, `TestPodPhaseWith…`, v1.36), one
/// letter a container: `r` running, `R` running and started, `e` ended with 0, `f` failed, `w` waiting,
/// `z` waiting after an end with 0, `n` waiting after a failure, `-` without a status.
@Suite("Pod phases", .serialized)
struct PodPhaseRulesTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var policy: RestartPolicy
        var inits: String
        var regular: String
        var isTerminal: Bool
        var hasInitialized: Bool
        var phase: PodPhase

        init(
            _ policy: RestartPolicy, _ inits: String, _ regular: String, _ phase: PodPhase,
            terminal: Bool = false,
            initialized: Bool = false
        ) {
            (self.policy, self.inits, self.regular, self.phase) = (policy, inits, regular, phase)
            (isTerminal, hasInitialized) = (terminal, initialized)
        }

        var testDescription: String { "\(policy) \(inits)/\(regular)" }
    }

    static func status(_ name: String, _ letter: Character) -> ContainerStatus? {
        var status = ContainerStatus()
        status.name = name
        func end(_ code: Int64) -> ContainerState {
            var end = ContainerState.Termination()
            end.exitCode = code
            return .terminated(end)
        }
        switch letter {
        case "r": status.state = .running(startedAt: nil)
        case "R":
            status.state = .running(startedAt: nil)
            status.started = true
        case "e": status.state = end(0)
        case "f": status.state = end(-1)
        case "w": status.state = .waiting(reason: "", message: "")
        case "z":
            status.state = .waiting(reason: "", message: "")
            status.lastState = end(0)
        case "n":
            status.state = .waiting(reason: "", message: "")
            status.lastState = end(-1)
        default: return nil
        }
        return status
    }

    /// - Parameter sidecars: which init containers are restartable.
    static func phase(_ entry: Case, sidecars: [Bool]) -> PodPhase {
        var spec = PodSpecFields()
        spec.restartPolicy = entry.policy
        var statuses: [ContainerStatus] = []
        for (index, letter) in entry.inits.enumerated() {
            var container = Container()
            container.name = "init-\(index)"
            container.restartPolicy = sidecars[index] ? .always : nil
            spec.initContainers.append(container)
            if let status = status(container.name, letter) { statuses.append(status) }
        }
        for (index, letter) in entry.regular.enumerated() {
            var container = Container()
            container.name = "web-\(index)"
            spec.containers.append(container)
            if let status = status(container.name, letter) { statuses.append(status) }
        }
        return PodPhaseRules.phase(
            spec, statuses, isTerminal: entry.isTerminal, hasInitialized: entry.hasInitialized)
    }

    @Test(
        "without sidecars",
        arguments: [
            Case(.always, "", "--", .pending), Case(.always, "", "rr", .running),
            Case(.always, "", "ee", .running),
            Case(.always, "", "ee", .succeeded, terminal: true),
            Case(.always, "", "ef", .failed, terminal: true),
            Case(.always, "", "re", .running), Case(.always, "", "r-", .pending),
            Case(.always, "", "rw", .pending),
            Case(.always, "", "rz", .running), Case(.always, "r", "--", .pending),
            Case(.always, "f", "--", .pending), Case(.always, "z", "--", .pending),
            Case(.always, "n", "--", .pending), Case(.always, "w", "--", .pending),
            Case(.always, "e", "rr", .running), Case(.never, "", "rr", .running),
            Case(.never, "", "ee", .succeeded), Case(.never, "", "ff", .failed),
            Case(.never, "", "re", .running),
            Case(.never, "", "r-", .pending), Case(.never, "", "rw", .pending),
            Case(.never, "r", "--", .pending),
            Case(.never, "f", "--", .failed), Case(.never, "z", "--", .pending),
            Case(.never, "n", "--", .failed),
            Case(.never, "w", "--", .pending), Case(.never, "e", "rr", .running),
            Case(.onFailure, "", "rr", .running), Case(.onFailure, "", "ee", .succeeded),
            Case(.onFailure, "", "ff", .running), Case(.onFailure, "", "re", .running),
            Case(.onFailure, "", "r-", .pending), Case(.onFailure, "", "rw", .pending),
            Case(.onFailure, "", "rz", .running),
        ])
    func plain(entry: Case) {
        #expect(Self.phase(entry, sidecars: [false]) == entry.phase)
    }

    @Test(
        "with a sidecar",
        arguments: [
            Case(.always, "r", "--", .pending), Case(.always, "e", "--", .pending),
            Case(.always, "z", "--", .pending), Case(.always, "n", "--", .pending),
            Case(.always, "w", "--", .pending), Case(.always, "R", "r-", .pending, initialized: true),
            Case(.always, "R", "rr", .running, initialized: true),
            Case(.always, "r", "rr", .running, initialized: true),
            Case(.always, "e", "rr", .running, initialized: true),
            Case(.always, "z", "rr", .running, initialized: true),
            Case(.always, "f", "ee", .succeeded, terminal: true, initialized: true),
            Case(.always, "e", "ee", .succeeded, terminal: true, initialized: true),
            Case(.always, "r", "rr", .pending), Case(.never, "r", "--", .pending),
            Case(.never, "R", "r-", .pending, initialized: true),
            Case(.never, "R", "ee", .running, initialized: true),
            Case(.never, "r", "ee", .running, initialized: true),
            Case(.never, "e", "ee", .succeeded, initialized: true),
            Case(.never, "f", "ee", .succeeded, initialized: true),
            Case(.never, "z", "ee", .succeeded, initialized: true),
            Case(.never, "n", "ee", .succeeded, initialized: true),
        ])
    func sidecar(entry: Case) {
        #expect(Self.phase(entry, sidecars: [true]) == entry.phase)
    }

    @Test(
        "with a regular init container before a sidecar",
        arguments: [
            Case(.always, "rr", "r", .pending), Case(.always, "rr", "e", .pending),
            Case(.always, "er", "e", .pending), Case(.always, "er", "e", .running, initialized: true),
            Case(.always, "er", "r", .running, initialized: true),
        ])
    func mixed(entry: Case) {
        #expect(Self.phase(entry, sidecars: [false, true]) == entry.phase)
    }
}
