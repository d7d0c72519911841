import KubernetesModel
import Testing

@Suite("Names")
struct ValidationNamesTests {
    private static let long63 = String(repeating: "a", count: 63)
    private static let long64 = String(repeating: "a", count: 64)

    @Test(
        "DNS-1123 labels",
        arguments: [
            "a", "ab", "abc", "a1", "a-1", "a--1--2--b", "0", "01", "012", "1a", "1-a", "1--a--b--2", long63,
        ])
    func labels(name: String) { #expect(Names.dns1123Label(name).isEmpty) }

    @Test(
        "what is no DNS-1123 label",
        arguments: [
            "", "A", "ABC", "aBc", "-", "a-", "-a", "1-", "-1", "_", "a_", "_a", "a_b", " ", "a ", " a",
            "a b",
            long64, "é",
        ])
    func noLabels(name: String) { #expect(!Names.dns1123Label(name).isEmpty) }

    @Test("a label with dots is told apart from one with wrong characters")
    func dottedLabel() { #expect(Names.dns1123Label("a.b") == ["must not contain dots"]) }

    @Test(
        "DNS-1123 subdomains",
        arguments: [
            ("a", true), ("a.b.c", true), ("0.0a.1", true), ("", false), ("a.", false), (".a", false),
            ("a..b", false), ("A.a", false), ("a._b", false), ("a@b", false),
        ])
    func subdomains(name: String, isRight: Bool) {
        #expect(Names.dns1123Subdomain(name).isEmpty == isRight)
    }

    @Test("a subdomain has at most 253 characters")
    func subdomainLength() {
        let name = String(repeating: "a.", count: 126) + "a"
        #expect(Names.dns1123Subdomain(name).isEmpty)
        #expect(Names.dns1123Subdomain(name + "a") == ["must be no more than 253 characters"])
    }

    @Test(
        "qualified names",
        arguments: [
            ("simple", true), ("now-with-dashes", true), ("1-starts-with-num", true), ("1234", true),
            ("simple/simple", true), ("now.with.dots/Simple", true), ("Uppercase_Is.OK-123", true),
            ("nospecialchars%^=@", false), ("cantendwithadash-", false), ("-cantstart", false),
            ("only/one/slash", false), ("Example.com/abc", false), ("example_com/abc", false),
            ("example.com/", false), ("/simple", false), ("", false), (long63, true), (long64, false),
            ("a/\(long63)", true),
        ])
    func qualifiedNames(name: String, isRight: Bool) {
        #expect(Names.qualifiedName(name).isEmpty == isRight)
    }

    @Test(
        "label values",
        arguments: [
            ("", true), ("simple", true), ("1-num.2-num", true), ("nospecialchars%^=@", false),
            ("Tama-nui-te-ra.is.Maori.sun", true), ("-starts", false), ("ends-", false), (long64, false),
            ("two\nlines", false),
        ])
    func labelValues(value: String, isRight: Bool) { #expect(Names.labelValue(value).isEmpty == isRight) }

    @Test(
        "port names",
        arguments: [
            ("telnet", []), ("re-mail-ck", []), ("pop3", []), ("a-1", []),
            ("longerthan15characters", ["must be no more than 15 characters"]),
            ("12345", ["must contain at least one letter (a-z)"]),
            ("-begins", ["must not begin or end with a hyphen"]),
            ("a--b", ["must not contain consecutive hyphens"]),
            (
                "1",
                ["must contain at least one letter (a-z)"]
            ),
            (
                "",
                [
                    "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                    "must contain at least one letter (a-z)",
                ]
            ),
        ] as [(String, [String])])
    func portNames(name: String, faults: [String]) { #expect(Names.portName(name) == faults) }

    @Test(
        "other syntaxes",
        arguments: [
            (Names.percent("93%"), true), (Names.percent("93"), false), (Names.percent("%"), false),
            (Names.cIdentifier("_a1"), true), (Names.cIdentifier("1a"), false),
            (Names.configMapKey("a.b_c-D"), true), (Names.configMapKey(".."), false),
            (Names.configMapKey("..a"), false), (Names.configMapKey("a/b"), false),
            (Names.environmentVariable("a b"), true), (Names.environmentVariable("a=b"), false),
            (Names.httpHeaderName("X-A"), true), (Names.httpHeaderName("X A"), false),
            (Names.dns1035Label("a-1"), true), (Names.dns1035Label("1-a"), false),
            (Names.wildcardSubdomain("*.a.b"), true), (Names.wildcardSubdomain("a.*.b"), false),
            (Names.decimalInteger("-5"), true), (Names.decimalInteger("05"), false),
            (Names.decimalInteger("-0"), false), (Names.pathSegment("a:b"), true),
            (Names.pathSegment("a/b"), false), (Names.portNumber(65536), false),
        ])
    func others(faults: [String], isRight: Bool) { #expect(faults.isEmpty == isRight) }

    @Test(
        "addresses in their canonical form",
        arguments: [
            ("1.2.3.4", "1.2.3.4"), ("001.2.3.4", "1.2.3.4"), ("::", "::"), ("::1", "::1"),
            ("fd00:0:0:1::1", "fd00:0:0:1::1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("::ffff:1.2.3.4", "1.2.3.4"), ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
            ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
        ])
    func addresses(text: String, canonical: String) { #expect(IPAddress(text)?.canonical == canonical) }

    @Test(
        "what is no address",
        arguments: [
            "", "1.2.3", "1.2.3.256", "1.2.3.4.5", "a", ":", ":::", "1::2::3", "12345::", "1.2.3.4/8",
        ])
    func noAddresses(text: String) { #expect(IPAddress(text) == nil) }

    @Test(
        "networks",
        arguments: [
            ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3/8", "10.0.0.0/8"), ("fd00::1/64", "fd00::/64"),
            ("1.2.3.4/33", nil), ("1.2.3.4", nil), ("1.2.3.4/-1", nil), ("::/129", nil),
        ] as [(String, String?)])
    func networks(text: String, canonical: String?) { #expect(IPNetwork(text)?.canonical == canonical) }

    @Test("an answer about faults names each once in its message, and all in its causes")
    func invalidStatus() {
        let error = FieldError(.required, FieldPath("spec").child("a"))
        let other = FieldError(.invalid, FieldPath("spec").child("b"), shownValue: "1", detail: "no")
        let status = APIStatus.invalid(
            GroupedName("Deployment", group: "apps"), "web", [error, error, other])
        #expect(
            status.message
                == "Deployment.apps \"web\" is invalid: "
                + "[spec.a: Required value, spec.b: Invalid value: 1: no]")
        #expect(status.details?.causes.count == 3)
        #expect(
            APIStatus.invalid(GroupedName("Pod"), "p", [error]).message
                == "Pod \"p\" is invalid: spec.a: Required value")
    }

    @Test(
        "the standard refusals",
        arguments: [
            (APIStatus.notFound(GroupedName("pods"), "a"), 404, "pods \"a\" not found"),
            (
                APIStatus.alreadyExists(GroupedName("deployments", group: "apps"), "a"), 409,
                "deployments.apps \"a\" already exists"
            ),
            (
                APIStatus.conflict(GroupedName("pods"), "a"), 409,
                "Operation cannot be fulfilled on pods \"a\": the object has been modified; please apply "
                    + "your "
                    + "changes to the latest version and try again"
            ),
            (APIStatus.forbidden(GroupedName("pods"), "a", "no"), 403, "pods \"a\" is forbidden: no"),
            (APIStatus.forbidden(GroupedName("pods"), "", "no"), 403, "pods is forbidden: no"),
            (APIStatus.expired("old"), 410, "old"),
            (APIStatus.internalError("x"), 500, "Internal error occurred: x"),
            (
                APIStatus.methodNotSupported(GroupedName("pods"), "patch"), 405,
                "patch is not supported on resources of kind \"pods\""
            ),
        ])
    func refusals(status: APIStatus, code: Int, message: String) {
        #expect(status.code == code)
        #expect(status.message == message)
    }
}
