import ControlPlane

/// What an answer of the API server is about: packed into the call's token.
struct KubeletCall: Hashable, BitwiseCopyable, Sendable {
    enum Kind: UInt8, BitwiseCopyable, Sendable {
        case register, nodeStatus, lease, createLease, readLease
        case statusGet, statusPatch, podDelete
        /// A ConfigMap or Secret.
        case read
        /// A claim, and the volume that it is bound to.
        case claim, volume
        /// A claim whose volume is to be expanded, and the two writes about it.
        case expandRead, expandBegin, expandEnd
    }
    var kind: Kind
    /// Which process of the kubelet made the call.
    var boot: UInt8
    /// A pod's slot, in twenty bits.
    var slot: Int32
    /// The slot's generation, or the number of a read.
    var number: UInt32

    init(kind: Kind, boot: UInt8, slot: Int32, number: UInt32) {
        self.kind = kind
        self.boot = boot
        self.slot = slot
        self.number = number
    }

    init?(_ token: CallToken) {
        guard token != .none, let kind = Kind(rawValue: UInt8(token.value >> 60)) else {
            return nil
        }
        self.kind = kind
        boot = UInt8(truncatingIfNeeded: token.value >> 52)
        slot = Int32(token.value >> 32 & 0xF_FFFF)
        number = UInt32(truncatingIfNeeded: token.value)
    }

    var token: CallToken {
        let place = UInt64(UInt32(bitPattern: slot) & 0xF_FFFF)
        return CallToken(
            value: UInt64(kind.rawValue) << 60 | UInt64(boot) << 52 | place << 32 | UInt64(number))
    }
}
