import KubernetesModel
import SimulationKernel
import Testing

@testable import ControlPlane

@Suite("Old Events")
struct EventRetentionTests {
    private static let epoch = CalendarTime(unixSeconds: 1_767_225_600)

    private func record(_ index: Int, _ reason: String = "Pulled") -> EventRecord {
        EventRecord(
            kind: .pod, key: ObjectKey(namespace: "default", name: "p\(index)"), uid: UID("p\(index)"),
            .normal,
            reason: reason, message: "message", component: "kubelet")
    }

    @Test("an Event goes two hours after its last write, and takes no revision with it")
    func expiry() throws {
        var server = APIServer(epoch: Self.epoch, seed: 1)
        server.bootstrap(at: .start)
        var correlator = EventCorrelator()
        func report(_ index: Int, at time: VirtualTime, _ server: inout APIServer) throws -> ObjectKey {
            let made = correlator.request(for: record(index), epoch: Self.epoch, at: time)
            let request = try #require(made)
            _ = try server.handle(request, at: time).get()
            return request.target.key
        }
        let first = try report(1, at: .start, &server)
        let second = try report(2, at: .start, &server)
        // Told again, so it stays longer.
        let again = try report(2, at: .start + .minutes(50), &server)
        #expect(again == second)
        let revision = server.store.revision
        let third = try report(3, at: .start + .minutes(121), &server)
        let after = server.store.revision
        #expect(after == revision + 1)
        let kept = [first, second, third].map { server.store[.event, $0] != nil }
        #expect(kept == [false, true, true])
    }

    @Test("a correlator that is trimmed in between makes the same calls", arguments: 0..<8)
    func trimming(seed: Int) {
        var plain = EventCorrelator()
        var trimmed = EventCorrelator()
        var now = VirtualTime.start
        var state = UInt64(seed + 1)
        func next(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        for _ in 0..<2_000 {
            now = now + .seconds(Int64(next(10) == 0 ? next(12_000) : next(300)))
            trimmed.trim(at: now)
            if next(3) == 0 { continue }
            let record = self.record(next(12), ["Pulled", "BackOff"][next(2)])
            let one = plain.request(for: record, epoch: Self.epoch, at: now)
            let other = trimmed.request(for: record, epoch: Self.epoch, at: now)
            #expect(one == other)
        }
    }
}
