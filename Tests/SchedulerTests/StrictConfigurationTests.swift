import KubernetesModel
import OrderedCollections
import Scheduler
import Testing

/// Nothing that a configuration says is passed over: what cannot be taken as it stands is refused with its place.
@Suite("strict configuration")
struct StrictConfigurationTests {
    @Test(
        "a profile's mistakes",
        arguments: [
            // Queue sort.
            (
                #"{"plugins": {"queueSort": {"enabled": [{"name": "EarliestDeadlineFirst"}]}}}"#,
                #"plugins.queueSort: only one queue sort plugin required for profile with scheduler name "default-scheduler", but got 2"#
            ),
            (
                #"{"plugins": {"queueSort": {"disabled": [{"name": "*"}]}}}"#,
                #"plugins.queueSort: only one queue sort plugin required for profile with scheduler name "default-scheduler", but got 0"#
            ),
            // Lists and their elements.
            (#"{"pluginConfig": {"name": "X"}}"#, "pluginConfig: expected an array, found an object"),
            (#"{"pluginConfig": ["X"]}"#, "pluginConfig[0]: expected an object, found a string"),
            (#"{"pluginConfig": [{"name": 5}]}"#, "pluginConfig[0].name: expected a text, found a number"),
            (#"{"pluginConfig": [{"nam": "X"}]}"#, "pluginConfig[0].nam: unknown field"),
            (
                #"{"pluginConfig": [{"name": "NodeAffinity", "args": 5}]}"#,
                "pluginConfig[0].args: expected an object"
            ),
            (#"{"plugins": "x"}"#, "plugins: expected an object, found a string"),
            (#"{"plugins": {"score": "x"}}"#, "plugins.score: expected an object, found a string"),
            (#"{"plugins": {"score": {"enable": []}}}"#, "plugins.score.enable: unknown field"),
            (
                #"{"plugins": {"score": {"disabled": ["ImageLocality"]}}}"#,
                "plugins.score.disabled[0]: expected an object, found a string"
            ),
            (
                #"{"plugins": {"score": {"disabled": [{"nam": "ImageLocality"}]}}}"#,
                "plugins.score.disabled[0].nam: unknown field"
            ),
            (
                #"{"plugins": {"score": {"disabled": [{"name": 7}]}}}"#,
                "plugins.score.disabled[0].name: expected a text, found a number"
            ),
            (
                #"{"plugins": {"score": {"disabled": [{"name": "ImageLocalty"}]}}}"#,
                "plugins.score.disabled[0].name: unknown plugin 'ImageLocalty'"
            ),
            (
                #"{"plugins": {"score": {"enabled": [{"name": "ImageLocality", "wieght": 1}]}}}"#,
                "plugins.score.enabled[0].wieght: unknown field"
            ),
            // Twice at one point.
            (
                #"{"plugins": {"score": {"enabled": [{"name": "ImageLocality"}, {"name": "ImageLocality"}]}}}"#,
                #"plugins.score.enabled[1].name: plugin "ImageLocality" already registered as "ScorePlugin""#
            ),
            (
                #"{"plugins": {"multiPoint": {"enabled": [{"name": "ImageLocality"}, {"name": "ImageLocality"}]}}}"#,
                #"plugins.multiPoint: plugin "ImageLocality" already registered as "ScorePlugin""#
            ),
            // What kube-scheduler has and simk has not.
            (
                #"{"plugins": {"multiPoint": {"enabled": [{"name": "GangScheduling"}]}}}"#,
                "plugins.multiPoint.enabled[0].name: GangScheduling is a plugin of kube-scheduler behind the feature "
                    + "gate GangScheduling, which is off by default in v1.36, and simk does not model it; simk's own "
                    + "plugin for gangs is Coscheduling"
            ),
            (
                #"{"pluginConfig": [{"name": "PodGroupPodsCount"}]}"#,
                "pluginConfig[0].name: PodGroupPodsCount is a plugin of kube-scheduler behind the feature gate "
                    + "TopologyAwareWorkloadScheduling"
            ),
            (
                #"{"plugins": {"placementGenerate": {"enabled": [{"name": "NodeName"}]}}}"#,
                "plugins.placementGenerate: placementGenerate is an extension point of kube-scheduler behind the "
                    + "feature gate TopologyAwareWorkloadScheduling"
            ),
            (
                #"{"plugins": {"filter": {"enabled": [{"name": "EBSLimits"}]}}}"#,
                "plugins.filter.enabled[0].name: 'EBSLimits' was invalid in version "
                    + #""kubescheduler.config.k8s.io/v1""#
            ),
        ])
    func profile(text: String, expected: String) throws {
        let json = try JSONParser.parse("{\"profiles\": [\(text)]}")
        let problems = SchedulerConfiguration.problems(json: json)
        #expect(problems.count == 1, "\(problems)")
        #expect(
            problems.first?.description.hasPrefix("profiles[0].\(expected)") == true,
            "\(problems.first?.description ?? "")")
    }

    @Test("harmless names of what simk does not have may stand where they switch something off")
    func disabledNames() throws {
        let json = try JSONParser.parse(
            #"""
            {"profiles": [{"plugins": {"placementScore": {"enabled": []}, "multiPoint": {"disabled": [
              {"name": "GangScheduling"}, {"name": "EBSLimits"}, {"name": "ImageLocality"}]}}}]}
            """#)
        #expect(SchedulerConfiguration.problems(json: json).isEmpty)
    }

    @Test(
        "a plugin's arguments",
        arguments: [
            (
                "NodeAffinity", #"{"addedAffinity": {"requiredDuringScheduling": {}}}"#,
                "addedAffinity.requiredDuringScheduling: unknown field"
            ),
            (
                "NodeAffinity",
                #"{"addedAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpresions": []}]}}}"#,
                "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpresions: unknown field"
            ),
            (
                "NodeAffinity",
                #"{"addedAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In", "values": [5]}]}]}}}"#,
                "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0]: expected a text"
            ),
            (
                "NodeAffinity",
                #"{"addedAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "Near"}]}}]}}"#,
                "addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].operator: 'Near' is not one of"
            ),
            (
                "NodeAffinity",
                #"{"addedAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a", "b"]}]}]}}}"#,
                "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values: must have one element"
            ),
            (
                "NodeResourcesFit", #"{"ignoredResources": [5]}"#,
                "ignoredResources[0]: expected a text, found a number"
            ),
            (
                "NodeResourcesFit", #"{"ignoredResources": ["a b"]}"#,
                "ignoredResources[0]: 'a b': name part must consist of alphanumeric characters"
            ),
            (
                "NodeResourcesFit", #"{"ignoredResourceGroups": ["a b"]}"#,
                "ignoredResourceGroups[0]: 'a b': name part must consist of"
            ),
            (
                "NodeResourcesFit", #"{"ignoredResourceGroups": ["a/b"]}"#,
                "ignoredResourceGroups[0]: resource group name can't contain '/'"
            ),
            (
                "NodeResourcesFit", #"{"scoringStrategy": {"resources": [{"name": "cpu"}]}}"#,
                "scoringStrategy.type: '' is not one of LeastAllocated, MostAllocated, RequestedToCapacityRatio"
            ),
            (
                "NodeResourcesFit",
                #"{"scoringStrategy": {"type": "LeastAllocated", "resources": [{"name": 5}]}}"#,
                "scoringStrategy.resources[0].name: expected a text, found a number"
            ),
            (
                "NodeResourcesFit",
                #"{"scoringStrategy": {"type": "LeastAllocated", "resources": [{"weight": 3}]}}"#,
                "scoringStrategy.resources[0].name: is missing"
            ),
            (
                "NodeResourcesFit", #"{"scoringStrategy": {"type": "RequestedToCapacityRatio"}}"#,
                "scoringStrategy.requestedToCapacityRatio: must be specified when type is RequestedToCapacityRatio"
            ),
            (
                "NodeResourcesFit",
                #"{"scoringStrategy": {"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": "x"}}"#,
                "scoringStrategy.requestedToCapacityRatio: expected an object, found a string"
            ),
            (
                "NodeResourcesFit",
                #"{"scoringStrategy": {"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": {"shape": [{"utilization": 0, "score": 0}], "foo": 1}}}"#,
                "scoringStrategy.requestedToCapacityRatio.foo: unknown field"
            ),
            (
                "NodeResourcesFit",
                #"{"scoringStrategy": {"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": {"shape": [{"utilization": 0, "score": 0}, {"utilisation": 5, "score": 1}]}}}"#,
                "scoringStrategy.requestedToCapacityRatio.shape[1].utilisation: unknown field"
            ),
            (
                "DynamicResources", #"{"filterTimeout": "-1s"}"#,
                "filterTimeout: must be zero or positive"
            ),
            ("DynamicResources", #"{"bindingTimeout": "10ms"}"#, "bindingTimeout: must be at least 1 second"),
            ("DynamicResources", #"{"foo": 1}"#, "foo: unknown field"),
            ("ImageLocality", #"{"foo": 1}"#, "foo: ImageLocality takes no arguments"),
            ("FirstFit", #"{"foo": 1}"#, "foo: FirstFit takes no arguments"),
            (
                "PodTopologySpread",
                #"{"defaultingType": "List", "defaultConstraints": [{"maxSkew": 1, "topologyKey": "a b", "whenUnsatisfiable": "ScheduleAnyway"}]}"#,
                "defaultConstraints[0].topologyKey: 'a b': name part must consist of"
            ),
            (
                "PodTopologySpread",
                #"{"defaultingType": "List", "defaultConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "matchLabelKeys": [1]}]}"#,
                "defaultConstraints[0].matchLabelKeys[0]: expected a text, found a number"
            ),
            ("NodeResourcesBalancedAllocation", #"{"resources": [3]}"#, "resources[0]: expected an object"),
        ])
    func arguments(plugin: String, arguments: String, expected: String) throws {
        let json = try JSONParser.parse(
            "{\"profiles\": [{\"pluginConfig\": [{\"name\": \"\(plugin)\", \"args\": \(arguments)}], "
                + "\"plugins\": {\"score\": {\"enabled\": [{\"name\": \"FirstFit\"}]}}}]}")
        let problems = SchedulerConfiguration.problems(json: json)
        #expect(problems.count == 1, "\(problems)")
        let description = problems.first?.description ?? ""
        #expect(description.hasPrefix("profiles[0].pluginConfig[0].args.\(expected)"), "\(description)")
    }

    @Test(
        "profiles that order the queue differently",
        arguments: [
            (
                #"{"queueSort": {"disabled": [{"name": "*"}], "enabled": [{"name": "EarliestDeadlineFirst"}]}}"#,
                "profiles[1].plugins.queueSort: must be the same for all profiles"
            ),
            (
                #"{"multiPoint": {"disabled": [{"name": "PrioritySort"}], "enabled": [{"name": "EarliestDeadlineFirst"}]}}"#,
                "profiles[1].plugins.queueSort: must be the same for all profiles"
            ),
        ])
    func queueSort(plugins: String, expected: String) throws {
        let json = try JSONParser.parse(
            #"{"profiles": [{"schedulerName": "a"}, {"schedulerName": "b", "plugins": "# + plugins + "}]}")
        let problems = SchedulerConfiguration.problems(json: json)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.description.hasPrefix(expected) == true)
    }

    @Test("one mistake is told once, and what follows from it is not")
    func consequences() throws {
        let json = try JSONParser.parse(
            #"""
            {"extenders": [{"urlPrefix": "http://x", "managedResources": [
                {"name": "cpu"}, {"name": "a.com/b", "ignoredByScheduler": 1}], "tlsConfig": "x"}],
             "profiles": [{"pluginConfig": [
                {"name": "InterPodAfinity", "args": {}},
                {"name": "InterPodAffinity", "args": {"hardPodAffinityWeight": 101}},
                {"args": {}},
                {"name": "DefaultPreemption", "args": 5}]}]}
            """#)
        #expect(
            SchedulerConfiguration.problems(json: json).map(\.path) == [
                "extenders[0].tlsConfig", "extenders[0].managedResources[0].name",
                "extenders[0].managedResources[1].ignoredByScheduler",
                "profiles[0].pluginConfig[0].name", "profiles[0].pluginConfig[2].name",
                "profiles[0].pluginConfig[3].args",
                "profiles[0].pluginConfig[1].args.hardPodAffinityWeight",
            ])
    }
}
