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
    /// Set while the holder renews the lease at regular times: `renewTime` is then the first of them.
    ///
    /// Renewals whose outcome is known in advance cost no events. It is simk's own and not part of the JSON;
    /// the API server shows ``materialized(at:)`` to whoever reads the lease, and ends the renewals with the
    /// last one that happened when the holder stops or is cut off.
    public var renewalPeriod: VirtualDuration?

    public init() {}

    /// The lease as a reader at a moment sees it: renewed for the last time at or before then.
    public func materialized(at now: VirtualTime) -> Lease {
        guard let renewalPeriod, let renewTime, now > renewTime else { return self }
        let periods = (now - renewTime).nanoseconds / renewalPeriod.nanoseconds
        return with { $0.renewTime = renewTime + renewalPeriod * periods }
    }

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
            let (metadata, renewalPeriod) = (other.metadata, other.renewalPeriod)
            other = lease
            (other.metadata, other.renewalPeriod) = (metadata, renewalPeriod)
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
        if digests(name, isPresent: value != nil, { $0.combine(UInt64(bitPattern: value?.nanoseconds ?? 0)) })
        {
            return
        }
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
