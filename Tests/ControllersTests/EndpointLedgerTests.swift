import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

@testable import Controllers

@Suite("Endpoints by what has changed")
struct EndpointLedgerTests {
    private static let epoch = CalendarTime(unixSeconds: 1_767_225_600)

    @Test("the slices are those of the plain algorithm, whatever changes", arguments: 0..<6)
    func slices(seed: Int) {
        var churn = EndpointChurn(
            seed: UInt64(seed), hasOddities: seed % 2 == 1,
            fast: EndpointSliceController(epoch: Self.epoch, maxEndpointsPerSlice: 4),
            plain: EndpointSliceController(epoch: Self.epoch, maxEndpointsPerSlice: 4, comparesAll: true))
        churn.start()
        var ledgers = 0
        for _ in 0..<300 {
            churn.step()
            ledgers += churn.fast.ledgers.count
        }
        #expect(churn.syncs > 100 && churn.calls > 40)
        // In a usual cluster most services have a ledger most of the time; oddities may take all of them away.
        if seed % 2 == 0 { #expect(ledgers > 100) }
    }

    @Test("the Endpoints objects are those of the plain algorithm, whatever changes", arguments: 0..<6)
    func endpoints(seed: Int) {
        var churn = EndpointChurn(
            seed: UInt64(100 + seed), hasOddities: seed % 2 == 1,
            fast: EndpointsController(epoch: Self.epoch),
            plain: EndpointsController(epoch: Self.epoch, comparesAll: true))
        churn.start()
        var ledgers = 0
        for _ in 0..<300 {
            churn.step()
            ledgers += churn.fast.ledgers.count
        }
        #expect(churn.syncs > 100 && churn.calls > 40)
        if seed % 2 == 0 { #expect(ledgers > 100) }
    }
}
