public import Simulation
import SimulationKernel

/// Writes the results of expectations as JUnit XML, which CI systems show as tests.
public enum JUnitReport {
    /// One suite with one test case an expectation. Times are virtual seconds from the start of the run to the
    /// verdict. An invariant is a test case of its own when it was broken, or was not watched.
    public static func xml(
        scenario: String, results: [ExpectationResult], violations: [InvariantViolation] = [],
        exemptions: [InvariantExemption] = []
    ) -> String {
        let failures = results.count { $0.verdict == .failed } + violations.count
        let skipped = results.count { $0.verdict == .notEvaluated } + exemptions.count
        let count = results.count + violations.count + exemptions.count
        let counts = "tests=\"\(count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites name=\"simk\" \(counts)>",
            "  <testsuite name=\"\(escaped(scenario))\" \(counts)>",
        ]
        for result in results {
            let seconds = result.time.map { "\($0.sinceStart.fractionalSeconds)" } ?? "0.0"
            let head =
                "    <testcase name=\"\(escaped(result.name))\" classname=\"\(escaped(scenario))\" "
                + "time=\"\(seconds)\""
            let at = result.time.map { " at \($0)" } ?? ""
            switch result.verdict {
            case .held:
                guard let warning = result.warning else {
                    lines.append(head + "/>")
                    continue
                }
                lines += [head + ">", "      <system-out>\(escaped(warning))</system-out>"]
            case .failed:
                lines += [
                    head + ">",
                    "      <failure type=\"expectation\" message=\"\(escaped(result.state + at))\">"
                        + "\(escaped(result.text))</failure>",
                ]
            case .notEvaluated:
                lines += [head + ">", "      <skipped message=\"\(escaped(result.state))\"/>"]
            }
            lines.append("    </testcase>")
        }
        for violation in violations {
            let cause = violation.cause.isEmpty ? "" : " (\(violation.cause))"
            lines += [
                "    <testcase name=\"invariant \(violation.invariant.rawValue): "
                    + "\(escaped(violation.subject))\" classname=\"\(escaped(scenario))\" "
                    + "time=\"\(violation.time.sinceStart.fractionalSeconds)\">",
                "      <failure type=\"invariant\" message=\""
                    + escaped("\(violation.message) at \(violation.time)\(cause)")
                    + "\">\(escaped(violation.invariant.meaning))</failure>",
                "    </testcase>",
            ]
        }
        for exemption in exemptions {
            lines += [
                "    <testcase name=\"invariant \(exemption.invariant.rawValue)\" "
                    + "classname=\"\(escaped(scenario))\" time=\"0.0\">",
                "      <skipped message=\"\(escaped(exemption.reason))\"/>", "    </testcase>",
            ]
        }
        lines += ["  </testsuite>", "</testsuites>", ""]
        return lines.joined(separator: "\n")
    }

    /// The text for attributes and elements; characters that XML 1.0 does not have become U+FFFD.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            case "\r": result += "&#13;"
            default:
                let isAllowed = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                result.unicodeScalars.append(isAllowed ? scalar : "\u{FFFD}")
            }
        }
        return result
    }
}
