import KubernetesModel
import OrderedCollections
import TestSupport
import Testing

@Suite("Quantity")
struct QuantityTests {
    @Test(
        "every notation has one canonical form",
        arguments: [
            // Text, canonical form, whole units and thousandths (both rounded up). Upstream rounds a negative
            // number that did not take its fast path one too far, so -0.1n counts as 1.
            ("0", "0", 0, 0), ("000", "0", 0, 0), ("-0", "0", 0, 0), ("0Ki", "0", 0, 0), ("k", "0", 0, 0),
            (".", "0", 0, 0), ("1", "1", 1, 1000), ("100m", "100m", 1, 100), ("0.1", "100m", 1, 100),
            ("1000m", "1", 1, 1000), ("1500m", "1500m", 2, 1500), ("-1500m", "-1500m", -2, -1500),
            ("1.5", "1500m", 2, 1500), ("1.500", "1.500", 2, 1500), ("+5", "+5", 5, 5000),
            ("05", "05", 5, 5000),
            (".5", "500m", 1, 500), ("1.e2", "100", 100, 100_000), ("1e3", "1e3", 1000, 1_000_000),
            ("1E3", "1E3", 1000, 1_000_000), ("1.25e3", "1250", 1250, 1_250_000),
            ("12e-1", "1200e-3", 2, 1200), ("1e+3", "1e+3", 1000, 1_000_000), ("1n", "1n", 1, 1),
            ("0.1n", "1n", 1, 1), ("-0.1n", "-1n", 1, 1), ("1u", "1u", 1, 1), ("12e-10", "2e-9", 1, 1),
            ("1Ki", "1Ki", 1024, 1_024_000), ("1024Ki", "1Mi", 1_048_576, 1_048_576_000),
            ("8Ki", "8Ki", 8192, 8_192_000), ("512Ki", "512Ki", 524_288, 524_288_000),
            ("1.5Gi", "1536Mi", 1_610_612_736, 1_610_612_736_000), ("0.5Ki", "512", 512, 512_000),
            ("0.0001Ki", "102400u", 1, 103), ("1Ei", "1Ei", 1 << 60, 0),
            ("8Ei", "9223372036854775807", Int64.max, 0),
            ("1E", "1E", 1_000_000_000_000_000_000, 0), ("1000k", "1M", 1_000_000, 1_000_000_000),
            ("9223372036854775808", "9223372036854775808", Int64.min, 0), ("1e400", "10e399", 0, 0),
            ("1e-1000000", "1e-9", 1, 1),
        ] as [(String, String, Int64, Int64)])
    func canonicalForm(text: String, canonical: String, value: Int64, milli: Int64) throws {
        let quantity = try Quantity(parsing: text)
        #expect(quantity.description == canonical)
        #expect(quantity.value == value)
        if milli != 0 || value == 0 { #expect(quantity.milliValue == milli) }
        #expect(try Quantity(parsing: canonical) == quantity)
    }

    @Test(
        "a text that is no quantity is refused in the API machinery's words",
        arguments: [
            ("", QuantityError.format), ("1_000", .format), ("1MI", .format), ("0x10", .format),
            (" 1", .format),
            ("1ki", .format), ("1KiB", .format), ("1.2.3", .format), ("1e", .suffix), ("1K", .suffix),
            ("1Kim", .suffix), ("1e3.5", .format), ("5mm", .suffix), ("1e99999", .suffix),
        ])
    func refused(text: String, error: QuantityError) {
        // `1ki` holds only letters of suffixes, so it fails later than `1MI`.
        #expect(throws: text == "1ki" ? QuantityError.suffix : error) { try Quantity(parsing: text) }
    }

    @Test(
        "sums keep the notation of the first that is not zero",
        arguments: [
            ("0", "1Gi", "1Gi", "-1Gi"), ("1Gi", "0", "1Gi", "1Gi"), ("1Gi", "1G", "2073741824", "73741824"),
            ("100m", "1", "1100m", "-900m"), ("1", "1n", "1000000001n", "999999999n"),
            ("9223372036854775807", "1", "9223372036854775808", "9223372036854775806"),
            ("10E", "10E", "20E", "0"), ("1.5Gi", "512Mi", "2Gi", "1Gi"), ("-5", "3", "-2", "-8"),
            ("9223372036854775807", "-1", "9223372036854775806", "9223372036854775808"),
        ])
    func arithmetic(left: String, right: String, sum: String, difference: String) throws {
        let left = try Quantity(parsing: left)
        let right = try Quantity(parsing: right)
        #expect((left + right).description == sum)
        #expect((left - right).description == difference)
    }

    @Test("numbers are compared, not notations")
    func comparison() throws {
        let ascending = ["-1e30", "-1", "0", "1n", "50m", "0.1", "1", "1k", "1Ki", "100Gi", "10000T", "1e30"]
        let quantities = try ascending.map { try Quantity(parsing: $0) }
        #expect(quantities == quantities.sorted())
        #expect(Set(quantities).count == ascending.count)
        let equal = try ["1", "1000m", "1e0", "1.000", "0.001k"].map { try Quantity(parsing: $0) }
        #expect(Set(equal).count == 1)
        #expect(try Quantity(parsing: "8Ei").saturatingMilliValue == Int64.max)
        #expect(try Quantity(parsing: "-10E").saturatingValue == Int64.min)
    }

    @Test("rounding up goes away from zero")
    func rounding() throws {
        var quantity = try Quantity(parsing: "1234567n")
        let isExact = quantity.roundUp(toScale: -3)
        #expect(!isExact)
        #expect(quantity.description == "2m")
        var negative = try Quantity(parsing: "-1.5Gi")
        let isExactToo = negative.roundUp(toScale: -3)
        #expect(isExactToo)
        #expect(negative.description == "-1536Mi")
    }

    @Test(
        "quantities are stored as the real API server stores them",
        .enabled(
            if: SharedFiles.exists("conformance/api/defaulting.jsonl"), Comment(rawValue: SharedFiles.missing)
        ))
    func conformance() throws {
        var count = 0
        for line in try SharedFiles.lines("conformance/api/defaulting.jsonl") {
            let test = try JSONParser.parse(line)
            guard let name = test["name"]?.stringValue, name.hasPrefix("quantity-") else { continue }
            func amount(_ object: JSONValue?) -> JSONValue? {
                let spec = object?["spec"]
                return (spec?["hard"] ?? spec?["capacity"])?.objectValue?.elements.first?.value
            }
            let input = try #require(amount(test["input"]))
            if let output = amount(test["output"]) {
                var quantity = try #require(try Quantity(json: input))
                // Resource lists are stored in thousandths.
                quantity.roundUp(toScale: -3)
                #expect(JSONValue.string(quantity.description) == output, "\(name)")
            } else if let message = test["status"]?["message"]?.stringValue {
                do throws(QuantityError) {
                    let quantity = try Quantity(json: input)
                    #expect(message.contains("Invalid value: \(quantity?.value ?? 0):"), "\(name)")
                } catch {
                    #expect(message.hasSuffix(error.description), "\(name)")
                }
            }
            count += 1
        }
        #expect(count > 20)
    }
}
