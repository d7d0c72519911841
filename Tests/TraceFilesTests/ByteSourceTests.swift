import Foundation
import Testing
import TraceFiles
import Workloads

@Suite("Bytes of files")
struct ByteSourceTests {
    /// 60 names of pods, as Python's zlib packs them: with fixed codes, and with codes of their own.
    static let fixed =
        "H4sIAAAAAAACA8svSM1L0i3IT9E1AAKufDjX3NLQEolrZmFsgcQ1NTc1R+KamJmbIXGNTS1NkbhGpoYmSFxDE2Nj"
        + "JK6BsakREtfCyNwQ2RmGlsiuMjM0QHaVqYERsquMLU2QXWVkYYbsKkNzC2RXGZgbILvKwswI2VXmpibIrjIzMUN2"
        + "lamxBbKrTIwskV1lbGSI7CojQ2NkVxkamCK7ysLSHNlV5haWJijBbmiMEuzGRijBbmqIEuzmyK4yMrGwRAl2AwuU"
        + "YDcyRwl2EzOUYDdDdpWZgYUJSrAbGKMEu5ERSrCbGKIEuxmyqwzMzJFdZWFqaYES7IbmKMFubIYS7KamKMFujuwq"
        + "Y0NLY5RgNzRCCXZjQ5RgN0VJ7RZmKKnd3AI1tRugpnYj1NRugpLaTcxQUruxBWpqN0BN7UaGXABLBJeohAMAAA=="
    static let dynamic =
        "H4sIAAAAAAACA1XSuW0DAAxD0d67GBB1a50gaW3vXyVVQKpj9/Ch9+fn9fX8vL+f9neP9/+cw9HsjaVZU0Mze5pm"
        + "1BVNLyRNZARNi3Ka6wNm4FjVMFaVOaviklW+zSrMssrGWLXtrJpKVnU2qyqWVenHqnCwyhGsghWr9oZVs5eSHSHZ"
        + "wyV7QbIPqzz3JLutZPeR7NmSvVnVtinZLSS7u2RPSPZmlfWwautWsmMke7Rkr5Lsw6rAhWSHS/aAZC/59m359ln9"
        + "dtNvd/32lG/Plm+P1W83/XbH4xdLBJeohAMAAA=="
    static let text = (0..<60).map { number -> String in
        let digits = String(number * 7_919 % 9_000)
        return "openb-pod-" + String(repeating: "0", count: 4 - digits.count) + digits + "\n"
    }.joined()

    static func bytes(_ base64: String) -> [UInt8] { Array(Data(base64Encoded: base64) ?? Data()) }

    /// The content of a file with these bytes.
    static func contents(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appending(path: "bytes-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        return try ByteSource.contents(of: file.path, limit: limit)
    }

    @Test("what was packed comes out again", arguments: [fixed, dynamic])
    func unpacks(packed: String) throws {
        let bytes = Self.bytes(packed)
        #expect(String(decoding: try Self.contents(bytes), as: UTF8.self) == Self.text)
        // Members follow each other.
        #expect(String(decoding: try Self.contents(bytes + bytes), as: UTF8.self) == Self.text + Self.text)
    }

    @Test("what is not packed, and what was stored without packing, comes out as it is")
    func stored() throws {
        let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 0, 0xFD, 0xFF]
        // 0x79DCDD47 is the CRC-32 of "ok".
        let bytes = head + Array("ok".utf8) + [0x47, 0xDD, 0xDC, 0x79, 2, 0, 0, 0]
        #expect(try Self.contents(bytes) == Array("ok".utf8))
        #expect(try Self.contents(Array("ok".utf8)) == Array("ok".utf8))
        #expect(try Self.contents([]) == [])
    }

    @Test("a damaged file is told, wherever it is cut")
    func damaged() {
        let bytes = Self.bytes(Self.dynamic)
        for count in stride(from: 3, to: bytes.count, by: 7) {
            #expect(throws: TraceError.self) { try Self.contents(Array(bytes[..<count])) }
        }
        var flipped = bytes
        flipped[bytes.count / 2] ^= 4
        #expect(throws: TraceError.self) { try Self.contents(flipped) }
    }

    @Test("files that are read whole have a limit, also unpacked")
    func limit() {
        #expect(throws: TraceError.self) { try Self.contents(Self.bytes(Self.dynamic), limit: 100) }
        #expect(throws: TraceError.self) { try Self.contents([UInt8](repeating: 1, count: 101), limit: 100) }
    }
}
