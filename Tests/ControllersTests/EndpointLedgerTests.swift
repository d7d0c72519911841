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
            seed: UInt64(seed),
            fast: EndpointSliceController(epoch: Self.epoch, maxEndpointsPerSlice: 4),
            plain: EndpointSliceController(epoch: Self.epoch, maxEndpointsPerSlice: 4, comparesAll: true))
        churn.start()
        var ledgers = 0
        for _ in 0..<600 {
            churn.step()
            ledgers += churn.fast.ledgers.count
        }
        // The ledgers were in use for most of the time.
        #expect(churn.syncs > 300 && churn.calls > 100 && ledgers > 300)
    }

    @Test("the Endpoints objects are those of the plain algorithm, whatever changes", arguments: 0..<12)
    func endpoints(seed: Int) {
        var churn = EndpointChurn(
            seed: UInt64(100 + seed), fast: EndpointsController(epoch: Self.epoch),
            plain: EndpointsController(epoch: Self.epoch, comparesAll: true))
        churn.start()
        var ledgers = 0
        for _ in 0..<600 {
            churn.step()
            ledgers += churn.fast.ledgers.count
        }
        #expect(churn.syncs > 300 && churn.calls > 100 && ledgers > 300)
    }
}
