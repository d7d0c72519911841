@testable import Replay
import Testing

@Suite("Gunzip")
struct GunzipTests {
    /// `printf 'alpha\nbeta\nalpha\nbeta\nalpha\n' | gzip -n9`
    static let packed: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
    ]

    @Test("a file without a body is told")
    func truncated() {
        #expect(throws: Gunzip.Fault.self) { try Gunzip.unpack(Self.packed) }
    }
}
