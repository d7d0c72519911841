public import OrderedCollections
public import SimulationKernel

/// A lease: who holds it, for how long, and when it was last renewed.
public struct Lease: FieldMappedObject {
    public static let kind = ObjectKind.lease
    public var metadata = ObjectMeta()
    public var holderIdentity: String?
    public var leaseDurationSeconds: Int64?
    /// Both times are `MicroTime`: kept in microseconds.
    public var acquireTime: VirtualTime?
    public var renewTime: VirtualTime?
    public var leaseTransitions: Int64?
    public var specRest: JSONObject = [:]

    public init() {}

    public mutating func map(_ fields: inout Fields) {
        fields.part("metadata", &metadata)
        var spec = Spec(lease: self)
        fields.part("spec", &spec)
        if fields.isReading { spec.store(in: &self) }
    }

    /// The `spec` object.
    private struct Spec: FieldMapped {
        var lease = Lease()
        init() {}
        init(lease: Lease) { self.lease = lease }
        func store(in other: inout Lease) {
            let metadata = other.metadata
            other = lease
            other.metadata = metadata
        }
        mutating func map(_ fields: inout Fields) {
            fields.string("holderIdentity", &lease.holderIdentity)
            fields.int("leaseDurationSeconds", &lease.leaseDurationSeconds)
            fields.microTime("acquireTime", &lease.acquireTime)
            fields.microTime("renewTime", &lease.renewTime)
            fields.int("leaseTransitions", &lease.leaseTransitions)
            fields.rest(&lease.specRest)
        }
    }
}

extension Fields {
    /// `metav1.MicroTime`: RFC 3339 with six fractional digits.
    public mutating func microTime(_ name: String, _ value: inout VirtualTime?) {
        let epoch = epoch
        field(
            name, &value,
            read: { member in
                guard let time = member.stringValue.flatMap(CalendarTime.init(rfc3339:)) else { return nil }
                let seconds = time.unixSeconds - epoch.unixSeconds
                let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
                return overflow ? nil : VirtualTime(nanoseconds: scaled + Int64(time.nanoseconds))
            },
            write: { time in
                time.map { .string(epoch.advanced(by: $0.sinceStart).rfc3339(fractionDigits: 6)) }
            })
    }
}
