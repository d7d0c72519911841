/// What a plugin is beside a plugin: itself as each of the protocols that it conforms to.
///
/// The compiler fills this in for every plugin: the members of a narrower protocol's extension stand for those of
/// ``Plugin``'s. A dynamic cast in their place looks through the conformances of all libraries in the process, the
/// first time that a plugin is asked for a role, and a profile asks some hundreds of times.
public protocol PluginRoles: Sendable {
    var asPreEnqueue: (any PreEnqueuePlugin)? { get }
    var asQueueSort: (any QueueSortPlugin)? { get }
    var asGroupingQueueSort: (any GroupingQueueSort)? { get }
    var asEnqueueExtensions: (any EnqueueExtensions)? { get }
    var asPreFilter: (any PreFilterPlugin)? { get }
    var asPreFilterExtensions: (any PreFilterExtensions)? { get }
    var asFilter: (any FilterPlugin)? { get }
    var asLocalFilter: (any LocalFilterPlugin)? { get }
    var asPostFilter: (any PostFilterPlugin)? { get }
    var asPreScore: (any PreScorePlugin)? { get }
    var asScore: (any ScorePlugin)? { get }
    var asLocalScore: (any LocalScorePlugin)? { get }
    var asDrawingScore: (any DrawingScorePlugin)? { get }
    var asNormalizeScore: (any NormalizeScorePlugin)? { get }
    var asReserve: (any ReservePlugin)? { get }
    var asPermit: (any PermitPlugin)? { get }
    var asWaitingPermit: (any WaitingPermitPlugin)? { get }
    var asPreBind: (any PreBindPlugin)? { get }
    var asBind: (any BindPlugin)? { get }
    var asPostBind: (any PostBindPlugin)? { get }
    var asWarning: (any PodWarningPlugin)? { get }
    var asTimed: (any TimedPlugin)? { get }
}

extension Plugin {
    public var asPreEnqueue: (any PreEnqueuePlugin)? { nil }
    public var asQueueSort: (any QueueSortPlugin)? { nil }
    public var asGroupingQueueSort: (any GroupingQueueSort)? { nil }
    public var asEnqueueExtensions: (any EnqueueExtensions)? { nil }
    public var asPreFilter: (any PreFilterPlugin)? { nil }
    public var asPreFilterExtensions: (any PreFilterExtensions)? { nil }
    public var asFilter: (any FilterPlugin)? { nil }
    public var asLocalFilter: (any LocalFilterPlugin)? { nil }
    public var asPostFilter: (any PostFilterPlugin)? { nil }
    public var asPreScore: (any PreScorePlugin)? { nil }
    public var asScore: (any ScorePlugin)? { nil }
    public var asLocalScore: (any LocalScorePlugin)? { nil }
    public var asDrawingScore: (any DrawingScorePlugin)? { nil }
    public var asNormalizeScore: (any NormalizeScorePlugin)? { nil }
    public var asReserve: (any ReservePlugin)? { nil }
    public var asPermit: (any PermitPlugin)? { nil }
    public var asWaitingPermit: (any WaitingPermitPlugin)? { nil }
    public var asPreBind: (any PreBindPlugin)? { nil }
    public var asBind: (any BindPlugin)? { nil }
    public var asPostBind: (any PostBindPlugin)? { nil }
    public var asWarning: (any PodWarningPlugin)? { nil }
    public var asTimed: (any TimedPlugin)? { nil }
}

extension PreEnqueuePlugin {
    public var asPreEnqueue: (any PreEnqueuePlugin)? { self }
}

extension QueueSortPlugin {
    public var asQueueSort: (any QueueSortPlugin)? { self }
}

extension GroupingQueueSort {
    public var asGroupingQueueSort: (any GroupingQueueSort)? { self }
}

extension EnqueueExtensions {
    public var asEnqueueExtensions: (any EnqueueExtensions)? { self }
}

extension PreFilterPlugin {
    public var asPreFilter: (any PreFilterPlugin)? { self }
}

extension PreFilterExtensions {
    public var asPreFilterExtensions: (any PreFilterExtensions)? { self }
}

extension FilterPlugin {
    public var asFilter: (any FilterPlugin)? { self }
}

extension LocalFilterPlugin {
    public var asLocalFilter: (any LocalFilterPlugin)? { self }
}

extension PostFilterPlugin {
    public var asPostFilter: (any PostFilterPlugin)? { self }
}

extension PreScorePlugin {
    public var asPreScore: (any PreScorePlugin)? { self }
}

extension ScorePlugin {
    public var asScore: (any ScorePlugin)? { self }
}

extension LocalScorePlugin {
    public var asLocalScore: (any LocalScorePlugin)? { self }
}

extension DrawingScorePlugin {
    public var asDrawingScore: (any DrawingScorePlugin)? { self }
}

extension NormalizeScorePlugin {
    public var asNormalizeScore: (any NormalizeScorePlugin)? { self }
}

extension ReservePlugin {
    public var asReserve: (any ReservePlugin)? { self }
}

extension PermitPlugin {
    public var asPermit: (any PermitPlugin)? { self }
}

extension WaitingPermitPlugin {
    public var asWaitingPermit: (any WaitingPermitPlugin)? { self }
}

extension PreBindPlugin {
    public var asPreBind: (any PreBindPlugin)? { self }
}

extension BindPlugin {
    public var asBind: (any BindPlugin)? { self }
}

extension PostBindPlugin {
    public var asPostBind: (any PostBindPlugin)? { self }
}

extension PodWarningPlugin {
    public var asWarning: (any PodWarningPlugin)? { self }
}

extension TimedPlugin {
    public var asTimed: (any TimedPlugin)? { self }
}
