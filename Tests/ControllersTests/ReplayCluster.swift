import ControlPlane
import KubernetesModel
import SimulationKernel

/// An API server and a controller manager on a virtual clock, with nothing else: the surroundings in which
/// the recordings were made. Calls take 1 ms each way, watch events 1 ms.
final class ReplayCluster {
    private enum Work {
        case arrive(CallToken, APIRequest)
        case answer(CallToken, APIResult)
        case deliver
    }
    private struct Entry {
        var time: VirtualTime
        var work: Work
    }

    var server: APIServer
    private var manager: ControllerManager
    private var correlator = EventCorrelator()
    private var entries: [Entry] = []
    private var delivered: Int64 = 0
    private(set) var now = VirtualTime.start
    let epoch: CalendarTime
    /// What the controllers reported since this was emptied, as far as the event limits let it through.
    var events: [EventRecord] = []
    var journal: [JournalEntry] = []
    /// Whether there was more to do than any case has.
    private(set) var isRestless = false

    init(epoch: CalendarTime, _ configure: (inout ControllerManager) -> Void) {
        self.epoch = epoch
        server = APIServer(epoch: epoch, seed: 1)
        manager = ControllerManager()
        configure(&manager)
    }

    /// Handles a call of a user, kubelet or scheduler at once.
    @discardableResult
    func handle(_ request: APIRequest) -> APIResult {
        let revision = server.store.revision
        let result = server.handle(request, at: now)
        if server.store.revision != revision { announce() }
        return result
    }

    /// Lets the cluster work until a moment.
    func run(until end: VirtualTime) {
        var rounds = 0
        while true {
            rounds += 1
            if rounds > 3_000 {
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

    private func step(_ work: Work, _ out: inout Outbox) {
        switch work {
        case .arrive(let token, let request):
            let result = handle(request)
            schedule(.answer(token, result), after: .milliseconds(1))
        case .answer(let token, let result):
            manager.complete(token, result, at: now, &out)
        case .deliver:
            guard let changes = server.store.changes(after: delivered), !changes.isEmpty else { return }
            delivered = server.store.revision
            manager.deliver(changes.map { WatchEvent($0.kind, $0.object) }, at: now, &out)
        }
    }

    private func send(_ out: Outbox) {
        for call in out.calls { schedule(.arrive(call.token, call.request), after: .milliseconds(1)) }
        for event in out.events where correlator.request(for: event, epoch: epoch, at: now) != nil {
            events.append(event)
        }
        journal += out.journal
    }

    private func announce() { schedule(.deliver, after: .milliseconds(1)) }

    private func schedule(_ work: Work, after delay: VirtualDuration) {
        let time = now + delay
        let index = entries.firstIndex { $0.time > time } ?? entries.count
        entries.insert(Entry(time: time, work: work), at: index)
    }
}
