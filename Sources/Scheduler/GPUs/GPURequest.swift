public import KubernetesModel

/// What a pod asks of a node's GPUs: so many of them, so much of each, and of which models.
///
/// The request stands in annotations of the pod, as in the GPU-sharing schedulers of Alibaba and in the
/// simulator of Weng et al. (hkust-adsl/kubernetes-scheduler-simulator, `pkg/type/open-gpu-share/utils`).
/// `docs/decisions/0014-gpus-as-devices.md` has the reasons.
public struct GPURequest: Hashable, Sendable {
    /// Of each GPU, in thousandths: 1 to 1000.
    public let milli: Int32
    /// How many GPUs, all of one node.
    public let count: Int32
    /// The models that will do; empty for all.
    public let models: [String]

    /// What a whole GPU has.
    public static let wholeMilli: Int32 = 1_000
    /// How many GPUs a node has at most.
    public static let maximumCount = 64

    public static let milliAnnotation = "alibabacloud.com/gpu-milli"
    public static let countAnnotation = "alibabacloud.com/gpu-count"
    public static let modelAnnotation = "alibabacloud.com/gpu-card-model"
    /// The GPUs that a bound pod has, by number from 0, such as `0` or `2-3-4`.
    public static let indexAnnotation = "alibabacloud.com/gpu-index"

    public init(milli: Int32, count: Int32, models: [String] = []) {
        self.milli = milli
        self.count = count
        self.models = models
    }

    /// Whether the pod takes part of one GPU, which others may share.
    @inlinable public var isSharing: Bool { count == 1 && milli < Self.wholeMilli }

    /// What the pod takes of all GPUs together, in thousandths of one.
    @inlinable public var totalMilli: Int64 { Int64(milli) * Int64(count) }

    @inlinable public func admits(_ model: String) -> Bool { models.isEmpty || models.contains(model) }

    /// The annotations that say this.
    public var annotations: [(String, String)] {
        var list = [(Self.countAnnotation, String(count)), (Self.milliAnnotation, String(milli))]
        if !models.isEmpty { list.append((Self.modelAnnotation, models.joined(separator: "|"))) }
        return list
    }
}

extension GPURequest {
    /// The request of a pod with these annotations; nil when there is none, or none that is valid.
    public static func of(_ annotations: StringMap) -> GPURequest? { try? Source(annotations)?.request() }

    /// The annotations of a pod that make its request, as they stand there.
    struct Source: Hashable, Sendable {
        let milli, count, model: String?

        /// Nil when the pod says nothing of GPUs.
        init?(_ annotations: StringMap) {
            if annotations.isEmpty { return nil }
            milli = annotations[GPURequest.milliAnnotation]
            count = annotations[GPURequest.countAnnotation]
            model = annotations[GPURequest.modelAnnotation]
            if milli == nil && count == nil { return nil }
        }

        /// The request; nil when it is for nothing.
        ///
        /// A count alone is of whole GPUs, a share alone of one GPU.
        func request() throws(GPURequestFault) -> GPURequest? {
            let count = try Self.number(count, GPURequest.countAnnotation, 0...Int64(GPURequest.maximumCount))
            let milli = try Self.number(milli, GPURequest.milliAnnotation, 0...Int64(GPURequest.wholeMilli))
            let models = (model ?? "").split(separator: "|").map(String.init)
            if count == 0 || (count == nil && milli == 0) { return nil }
            if milli == 0 {
                throw GPURequestFault("\(GPURequest.milliAnnotation) is 0 of each of \(count ?? 0) GPUs")
            }
            return GPURequest(
                milli: Int32(milli ?? Int64(GPURequest.wholeMilli)), count: Int32(count ?? 1), models: models)
        }

        private static func number(
            _ text: String?, _ name: String, _ range: ClosedRange<Int64>
        ) throws(GPURequestFault) -> Int64? {
            guard let text else { return nil }
            guard let number = Int64(text), range.contains(number) else {
                throw GPURequestFault(
                    "\(name) is '\(text)', expected a whole number from \(range.lowerBound) to "
                        + "\(range.upperBound)")
            }
            return number
        }
    }
}

/// Annotations that make no request.
struct GPURequestFault: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
