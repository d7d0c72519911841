/// Checks of containers.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    /// What the checks of a container need to know of its pod.
    struct ContainerContext {
        var volumes: [String: APITree]
        var claimNames: Set<String>
        var gracePeriod: Int64?
        var restartPolicy: String
        var usesHostUsers: Bool
        var os: APITree
        var options: PodOptions
    }

    static let portProtocols = ["SCTP", "TCP", "UDP"]
    static let pullPolicies = ["Always", "IfNotPresent", "Never"]

    mutating func containers(_ containers: APITree, _ path: FieldPath, _ context: ContainerContext) {
        if containers.isEmpty { return required(path) }
        var names: Set<String> = []
        for (index, container) in containers.list.enumerated() {
            let place = path.index(index)
            containerCommon(container, place, context)
            if !names.insert(container.name.text).inserted {
                duplicate(place.child("name"), .text(container.name.text))
            }
            if container.lifecycle.exists {
                lifecycle(container.lifecycle, place.child("lifecycle"), context)
            }
            probes(container, place, context)
            containerRestartPolicy(container, place)
        }
        var ports: Set<String> = []
        for (index, container) in containers.list.enumerated() {
            hostPorts(container, path.index(index), &ports)
        }
    }

    mutating func initContainers(
        _ containers: APITree, besides others: APITree, _ path: FieldPath, _ context: ContainerContext
    ) {
        var names = Set(others.list.map(\.name.text))
        for (index, container) in containers.list.enumerated() {
            let place = path.index(index)
            containerCommon(container, place, context)
            let policy = container.restartPolicy
            if policy.exists {
                containerRestartPolicy(container, place)
            } else if !container.restartPolicyRules.isEmpty {
                required(
                    place.child("restartPolicy"), "must specify restartPolicy when restart rules are used")
            }
            let name = container.name.text
            if names.contains(name) {
                duplicate(place.child("name"), .text(name))
            } else if !name.isEmpty {
                names.insert(name)
            }
            var ports: Set<String> = []
            hostPorts(container, path.index(0), &ports)
            let isSidecar = policy.text == "Always"
            if isSidecar {
                if container.lifecycle.exists {
                    lifecycle(container.lifecycle, place.child("lifecycle"), context)
                }
                probes(container, place, context)
            } else {
                for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]
                where container[field].exists {
                    forbidden(
                        place.child(field), "may not be set for init containers without restartPolicy=Always")
                }
            }
            if isSidecar || context.options.allowsRestartForPlainInitContainers { continue }
            for (position, entry) in container.resizePolicy.list.enumerated()
            where entry.restartPolicy.text == "RestartContainer" {
                invalid(
                    place.child("resizePolicy").index(position).child("restartPolicy"),
                    .typed("RestartContainer"),
                    "must not be set to 'RestartContainer' for non-sidecar initContainers")
            }
        }
    }

    mutating func ephemeralContainers(_ spec: APITree, _ path: FieldPath, _ context: ContainerContext) {
        let others = Set((spec.containers.list + spec.initContainers.list).map(\.name.text))
        var names = others
        for (index, container) in spec.ephemeralContainers.list.enumerated() {
            let place = path.index(index)
            containerCommon(container, place, context)
            containerOnlyForPod(container, place)
            let name = container.name.text
            if !names.insert(name).inserted { duplicate(place.child("name"), .text(name)) }
            let target = container.targetContainerName.text
            if !target.isEmpty && !others.contains(target) {
                notFound(place.child("targetContainerName"), .text(target))
            }
            for (field, shown) in [
                ("ports", "ports"), ("resources", "resources"), ("resizePolicy", "resizePolicy"),
                ("restartPolicy", "restartPolicy"), ("restartPolicyRules", "restartPolicyRules"),
                ("livenessProbe", "livenessProbe"), ("readinessProbe", "readinessProbe"),
                ("startupProbe", "startupProbe"), ("lifecycle", "lifecycle"),
            ] where container[field].exists && !(container[field].isEmpty && field != "lifecycle") {
                forbidden(place.child(shown), "cannot be set for an Ephemeral Container")
            }
            for (position, mount) in container.volumeMounts.list.enumerated() {
                let mountPath = place.child("volumeMounts").index(position)
                for field in ["subPath", "subPathExpr"] where !mount[field].isEmpty {
                    forbidden(mountPath.child(field), "cannot be set for an Ephemeral Container")
                }
            }
        }
    }

    mutating func containerOnlyForPod(_ container: APITree, _ path: FieldPath) {
        let image = container.image.text
        guard let first = image.unicodeScalars.first, let last = image.unicodeScalars.last else { return }
        if first.properties.isWhitespace || last.properties.isWhitespace {
            invalid(path.child("image"), .text(image), "must not have leading or trailing whitespace")
        }
    }

    private mutating func containerCommon(
        _ container: APITree, _ path: FieldPath, _ context: ContainerContext
    ) {
        let name = container.name.text
        if name.isEmpty { required(path.child("name")) } else { label(name, path.child("name")) }
        if container.image.isEmpty { required(path.child("image")) }
        let termination = container.terminationMessagePolicy.text
        if termination.isEmpty {
            required(path.child("terminationMessagePolicy"))
        } else {
            member(
                termination, path.child("terminationMessagePolicy"), of: ["File", "FallbackToLogsOnError"])
        }
        containerPorts(container.ports, path.child("ports"))
        environment(container.env, path.child("env"))
        environmentSources(container.envFrom, path.child("envFrom"))
        volumeMounts(container, path.child("volumeMounts"), context)
        volumeDevices(container, path.child("volumeDevices"), context)
        pullPolicy(container.imagePullPolicy.text, path.child("imagePullPolicy"))
        resourceRequirements(
            container.resources, path.child("resources"), claimNames: context.claimNames,
            options: context.options)
        resizePolicies(container.resizePolicy, path.child("resizePolicy"), context)
        containerSecurityContext(
            container.securityContext, path.child("securityContext"), usesHostUsers: context.usesHostUsers)
    }

    mutating func pullPolicy(_ policy: String, _ path: FieldPath) {
        if policy.isEmpty {
            required(path)
        } else {
            member(policy, path, of: FieldErrorList.pullPolicies)
        }
    }

    private mutating func containerPorts(_ ports: APITree, _ path: FieldPath) {
        var names: Set<String> = []
        for (index, port) in ports.list.enumerated() {
            var place = path.index(index)
            let name = port.name.text
            if !name.isEmpty {
                let faults = Names.portName(name)
                if !faults.isEmpty {
                    invalid(place.child("name"), .text(name), each: faults)
                } else if !names.insert(name).inserted {
                    duplicate(place.child("name"), .text(name))
                }
            }
            place = path.index(index)
            let number = port.containerPort.int
            if number == 0 {
                required(place.child("containerPort"))
            } else {
                invalid(place.child("containerPort"), .int(number), each: Names.portNumber(number))
            }
            let host = port.hostPort.int
            if host != 0 { invalid(place.child("hostPort"), .int(host), each: Names.portNumber(host)) }
            portProtocol(port["protocol"].text, place.child("protocol"))
        }
    }

    mutating func portProtocol(_ name: String, _ path: FieldPath) {
        if name.isEmpty { required(path) } else { member(name, path, of: FieldErrorList.portProtocols) }
    }

    private mutating func hostPorts(_ container: APITree, _ path: FieldPath, _ seen: inout Set<String>) {
        for (index, port) in container.ports.list.enumerated() where port.hostPort.int != 0 {
            let key = "\(port["protocol"].text)/\(port.hostIP.text)/\(port.hostPort.int)"
            if !seen.insert(key).inserted {
                duplicate(path.child("ports").index(index).child("hostPort"), .text(key))
            }
        }
    }

    // MARK: Environment

    private mutating func environment(_ variables: APITree, _ path: FieldPath) {
        for (index, variable) in variables.list.enumerated() {
            let place = path.index(index)
            let name = variable.name.text
            if name.isEmpty {
                required(place.child("name"))
            } else {
                invalid(place.child("name"), .text(name), each: Names.environmentVariable(name))
            }
            if variable.valueFrom.exists { valueSource(variable, place.child("valueFrom")) }
        }
    }

    private mutating func valueSource(_ variable: APITree, _ path: FieldPath) {
        let source = variable.valueFrom
        var count = 0
        if source.fieldRef.exists {
            count += 1
            fieldSelector(
                source.fieldRef, path.child("fieldRef"),
                supported: [
                    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
                    "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP",
                    "status.podIPs",
                ])
        }
        if source.resourceFieldRef.exists {
            count += 1
            resourceFieldSelector(source.resourceFieldRef, path.child("resourceFieldRef"), isVolume: false)
        }
        for field in ["configMapKeyRef", "secretKeyRef"] where source[field].exists {
            count += 1
            let reference = source[field]
            subdomain(reference.name.text, path.child(field, "name"))
            let key = reference.key.text
            if key.isEmpty {
                required(path.child(field, "key"))
            } else {
                invalid(path.child(field, "key"), .text(key), each: Names.configMapKey(key))
            }
        }
        if source.fileKeyRef.exists {
            count += 1
            fileKeySelector(source.fileKeyRef, path.child("fileKeyRef"))
        }
        if count == 0 {
            invalid(
                path, .text(""),
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` "
                    + "or `fileKeyRef`")
        } else if !variable["value"].isEmpty {
            invalid(path, .text(""), "may not be specified when `value` is not empty")
        } else if count > 1 {
            invalid(path, .text(""), "may not have more than one field specified at a time")
        }
    }

    private mutating func fileKeySelector(_ reference: APITree, _ path: FieldPath) {
        let key = reference.key.text
        if key.isEmpty {
            required(path.child("key"))
        } else {
            invalid(path.child("key"), .text(key), each: Names.environmentVariable(key))
        }
        if reference.volumeName.isEmpty {
            required(path.child("volumeName"))
        } else {
            label(reference.volumeName.text, path.child("volumeName"))
        }
        if reference.path.isEmpty {
            required(path.child("path"))
        } else {
            noBacksteps(reference.path.text, path.child("path"))
        }
    }

    /// A downward API reference to a field of the pod.
    mutating func fieldSelector(_ selector: APITree, _ path: FieldPath, supported: [String]) {
        if selector.apiVersion.isEmpty { return required(path.child("apiVersion")) }
        let field = selector.fieldPath.text
        if field.isEmpty { return required(path.child("fieldPath")) }
        func failed(_ text: String) {
            invalid(path.child("fieldPath"), .text(field), "error converting fieldPath: \(text)")
        }
        if selector.apiVersion.text != "v1" {
            return failed("unsupported pod version: \(selector.apiVersion.text)")
        }
        if field.hasSuffix("']"), let bracket = field.range(ofFirst: "['"),
            bracket.lowerBound > field.startIndex
        {
            let base = String(field[..<bracket.lowerBound])
            let inner = String(field[bracket.upperBound...].dropLast(2))
            switch base {
            case "metadata.annotations": return qualifiedName(inner.lowercased(), path)
            case "metadata.labels": return qualifiedName(inner, path)
            default: return failed("field label does not support subscript: \(field)")
            }
        }
        let known: Set<String> = [
            "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
            "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName",
            "status.phase", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
        ]
        let internalField = field == "spec.host" ? "spec.nodeName" : field
        if !known.contains(internalField) { return failed("field label not supported: \(field)") }
        if !supported.contains(internalField) {
            notSupported(path.child("fieldPath"), .text(internalField), supported)
        }
    }

    /// A downward API reference to a container's resource.
    mutating func resourceFieldSelector(_ selector: APITree, _ path: FieldPath, isVolume: Bool) {
        let resource = selector.resource.text
        let supported = [
            "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu",
            "requests.ephemeral-storage", "requests.memory",
        ]
        let isHugePage =
            resource.hasPrefix("requests.hugepages-") || resource.hasPrefix("limits.hugepages-")
        if isVolume && selector.containerName.isEmpty {
            required(path.child("containerName"))
        } else if resource.isEmpty {
            required(path.child("resource"))
        } else if !supported.contains(resource) && !isHugePage {
            notSupported(path.child("resource"), .text(resource), supported)
        }
        guard let quantity = selector.divisor.quantity, !quantity.isZero else { return }
        let divisor = quantity.description
        let sizes = [
            "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
        ]
        let allSizes = sizes.joined(separator: ", ")
        var fault: String?
        if resource.hasSuffix("s.cpu") && supported.contains(resource) {
            if divisor != "1m" && divisor != "1" {
                fault = "only divisor's values 1m and 1 are supported with the cpu resource"
            }
        } else if !sizes.contains(divisor) {
            if resource == "limits.memory" || resource == "requests.memory" {
                fault = "only divisor's values \(allSizes) are supported with the memory resource"
            } else if supported.contains(resource) {
                fault =
                    "only divisor's values \(allSizes) are supported with the local ephemeral storage "
                    + "resource"
            } else if isHugePage {
                fault = "only divisor's values \(allSizes) are supported with the hugepages resource"
            }
        }
        if let fault { invalid(path.child("divisor"), .text(resource), fault) }
    }

    private mutating func environmentSources(_ sources: APITree, _ path: FieldPath) {
        for (index, source) in sources.list.enumerated() {
            let place = path.index(index)
            let prefix = source.prefix.text
            if !prefix.isEmpty {
                invalid(place.child("prefix"), .text(prefix), each: Names.environmentVariable(prefix))
            }
            var count = 0
            for field in ["configMapRef", "secretRef"] where source[field].exists {
                count += 1
                let name = source[field].name.text
                if name.isEmpty {
                    required(place.child(field, "name"))
                } else {
                    invalid(
                        place.child(field, "name"), .text(name),
                        each: NameRule.subdomain.faults(name, isPrefix: true))
                }
            }
            if count == 0 {
                invalid(path, .text(""), "must specify one of: `configMapRef` or `secretRef`")
            } else if count > 1 {
                invalid(path, .text(""), "may not have more than one field specified at a time")
            }
        }
    }

    // MARK: Mounts

    private mutating func volumeMounts(
        _ container: APITree, _ path: FieldPath, _ context: ContainerContext
    ) {
        let devices = container.volumeDevices.list
        var mountPaths: Set<String> = []
        for (index, mount) in container.volumeMounts.list.enumerated() {
            let place = path.index(index)
            let name = mount.name.text
            let target = mount.mountPath.text
            if name.isEmpty { required(place.child("name")) }
            if context.volumes[name] == nil { notFound(place.child("name"), .text(name)) }
            if target.isEmpty { required(place.child("mountPath")) }
            if !mountPaths.insert(target).inserted {
                invalid(place.child("mountPath"), .text(target), "must be unique")
            }
            if devices.contains(where: { $0.name.text == name }) {
                invalid(place.child("name"), .text(name), "must not already exist in volumeDevices")
            }
            if devices.contains(where: { $0.devicePath.text == target }) {
                invalid(
                    place.child("mountPath"), .text(target),
                    "must not already exist as a path in volumeDevices")
            }
            if !mount.subPath.isEmpty { descendingPath(mount.subPath.text, path.child("subPath")) }
            if !mount.subPathExpr.isEmpty {
                if !mount.subPath.isEmpty {
                    invalid(
                        place.child("subPathExpr"), .text(mount.subPathExpr.text),
                        "subPathExpr and subPath are mutually exclusive")
                }
                descendingPath(mount.subPathExpr.text, path.child("subPathExpr"))
            }
            mountPropagation(mount, container, path.child("mountPropagation"))
            recursiveReadOnly(mount, path.child("recursiveReadOnly"))
        }
    }

    private mutating func mountPropagation(_ mount: APITree, _ container: APITree, _ path: FieldPath) {
        guard let mode = mount.mountPropagation.optionalText else { return }
        member(mode, path, of: ["Bidirectional", "HostToContainer", "None"])
        if mode == "Bidirectional" && !container.securityContext.privileged.flag {
            forbidden(path, "Bidirectional mount propagation is available only to privileged containers")
        }
    }

    private mutating func recursiveReadOnly(_ mount: APITree, _ path: FieldPath) {
        guard let mode = mount.recursiveReadOnly.optionalText else { return }
        switch mode {
        case "Disabled": break
        case "Enabled", "IfPossible":
            if !mount.readOnly.flag { forbidden(path, "may only be specified when readOnly is true") }
            if let propagation = mount.mountPropagation.optionalText, propagation != "None" {
                forbidden(path, "may only be specified when mountPropagation is None or not specified")
            }
        default: notSupported(path, .typed(mode), ["Disabled", "Enabled", "IfPossible"])
        }
    }

    private mutating func volumeDevices(
        _ container: APITree, _ path: FieldPath, _ context: ContainerContext
    ) {
        let mounts = container.volumeMounts.list
        var paths: Set<String> = []
        var names: Set<String> = []
        for (index, device) in container.volumeDevices.list.enumerated() {
            let place = path.index(index)
            let name = device.name.text
            let target = device.devicePath.text
            if name.isEmpty { required(place.child("name")) }
            if names.contains(name) { invalid(place.child("name"), .text(name), "must be unique") }
            if let volume = context.volumes[name] {
                if !volume.persistentVolumeClaim.exists && !volume.ephemeral.exists {
                    invalid(
                        place.child("name"), .text(name),
                        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
                    )
                }
            } else {
                notFound(place.child("name"), .text(name))
            }
            if target.isEmpty { required(place.child("devicePath")) }
            if paths.contains(target) {
                invalid(place.child("devicePath"), .text(target), "must be unique")
            }
            if target.split(separator: "/").contains("..") {
                invalid(place.child("devicePath"), .text(target), "can not contain backsteps ('..')")
            } else {
                paths.insert(target)
            }
            if mounts.contains(where: { $0.name.text == name }) {
                invalid(place.child("name"), .text(name), "must not already exist in volumeMounts")
            }
            if mounts.contains(where: { $0.mountPath.text == target }) {
                invalid(
                    place.child("devicePath"), .text(target),
                    "must not already exist as a path in volumeMounts")
            }
            if !name.isEmpty { names.insert(name) }
        }
    }

    // MARK: Resources

    mutating func resourceRequirements(
        _ requirements: APITree, _ path: FieldPath, claimNames: Set<String>, options: PodOptions,
        isPodLevel: Bool = false
    ) {
        let requestPath = path.child("requests")
        let limitPath = path.child("limits")
        var hasComputeResource = false
        var hasHugePages = false
        func check(_ name: String, _ value: APITree, _ place: FieldPath) {
            if isPodLevel { podResourceName(name, place) } else { containerResourceName(name, place) }
            resourceQuantity(name, value, place)
        }
        func hugePages(_ name: String, _ value: APITree, _ place: FieldPath) {
            guard ResourceNames.isHugePage(name) else { return }
            hasHugePages = true
            guard !options.allowsIndivisibleHugePages, let quantity = value.quantity,
                !ResourceNames.isDivisible(name, quantity)
            else { return }
            invalid(
                place, .text(value.quantityText),
                "\(value.quantityText) is not positive integer multiple of \(name)")
        }
        for (name, value) in requirements.limits.entries {
            check(name, value, limitPath.key(name))
            hugePages(name, value, limitPath.key(name))
            if name == "cpu" || name == "memory" { hasComputeResource = true }
        }
        for (name, value) in requirements.requests.entries {
            check(name, value, requestPath.key(name))
            let limit = requirements.limits[name]
            if let amount = value.quantity, let bound = limit.quantity {
                if amount != bound && !ResourceNames.allowsOvercommit(name) {
                    invalid(
                        requestPath, .text(value.quantityText),
                        "must be equal to \(name) limit of \(limit.quantityText)")
                } else if amount > bound {
                    invalid(
                        requestPath, .text(value.quantityText),
                        "must be less than or equal to \(name) limit of \(limit.quantityText)")
                }
            } else if !ResourceNames.allowsOvercommit(name) {
                required(limitPath, "Limit must be set for non overcommitable resources")
            }
            hugePages(name, value, requestPath.key(name))
            if name == "cpu" || name == "memory" { hasComputeResource = true }
        }
        if !hasComputeResource && hasHugePages { forbidden(path, "HugePages require cpu or memory") }
        resourceClaims(requirements.claims, path.child("claims"), claimNames)
    }

    private mutating func resourceClaims(
        _ claims: APITree, _ path: FieldPath, _ claimNames: Set<String>
    ) {
        var names: Set<String> = []
        for (index, claim) in claims.list.enumerated() {
            let place = path.index(index)
            let name = claim.name.text
            let request = claim.request.text
            if name.isEmpty {
                required(place)
                continue
            }
            if names.contains(name) {
                duplicate(place, .text(name))
            } else {
                var key = name
                if !request.isEmpty {
                    label(request, place.child("request"))
                    key += "/" + request
                }
                if names.contains(key) {
                    duplicate(place, .text(key))
                } else if request.isEmpty {
                    for _ in names.filter({ $0.hasPrefix(name + "/") }) {
                        duplicate(place, .text(name))
                    }
                }
                names.insert(key)
            }
            if !claimNames.contains(name) {
                let known = claimNames.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                let list = known.isEmpty ? " which is empty" : ": " + known.joined(separator: ", ")
                notFound(place, .text(name), "must be one of the names in pod.spec.resourceClaims" + list)
            }
        }
    }

    private mutating func resizePolicies(
        _ policies: APITree, _ path: FieldPath, _ context: ContainerContext
    ) {
        var resources: Set<String> = []
        for (index, policy) in policies.list.enumerated() {
            let resource = policy.resourceName.text
            let restart = policy.restartPolicy.text
            if !resources.insert(resource).inserted { duplicate(path.index(index), .typed(resource)) }
            if resource.isEmpty { required(path) } else { member(resource, path, of: ["cpu", "memory"]) }
            if restart.isEmpty {
                required(path)
            } else {
                member(restart, path, of: ["NotRequired", "RestartContainer"])
            }
            if context.restartPolicy == "Never" && restart != "NotRequired" {
                invalid(
                    path, .typed(restart), "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
            }
        }
    }

    private mutating func containerRestartPolicy(_ container: APITree, _ path: FieldPath) {
        let rules = container.restartPolicyRules.list
        if let policy = container.restartPolicy.optionalText {
            member(policy, path.child("restartPolicy"), of: ["Always", "Never", "OnFailure"])
        } else if rules.isEmpty {
            return
        } else {
            required(path.child("restartPolicy"), "must specify restartPolicy when restart rules are used")
        }
        if rules.count > 20 { tooMany(path.child("restartPolicyRules"), count: rules.count, limit: 20) }
        for (index, rule) in rules.enumerated() {
            let place = path.child("restartPolicyRules").index(index)
            member(rule.action.text, place.child("action"), of: ["Restart", "RestartAllContainers"])
            guard rule.exitCodes.exists else {
                required(place.child("exitCodes"), "must be specified")
                continue
            }
            member(
                rule.exitCodes["operator"].text, place.child("exitCodes", "operator"), of: ["In", "NotIn"])
            let count = rule.exitCodes.values.count
            if count > 255 { tooMany(place.child("exitCodes", "values"), count: count, limit: 255) }
        }
    }

    // MARK: Handlers

    private mutating func probes(_ container: APITree, _ path: FieldPath, _ context: ContainerContext) {
        for field in ["livenessProbe", "readinessProbe", "startupProbe"] where container[field].exists {
            let probe = container[field]
            let place = path.child(field)
            handler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], place, context)
            for name in [
                "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold",
                "failureThreshold",
            ] {
                nonNegative(probe[name].int, place.child(name))
            }
            if let grace = probe.terminationGracePeriodSeconds.optionalInt {
                if grace <= 0 {
                    invalid(
                        place.child("terminationGracePeriodSeconds"), .int(grace), "must be greater than 0")
                }
                if field == "readinessProbe" {
                    invalid(
                        place.child("terminationGracePeriodSeconds"), .int(grace),
                        "must not be set for readinessProbes")
                }
            }
            if field != "readinessProbe" && probe.successThreshold.int != 1 {
                invalid(
                    place.child("successThreshold"), .int(probe.successThreshold.int), "must be 1")
            }
        }
    }

    private mutating func lifecycle(_ hooks: APITree, _ path: FieldPath, _ context: ContainerContext) {
        for field in ["postStart", "preStop"] where hooks[field].exists {
            handler(hooks[field], ["exec", "httpGet", "tcpSocket", "sleep"], path.child(field), context)
        }
        guard let signal = hooks.stopSignal.optionalText else { return }
        let place = path.child("stopSignal")
        if !context.os.exists {
            forbidden(place, "may not be set for containers with empty `spec.os.name`")
        } else if context.os.name.text == "windows" {
            member(signal, place, of: ["SIGKILL", "SIGTERM"])
        } else if context.os.name.text == "linux" {
            member(signal, place, of: FieldErrorList.linuxSignals)
        }
    }

    private static let linuxSignals: [String] = {
        let plain =
            "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT RTMAX RTMIN "
            + "SEGV "
            + "STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ"
        let names =
            plain.split(separator: " ").map(String.init) + (1...14).map { "RTMAX-\($0)" }
            + (1...15).map { "RTMIN+\($0)" }
        return names.map { "SIG" + $0 }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }()

    private mutating func handler(
        _ handler: APITree, _ kinds: [String], _ path: FieldPath, _ context: ContainerContext
    ) {
        var count = 0
        for kind in kinds where handler[kind].exists {
            let place = path.child(kind)
            count += 1
            if count > 1 {
                forbidden(place, "may not specify more than 1 handler type")
                continue
            }
            let action = handler[kind]
            switch kind {
            case "exec": if action.command.isEmpty { required(place.child("command")) }
            case "httpGet": httpGet(action, place)
            case "grpc":
                invalid(
                    place.child("port"), .int(action.port.int), each: Names.portNumber(action.port.int))
            case "sleep":
                let seconds = action.seconds.int
                if let grace = context.gracePeriod, seconds < 0 || seconds > grace {
                    invalid(
                        place, .int(seconds),
                        "must be non-negative and less than terminationGracePeriodSeconds (\(grace))")
                }
            default: portNumberOrName(action.port, place.child("port"))
            }
        }
        if count == 0 { required(path, "must specify a handler type") }
    }

    private mutating func httpGet(_ action: APITree, _ path: FieldPath) {
        if action.path.isEmpty { required(path.child("path")) }
        portNumberOrName(action.port, path.child("port"))
        member(action.scheme.text, path.child("scheme"), of: ["HTTP", "HTTPS"])
        for header in action.httpHeaders.list {
            invalid(
                path.child("httpHeaders"), .text(header.name.text),
                each: Names.httpHeaderName(header.name.text))
        }
    }

    /// A port by number or name.
    mutating func portNumberOrName(_ port: APITree, _ path: FieldPath) {
        if let name = port.optionalText {
            invalid(path, .text(name), each: Names.portName(name))
        } else {
            invalid(path, .int(port.int), each: Names.portNumber(port.int))
        }
    }
}
