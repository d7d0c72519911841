/// Hands out service addresses: cluster IPs from 10.96.0.0/16 and node ports from 30000 to 32767, the
/// defaults of kubeadm and of the API server.
///
/// Upstream allocates at random within the range; simk hands them out in order, which no controller can
/// tell apart and which keeps runs alike when services are added.
struct ServiceAllocators: Sendable {
    /// 10.96.0.1 is the API server's own.
    private var nextAddress: UInt32 = 2
    private var nextPort: Int64 = 30_000
    private var usedAddresses: Set<String> = ["10.96.0.1"]
    private var usedPorts: Set<Int64> = []

    mutating func reserve(address: String) { usedAddresses.insert(address) }
    mutating func reserve(port: Int64) { usedPorts.insert(port) }
    mutating func release(address: String) { usedAddresses.remove(address) }
    mutating func release(port: Int64) { usedPorts.remove(port) }

    /// The next free address, or nil when the range is used up.
    mutating func address() -> String? {
        for _ in 0..<65_534 {
            let text = "10.96.\(nextAddress >> 8).\(nextAddress & 255)"
            nextAddress = nextAddress == 65_534 ? 2 : nextAddress + 1
            if usedAddresses.insert(text).inserted { return text }
        }
        return nil
    }

    /// The next free port, or nil when the range is used up.
    mutating func port() -> Int64? {
        for _ in 0..<2_768 {
            let port = nextPort
            nextPort = nextPort == 32_767 ? 30_000 : nextPort + 1
            if usedPorts.insert(port).inserted { return port }
        }
        return nil
    }
}
