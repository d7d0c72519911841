/// Checks of security contexts.
///
/// Upstream: `pkg/apis/core/validation/validation.go` (v1.36).
extension FieldErrorList {
    mutating func containerSecurityContext(
        _ context: APITree, _ path: FieldPath, usesHostUsers: Bool
    ) {
        guard context.exists else { return }
        for field in ["runAsUser", "runAsGroup"] {
            if let id = context[field].optionalInt {
                invalid(path.child(field), .int(id), each: Names.userID(id))
            }
        }
        if let mount = context.procMount.optionalText {
            member(mount, path.child("procMount"), of: ["Default", "Unmasked"])
            if usesHostUsers && mount == "Unmasked" {
                invalid(
                    path.child("procMount"), .typed(mount), "`hostUsers` must be false to use `Unmasked`")
            }
        }
        seccompProfile(context.seccompProfile, path.child("seccompProfile"))
        if context.allowPrivilegeEscalation.optionalFlag == false {
            if context.privileged.flag {
                invalid(
                    path, .raw(GoStruct.json(context, "SecurityContext")),
                    "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
            }
            for capability in context.capabilities.add.strings where capability == "CAP_SYS_ADMIN" {
                invalid(
                    path, .raw(GoStruct.json(context, "SecurityContext")),
                    "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
            }
        }
        windowsOptions(context.windowsOptions, path.child("windowsOptions"))
        appArmorProfile(context.appArmorProfile, path.child("appArmorProfile"))
    }

    mutating func podSecurityContext(_ spec: APITree, _ path: FieldPath, _ options: PodOptions) {
        let context = spec.securityContext
        for field in ["fsGroup", "runAsUser", "runAsGroup"] {
            if let id = context[field].optionalInt {
                invalid(path.child(field), .int(id), each: Names.userID(id))
            }
        }
        for (index, group) in context.supplementalGroups.list.enumerated() {
            invalid(
                path.child("supplementalGroups").index(index), .int(group.int), each: Names.userID(group.int))
        }
        if spec.hostPID.flag && spec.shareProcessNamespace.flag {
            invalid(
                path.child("shareProcessNamespace"), .flag(true),
                "ShareProcessNamespace and HostPID cannot both be enabled")
        }
        sysctls(spec, path.child("sysctls"), options)
        if let policy = context.fsGroupChangePolicy.optionalText {
            member(policy, path.child("fsGroupChangePolicy"), of: ["Always", "OnRootMismatch"])
        }
        seccompProfile(context.seccompProfile, path.child("seccompProfile"))
        windowsOptions(context.windowsOptions, path.child("windowsOptions"))
        appArmorProfile(context.appArmorProfile, path.child("appArmorProfile"))
        if let policy = context.supplementalGroupsPolicy.optionalText {
            member(policy, path.child("supplementalGroupsPolicy"), of: ["Merge", "Strict"])
        }
        if let policy = context.seLinuxChangePolicy.optionalText {
            member(
                policy, path.child("seLinuxChangePolicy"),
                of: options.onlyRecursiveSELinuxChange ? ["Recursive"] : ["MountOption", "Recursive"])
        }
    }

    private mutating func sysctls(_ spec: APITree, _ path: FieldPath, _ options: PodOptions) {
        let segment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
        var names: Set<String> = []
        for (index, sysctl) in spec.securityContext.sysctls.list.enumerated() {
            let place = path.index(index).child("name")
            let name = sysctl.name.text
            if name.isEmpty {
                required(place)
            } else if !FieldErrorList.isSysctl(name) {
                invalid(
                    place, .text(name),
                    "must have at most 253 characters and match regex ^(\(segment)[\\./])*\(segment)$")
            } else if names.contains(name) {
                duplicate(place, .text(name))
            }
            if !options.allowsNamespacedSysctls, let fault = PodSpecView.hostSysctlFault(name, spec) {
                invalid(place, .text(name), fault)
            }
            names.insert(name)
        }
    }

    private static func isSysctl(_ name: String) -> Bool {
        name.utf8.count <= 253
            && name.utf8.split(omittingEmptySubsequences: false) { $0 == Names.dot || $0 == Names.slash }
                .allSatisfy { part in
                    guard let first = part.first, let last = part.last else { return false }
                    return Names.isLowerAlphanumeric(first) && Names.isLowerAlphanumeric(last)
                        && part.allSatisfy {
                            Names.isLowerAlphanumeric($0) || $0 == Names.dash || $0 == Names.underscore
                        }
                }
    }

    private mutating func seccompProfile(_ profile: APITree, _ path: FieldPath) {
        guard profile.exists else { return }
        let type = profile.type.text
        if type.isEmpty {
            required(path.child("type"), "type is required when seccompProfile is set")
        } else {
            member(type, path.child("type"), of: ["Localhost", "RuntimeDefault", "Unconfined"])
        }
        let place = path.child("localhostProfile")
        if type == "Localhost" {
            if let local = profile.localhostProfile.optionalText {
                descendingPath(local, place)
            } else {
                required(place, "must be set when seccomp type is Localhost")
            }
        } else if profile.localhostProfile.exists {
            invalid(
                place, .raw(GoStruct.json(profile, "SeccompProfile")),
                "can only be set when seccomp type is Localhost")
        }
    }

    private mutating func appArmorProfile(_ profile: APITree, _ path: FieldPath) {
        guard profile.exists else { return }
        let place = path.child("localhostProfile")
        switch profile.type.text {
        case "Localhost":
            guard let local = profile.localhostProfile.optionalText else {
                return required(place, "must be set when AppArmor type is Localhost")
            }
            let scalars = local.unicodeScalars
            if scalars.first?.properties.isWhitespace == true || scalars.last?.properties.isWhitespace == true
            {
                invalid(place, .text(local), "must not be padded with whitespace")
            } else if local.isEmpty {
                required(place, "must be set when AppArmor type is Localhost")
            }
            if local.utf8.count > 4095 { tooLong(place, bytes: 4095) }
        case "RuntimeDefault", "Unconfined":
            if let local = profile.localhostProfile.optionalText {
                invalid(place, .typed(local), "can only be set when AppArmor type is Localhost")
            }
        case "": required(path.child("type"), "type is required when appArmorProfile is set")
        case let type:
            notSupported(path.child("type"), .typed(type), ["Localhost", "RuntimeDefault", "Unconfined"])
        }
    }

    private mutating func windowsOptions(_ options: APITree, _ path: FieldPath) {
        guard options.exists else { return }
        if let name = options.gmsaCredentialSpecName.optionalText {
            invalid(
                path.child("gmsaCredentialSpecName"), .typed(name), each: Names.dns1123Subdomain(name))
        }
        if let spec = options.gmsaCredentialSpec.optionalText {
            if spec.isEmpty {
                invalid(
                    path.child("gmsaCredentialSpec"), .typed(spec),
                    "gmsaCredentialSpec cannot be an empty string")
            } else if spec.utf8.count > 64 * 1024 {
                invalid(
                    path.child("gmsaCredentialSpec"), .typed(spec),
                    "gmsaCredentialSpec size must be under 64 KiB")
            }
        }
        if let name = options.runAsUserName.optionalText {
            for fault in FieldErrorList.windowsUserFaults(name) {
                invalid(path.child("runAsUserName"), .typed(name), fault)
            }
        }
    }

    private static func windowsUserFaults(_ name: String) -> [String] {
        if name.isEmpty { return ["runAsUserName cannot be an empty string"] }
        if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return ["runAsUserName cannot contain control characters"]
        }
        let parts = name.split(separator: "\\", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 2 { return ["runAsUserName cannot contain more than one backslash"] }
        var faults: [String] = []
        let user = parts[parts.count - 1]
        if parts.count == 2 {
            let domain = parts[0]
            if domain.utf8.count >= 256 {
                faults.append("runAsUserName's Domain length must be under 256 characters")
            }
            if !isNetBIOS(domain) && !isWindowsDomain(domain) {
                faults.append("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
            }
        }
        if user.isEmpty {
            faults.append("runAsUserName's User cannot be empty")
        } else if user.utf8.count > 104 {
            faults.append("runAsUserName's User length must not be longer than 104 characters")
        }
        if !user.isEmpty && user.allSatisfy({ $0 == "." || $0 == " " }) {
            faults.append("runAsUserName's User cannot contain only periods or spaces")
        }
        if user.contains(where: { "\"/\\:;|=,+*?<>@[]".contains($0) }) {
            faults.append(
                "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
        }
        return faults
    }

    private static func isNetBIOS(_ domain: String) -> Bool {
        let scalars = domain.unicodeScalars
        return (1...15).contains(scalars.count) && scalars.first != "."
            && !domain.contains { "\\/:*?\"<>|".contains($0) }
    }

    private static func isWindowsDomain(_ domain: String) -> Bool {
        domain.utf8.split(separator: Names.dot, omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, let last = part.last, part.count <= 63 else { return false }
            return Names.isAlphanumeric(first) && Names.isAlphanumeric(last)
                && part.allSatisfy { Names.isAlphanumeric($0) || $0 == Names.dash }
        }
    }

    /// HostProcess containers: all or none, and on the host's network.
    mutating func hostProcesses(_ spec: APITree, _ path: FieldPath) {
        let ofPod = spec.securityContext.windowsOptions.hostProcess.optionalFlag
        let containers = PodSpecView.allContainers(spec, path)
        var count = 0
        for (container, place) in containers {
            let own = container.securityContext.windowsOptions.hostProcess.optionalFlag
            if let ofPod, let own, ofPod != own {
                invalid(
                    place.child("securityContext", "windowsOptions", "hostProcess"), .flag(own),
                    "pod hostProcess value must be identical if both are specified, was \(ofPod)")
            }
            if own ?? ofPod ?? false { count += 1 }
        }
        guard count > 0 else { return }
        if count != containers.count {
            invalid(
                path, .text(""),
                "If pod contains any hostProcess containers then all containers must be HostProcess "
                    + "containers"
            )
        }
        if !spec.hostNetwork.flag {
            invalid(
                path.child("hostNetwork"), .flag(false),
                "hostNetwork must be true if pod contains any hostProcess containers")
        }
    }

    /// What a pod for one operating system must leave unset.
    mutating func operatingSystem(_ spec: APITree, _ path: FieldPath) {
        let os = spec.os
        guard os.exists else { return }
        let name = os.name.text
        if name.isEmpty { return required(path.child("os", "name")) }
        switch name {
        case "linux":
            let message = "windows options cannot be set for a linux pod"
            if spec.securityContext.windowsOptions.exists {
                forbidden(path.child("securityContext", "windowsOptions"), message)
            }
            for (container, place) in PodSpecView.allContainers(spec, path)
            where container.securityContext.windowsOptions.exists {
                forbidden(place.child("securityContext", "windowsOptions"), message)
            }
        case "windows": windowsPod(spec, path)
        default: notSupported(path.child("os"), .typed(name), ["linux", "windows"])
        }
    }

    private mutating func windowsPod(_ spec: APITree, _ path: FieldPath) {
        let message = "cannot be set for a windows pod"
        let context = spec.securityContext
        let place = path.child("securityContext")
        for field in ["appArmorProfile", "seLinuxOptions"] where context[field].exists {
            forbidden(place.child(field), message)
        }
        if spec.hostUsers.exists { forbidden(path.child("hostUsers"), message) }
        if spec.hostPID.flag { forbidden(path.child("hostPID"), message) }
        if spec.hostIPC.flag { forbidden(path.child("hostIPC"), message) }
        for field in ["seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls"]
        where context[field].exists && !(field == "sysctls" && context[field].isEmpty) {
            forbidden(place.child(field), message)
        }
        if spec.shareProcessNamespace.exists { forbidden(path.child("shareProcessNamespace"), message) }
        for field in [
            "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy",
            "seLinuxChangePolicy",
        ] where context[field].exists {
            forbidden(place.child(field), message)
        }
        for (container, containerPath) in PodSpecView.allContainers(spec, path) {
            let own = container.securityContext
            for field in [
                "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities",
                "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount",
                "runAsUser", "runAsGroup",
            ] where own[field].exists {
                forbidden(containerPath.child("securityContext", field), message)
            }
        }
    }
}
