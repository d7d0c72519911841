import KubernetesModel
import OrderedCollections
import Scheduler
import Testing

@Suite("scheduler configuration")
struct SchedulerConfigurationTests {
    @Test("the default profile has upstream's plugins, order and weights")
    func defaults() throws {
        let configuration = try SchedulerConfiguration.standard()
        let profile = try #require(configuration.profile(named: "default-scheduler"))
        #expect(
            profile.filter.map(\.name) == [
                "NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts",
                "NodeResourcesFit", "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone",
                "PodTopologySpread", "InterPodAffinity", "DynamicResources", "NodeDeclaredFeatures",
            ])
        let weights = profile.score.map { "\($0.plugin.name) \($0.weight)" }
        #expect(
            weights == [
                "TaintToleration 3", "NodeAffinity 2", "NodeResourcesFit 1", "VolumeBinding 1",
                "PodTopologySpread 2", "InterPodAffinity 2", "DynamicResources 2",
                "NodeResourcesBalancedAllocation 1", "ImageLocality 1",
            ])
        #expect(profile.postFilter.map(\.name) == ["DynamicResources", "DefaultPreemption"])
        #expect(profile.bind.map(\.name) == ["DefaultBinder"])
    }

    @Test(
        "what is wrong is named with its place",
        arguments: [
            (#"{"profilez": []}"#, "profilez: unknown field."),
            (
                #"{"percentageOfNodesToScore": 200}"#,
                "percentageOfNodesToScore: 200 is not in the range 0 to 100"
            ),
            (#"{"podMaxBackoffSeconds": "x"}"#, "podMaxBackoffSeconds: expected an integer, found a string"),
            (
                #"{"profiles": [{"plugins": {"score": {"enabled": [{"name": "NodeResourceFit"}]}}}]}"#,
                "profiles[0].plugins.score.enabled[0].name: unknown plugin 'NodeResourceFit'."
            ),
            (
                #"{"profiles": [{"plugins": {"score": {"enabled": [{"name": "NodeName"}]}}}]}"#,
                "profiles[0].plugins.score.enabled[0].name: plugin 'NodeName' does not take part at score"
            ),
            (
                #"{"profiles": [{"pluginConfig": [{"name": "InterPodAffinity", "args": {"hardPodAffinityWeight": 101}}]}]}"#,
                "profiles[0].pluginConfig[0].args.hardPodAffinityWeight: 101 is not in the range 0 to 100"
            ),
            (
                #"{"extenders": [{"urlPrefix": "http://x", "prioritizeVerb": "p"}]}"#,
                "extenders[0].weight: must have a positive weight applied to it"
            ),
            (
                #"{"profiles": [{"schedulerName": "a"}, {"schedulerName": "a"}]}"#,
                "profiles[1].schedulerName: 'a' is used by two profiles"
            ),
            (
                #"{"profiles": [{"plugins": {"bind": {"disabled": [{"name": "*"}]}}}]}"#,
                "profiles[0]: at least one bind plugin is needed"
            ),
        ])
    func errors(text: String, expected: String) throws {
        let json = try JSONParser.parse(text)
        let error = #expect(throws: ConfigurationError.self) { try SchedulerConfiguration(json: json) }
        let description = error?.description ?? ""
        #expect(description.hasPrefix(expected), "\(description)")
    }

    @Test("mistakes that do not depend on each other are told together")
    func problems() throws {
        let json = try JSONParser.parse(
            #"""
            {"percentageOfNodesToScore": 101, "parallelism": 0, "colour": "red", "profiles": [
              {"plugins": {"score": {"enabled": [{"name": "NodeName"}]}},
               "pluginConfig": [
                 {"name": "InterPodAffinity", "args": {"hardPodAffinityWeight": 101}},
                 {"name": "DefaultPreemption", "args": {"minCandidateNodesPercentage": "ten"}}]}]}
            """#)
        #expect(
            SchedulerConfiguration.problems(json: json).map(\.path) == [
                "colour", "parallelism", "percentageOfNodesToScore",
                "profiles[0].pluginConfig[0].args.hardPodAffinityWeight",
                "profiles[0].pluginConfig[1].args.minCandidateNodesPercentage",
                "profiles[0].plugins.score.enabled[0].name",
            ])
    }

    @Test("a disabled plugin is gone, an enabled one at a point comes first with its weight")
    func merging() throws {
        let json = try JSONParser.parse(
            #"""
            {"profiles": [{"plugins": {
              "multiPoint": {"disabled": [{"name": "ImageLocality"}]},
              "score": {"enabled": [{"name": "NodeResourcesFit", "weight": 7}]}}}]}
            """#)
        let profile = try #require(try SchedulerConfiguration(json: json).profiles.first)
        #expect(profile.score.first?.plugin.name == "NodeResourcesFit")
        #expect(profile.score.first?.weight == 7)
        #expect(!profile.score.contains { $0.plugin.name == "ImageLocality" })
    }
}
