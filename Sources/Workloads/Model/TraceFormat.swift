/// The trace formats that simk reads; the raw value is the name on the command line and in scenarios.
public enum TraceFormat: String, Hashable, Sendable, CaseIterable {
    case alibabaGPU2023 = "alibaba-gpu-2023"
    case alibabaDLRM2025 = "alibaba-dlrm-2025"
    case alibaba2017 = "alibaba-2017"
    case alibaba2018 = "alibaba-2018"
    case alibabaGPU2020 = "alibaba-gpu-2020"
    case alibabaSpot2026 = "alibaba-spot-2026"
    case borg2011 = "borg-2011"
    case borg2019 = "borg-2019"
    case azurePacking2020 = "azure-packing-2020"
    case azureVM2017 = "azure-vm-2017"
    case azureVM2019 = "azure-vm-2019"
    case philly = "philly"
    case swf = "swf"
    case simkube = "simkube"
    case snapshot = "snapshot"
    case compact = "simk"

    /// Finds a format by its name or by another name that people use for it.
    public init?(name: String) {
        let lowered = name.lowercased()
        if let format = TraceFormat(rawValue: lowered) ?? Self.aliases[lowered] {
            self = format
        } else {
            return nil
        }
    }

    private static let aliases: [String: TraceFormat] = [
        "openb": .alibabaGPU2023, "dlrm": .alibabaDLRM2025, "pai": .alibabaGPU2020,
        "alibaba-pai-2020": .alibabaGPU2020, "google-2011": .borg2011, "google-2019": .borg2019,
        "sktrace": .simkube, "kubectl": .snapshot, "protean": .azurePacking2020,
    ]
}

/// One kind of file of a format, such as the nodes of ``TraceFormat/alibabaGPU2023``.
public struct TraceTable: Hashable, Sendable {
    public var format: TraceFormat
    public var name: String

    public init(_ format: TraceFormat, _ name: String) {
        self.format = format
        self.name = name
    }
}
