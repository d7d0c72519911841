import ControlPlane
import KubernetesModel
import SimulationKernel
import Testing

@testable import Controllers

@Suite("Endpoints by what has changed")
struct EndpointLedgerTests {
    private static let epoch = CalendarTime(unixSeconds: 1_767_225_600)

    @Test("the slices are those of the plain algorithm, whatever changes", arguments: 0..<12)
    func slices(seed: Int) {
        var churn = EndpointChurn(
            seed: UInt64(seed), hasOddities: seed % 2 == 1,
            fast: EndpointSliceController(epoch: Self.epoch, maxEndpointsPerSlice: 4),
            plain: EndpointSliceController(epoch: Self.epoch, maxEndpointsPerSlice: 4, comparesAll: true))
        churn.start()
        var ledgers = 0
        for _ in 0..<600 {
            churn.step()
            ledgers += churn.fast.ledgers.count
        }
        // In a usual cluster most services have a ledger most of the time.
        #expect(churn.syncs > 300 && churn.calls > 100 && ledgers > (seed % 2 == 1 ? 20 : 600))
    }

    @Test("the Endpoints objects are those of the plain algorithm, whatever changes", arguments: 0..<12)
    func endpoints(seed: Int) {
        var churn = EndpointChurn(
            seed: UInt64(100 + seed), hasOddities: seed % 2 == 1,
            fast: EndpointsController(epoch: Self.epoch),
            plain: EndpointsController(epoch: Self.epoch, comparesAll: true))
        churn.start()
        var ledgers = 0
        for _ in 0..<600 {
            churn.step()
            ledgers += churn.fast.ledgers.count
        }
        #expect(churn.syncs > 300 && churn.calls > 100 && ledgers > (seed % 2 == 1 ? 20 : 600))
    }
}
