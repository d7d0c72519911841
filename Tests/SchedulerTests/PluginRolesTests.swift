import Scheduler
import Testing

@Suite("Roles of plugins")
struct PluginRolesTests {
    @Test("every plugin tells the protocols that it conforms to")
    func asCasts() throws {
        var roles = 0
        for policy in SchedulingPolicy.allCases {
            let configuration = try SchedulerConfiguration(
                json: policy.configuration, registry: .standard(PluginEnvironment(seed: 1)))
            for profile in configuration.profiles {
                var plugins: [any Plugin] = profile.preEnqueue
                plugins += profile.preFilter.map { $0 as any Plugin }
                plugins += profile.filter.map { $0 as any Plugin }
                plugins += profile.postFilter.map { $0 as any Plugin }
                plugins += profile.preScore.map { $0 as any Plugin }
                plugins += profile.score.map { $0.plugin as any Plugin }
                plugins += profile.reserve.map { $0 as any Plugin }
                plugins += profile.permit.map { $0 as any Plugin }
                plugins += profile.preBind.map { $0 as any Plugin }
                plugins += profile.bind.map { $0 as any Plugin }
                plugins.append(profile.queueSort)
                for plugin in plugins { roles += check(plugin) }
            }
        }
        #expect(roles > 100)
    }

    private func check(_ plugin: any Plugin) -> Int {
        let pairs: [(Bool, Bool)] = [
            (plugin.asPreEnqueue != nil, plugin is any PreEnqueuePlugin),
            (plugin.asQueueSort != nil, plugin is any QueueSortPlugin),
            (plugin.asGroupingQueueSort != nil, plugin is any GroupingQueueSort),
            (plugin.asEnqueueExtensions != nil, plugin is any EnqueueExtensions),
            (plugin.asPreFilter != nil, plugin is any PreFilterPlugin),
            (plugin.asPreFilterExtensions != nil, plugin is any PreFilterExtensions),
            (plugin.asFilter != nil, plugin is any FilterPlugin),
            (plugin.asLocalFilter != nil, plugin is any LocalFilterPlugin),
            (plugin.asPostFilter != nil, plugin is any PostFilterPlugin),
            (plugin.asPreScore != nil, plugin is any PreScorePlugin),
            (plugin.asScore != nil, plugin is any ScorePlugin),
            (plugin.asLocalScore != nil, plugin is any LocalScorePlugin),
            (plugin.asNormalizeScore != nil, plugin is any NormalizeScorePlugin),
            (plugin.asReserve != nil, plugin is any ReservePlugin),
            (plugin.asPermit != nil, plugin is any PermitPlugin),
            (plugin.asWaitingPermit != nil, plugin is any WaitingPermitPlugin),
            (plugin.asPreBind != nil, plugin is any PreBindPlugin),
            (plugin.asBind != nil, plugin is any BindPlugin),
            (plugin.asPostBind != nil, plugin is any PostBindPlugin),
            (plugin.asWarning != nil, plugin is any PodWarningPlugin),
            (plugin.asTimed != nil, plugin is any TimedPlugin),
        ]
        for (place, pair) in pairs.enumerated() {
            #expect(pair.0 == pair.1, "\(plugin.name), role \(place)")
        }
        return pairs.filter(\.0).count
    }
}
