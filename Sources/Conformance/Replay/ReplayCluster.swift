import ControlPlane
import KubernetesModel
import SimulationKernel

/// An API server and a controller manager on a virtual clock, with nothing else: the surroundings in which
/// the recordings were made.
///
/// Calls take a millisecond each way, watch events one. Users, kubelets and the scheduler are the driver, whose
/// calls are handled at once.
struct ReplayCluster: ~Copyable {
    private enum Work {
        case arrive(CallToken, APIRequest)
        case answer(CallToken, APIResult)
        case deliver
    }
    private struct Entry {
        var time: VirtualTime
        var work: Work
    }
    private static let latency = VirtualDuration.milliseconds(1)
    /// Steps of work between two actions that no case comes near.
    private static let mostRounds = 50_000

    var server: APIServer
    private var manager = ControllerManager()
    private var correlator = EventCorrelator()
    /// By time, then in the order of scheduling.
    private var entries: [Entry] = []
    private var delivered: Int64 = 0
    private(set) var now = VirtualTime.start
    let epoch: CalendarTime
    /// What the controllers reported since this was emptied, as far as the event limits let it through.
    var events: [EventRecord] = []
    /// Whether there was more to do than any case has.
    private(set) var isRestless = false

    init(epoch: CalendarTime, configure: (inout ControllerManager) -> Void) {
        self.epoch = epoch
        server = APIServer(epoch: epoch, seed: 1)
        configure(&manager)
    }

    /// Handles a call of a user, kubelet or scheduler at once.
    @discardableResult
    mutating func handle(_ request: APIRequest) -> APIResult {
        let revision = server.store.revision
        let result = server.handle(request, at: now)
        if server.store.revision != revision { schedule(.deliver) }
        return result
    }

    /// The holder of a lease stops renewing it.
    mutating func endRenewals(of key: ObjectKey) {
        let revision = server.store.revision
        server.endRenewals(of: key, at: now)
        if server.store.revision != revision { schedule(.deliver) }
    }

    /// Lets the controllers work until a moment.
    mutating func run(until end: VirtualTime) {
        var rounds = 0
        while true {
            rounds += 1
            if rounds > Self.mostRounds {
                isRestless = true
                break
            }
            let next = entries.first?.time ?? .never
            let wake = manager.nextWake
            let time = min(next, wake)
            guard time <= end else { break }
            now = max(now, time)
            var out = Outbox()
            if next <= wake {
                step(entries.removeFirst().work, &out)
            } else {
                manager.wake(at: now, &out)
            }
            send(out)
        }
        now = max(now, end)
    }

    private mutating func step(_ work: Work, _ out: inout Outbox) {
        switch work {
        case .arrive(let token, let request):
            let result = handle(request)
            schedule(.answer(token, result))
        case .answer(let token, let result):
            manager.complete(token, result, at: now, &out)
        case .deliver:
            guard let changes = server.store.changes(after: delivered), !changes.isEmpty else { return }
            delivered = server.store.revision
            // One at a time, as they come from a server whose writes take their time.
            for change in changes {
                manager.deliver([WatchEvent(change.kind, change.object)], at: now, &out)
            }
        }
    }

    private mutating func send(_ out: Outbox) {
        for call in out.calls { schedule(.arrive(call.token, call.request)) }
        for event in out.events where correlator.request(for: event, epoch: epoch, at: now) != nil {
            events.append(event)
        }
    }

    private mutating func schedule(_ work: Work) {
        let time = now + Self.latency
        let index = entries.firstIndex { $0.time > time } ?? entries.count
        entries.insert(Entry(time: time, work: work), at: index)
    }
}
