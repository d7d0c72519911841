import OrderedCollections

/// Fills in and enforces a namespace's limits on the resources of pods and claims.
///
/// Where upstream goes through resources in random order, this goes by name.
/// Upstream: `plugin/pkg/admission/limitranger/admission.go` (v1.36).
public enum LimitRanger {
    /// The annotation that tells what the plugin has set.
    public static let annotation = "kubernetes.io/limit-ranger"

    // MARK: Defaults

    public static func admit(pod: inout JSONValue, ranges: [JSONValue]) {
        for range in ranges {
            var requests = JSONObject()
            var limits = JSONObject()
            for item in range["spec"]?.list("limits") ?? [] where item.text("type") == "Container" {
                requests.merge(item.map("defaultRequest")) { $1 }
                limits.merge(item.map("default")) { $1 }
            }
            var changes: [String] = []
            pod.updateStruct("spec") { spec in
                for (kind, word) in [("containers", "container"), ("initContainers", "init container")] {
                    spec.updateEach(of: kind) { fill(&$0, requests, limits, word, &changes) }
                }
            }
            if changes.isEmpty { continue }
            pod.updateStruct("metadata") {
                $0.setIfAbsent("annotations", [:])
                $0.update("annotations") {
                    $0[annotation] =
                        .string("LimitRanger plugin set: " + changes.joined(separator: "; "))
                }
            }
        }
    }

    private static func fill(
        _ container: inout JSONValue, _ requests: JSONObject, _ limits: JSONObject, _ word: String,
        _ changes: inout [String]
    ) {
        let name = container.text("name")
        for (field, defaults) in [("requests", requests), ("limits", limits)] {
            var added: [String] = []
            for (resource, amount) in defaults where container["resources"]?[field]?[resource] == nil {
                container.updateStruct("resources") {
                    $0.setIfAbsent(field, [:])
                    $0.update(field) { $0[resource] = amount }
                }
                added.append(resource)
            }
            if !added.isEmpty {
                changes.append(
                    "\(added.sorted().joined(separator: ", ")) \(field.dropLast()) for \(word) \(name)")
            }
        }
    }

    // MARK: Checks

    public static func validate(pod: JSONValue, ranges: [JSONValue]) throws(AdmissionRefusal) {
        let spec = pod["spec"] ?? [:]
        for range in ranges {
            var faults: [String] = []
            for item in range["spec"]?.list("limits") ?? [] {
                switch item.text("type") {
                case "Container":
                    for container in spec.list("containers") + spec.list("initContainers") {
                        check(
                            item, ResourceAmounts(container["resources"]?["requests"]),
                            ResourceAmounts(container["resources"]?["limits"]), &faults)
                    }
                case "Pod":
                    var requests = ResourceAmounts.ofContainers(spec, "requests")
                    var limits = ResourceAmounts.ofContainers(spec, "limits")
                    for name in ["cpu", "memory"] {
                        if let own = ResourceAmounts(spec["resources"]?["requests"])[name] {
                            requests[name] = own
                        }
                        if let own = ResourceAmounts(spec["resources"]?["limits"])[name] {
                            limits[name] = own
                        }
                    }
                    check(item, requests, limits, &faults)
                default: break
                }
            }
            try refuse(faults)
        }
    }

    public static func validate(claim: JSONValue, ranges: [JSONValue]) throws(AdmissionRefusal) {
        let requests = ResourceAmounts(claim["spec"]?["resources"]?["requests"])
        for range in ranges {
            var faults: [String] = []
            for item in range["spec"]?.list("limits") ?? [] where item.text("type") == "PersistentVolumeClaim"
            {
                for (name, bound) in sorted(item["min"]) {
                    faults += minimum("PersistentVolumeClaim", name, bound, requests[name], nil)
                }
                for (name, bound) in sorted(item["max"]) {
                    faults += maximumRequest("PersistentVolumeClaim", name, bound, requests[name])
                }
            }
            try refuse(faults)
        }
    }

    private static func refuse(_ faults: [String]) throws(AdmissionRefusal) {
        var distinct: [String] = []
        for fault in faults where !distinct.contains(fault) { distinct.append(fault) }
        guard let first = distinct.first else { return }
        throw AdmissionRefusal(distinct.count == 1 ? first : "[\(distinct.joined(separator: ", "))]")
    }

    private static func sorted(_ list: JSONValue?) -> [(String, Quantity)] {
        ResourceAmounts(list).amounts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func check(
        _ item: JSONValue, _ requests: ResourceAmounts, _ limits: ResourceAmounts, _ faults: inout [String]
    ) {
        let type = item.text("type")
        for (name, bound) in sorted(item["min"]) {
            faults += minimum(type, name, bound, requests[name], limits[name])
        }
        for (name, bound) in sorted(item["max"]) {
            faults += maximum(type, name, bound, requests[name], limits[name])
        }
        for (name, bound) in sorted(item["maxLimitRequestRatio"]) {
            faults += ratio(type, name, bound, requests[name], limits[name])
        }
    }

    /// The three amounts at a common precision: thousandths where 64 bits hold them.
    private static func comparable(
        _ request: Quantity?, _ limit: Quantity?, _ bound: Quantity
    ) -> (request: Int64, limit: Int64, bound: Int64) {
        let all = [request ?? .zero, limit ?? .zero, bound]
        let greatest = Int64.max / 1000
        let values = all.allSatisfy { $0.value <= greatest } ? all.map(\.milliValue) : all.map(\.value)
        return (values[0], values[1], values[2])
    }

    private static func minimum(
        _ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?
    ) -> [String] {
        let values = comparable(request, limit, bound)
        let head = "minimum \(name) usage per \(type) is \(bound)"
        guard let request else { return ["\(head).  No request is specified"] }
        if values.request < values.bound { return ["\(head), but request is \(request)"] }
        if let limit, values.limit < values.bound { return ["\(head), but limit is \(limit)"] }
        return []
    }

    private static func maximum(
        _ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?
    ) -> [String] {
        let values = comparable(request, limit, bound)
        let head = "maximum \(name) usage per \(type) is \(bound)"
        guard let limit else { return ["\(head).  No limit is specified"] }
        if values.limit > values.bound { return ["\(head), but limit is \(limit)"] }
        if let request, values.request > values.bound { return ["\(head), but request is \(request)"] }
        return []
    }

    private static func maximumRequest(
        _ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?
    ) -> [String] {
        let values = comparable(request, nil, bound)
        let head = "maximum \(name) usage per \(type) is \(bound)"
        guard let request else { return ["\(head).  No request is specified"] }
        return values.request > values.bound ? ["\(head), but request is \(request)"] : []
    }

    private static func ratio(
        _ type: String, _ name: String, _ bound: Quantity, _ request: Quantity?, _ limit: Quantity?
    ) -> [String] {
        let values = comparable(request, limit, bound)
        let head = "\(name) max limit to request ratio per \(type) is \(bound)"
        if values.request == 0 { return ["\(head), but no request is specified or request is 0"] }
        if values.limit == 0 { return ["\(head), but no limit is specified or limit is 0"] }
        let shown = Double(values.limit) / Double(values.request)
        let isFine = bound.value <= Int64.max / 1000
        let observed = isFine ? shown * 1000 : shown
        let allowed = Double(isFine ? bound.milliValue : bound.value)
        return observed > allowed ? ["\(head), but provided ratio is \(sixDigits(shown))"] : []
    }

    /// A number as `%f` prints it.
    private static func sixDigits(_ number: Double) -> String {
        guard number.magnitude < 9e12 else { return String(number) }
        let millionths = Int64((number * 1_000_000).rounded(.toNearestOrEven))
        let fraction = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.utf8.count)
            + fraction
    }
}
