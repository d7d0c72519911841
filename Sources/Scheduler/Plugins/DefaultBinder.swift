/// Binds every pod through the API server's binding subresource.
///
/// Upstream: `pkg/scheduler/framework/plugins/defaultbinder` (v1.36).
public struct DefaultBinder: BindPlugin {
    public static let name = "DefaultBinder"

    public init() {}

    public func binds(_ pod: PodInfo, toNodeNamed node: String) -> Bool { true }
}
