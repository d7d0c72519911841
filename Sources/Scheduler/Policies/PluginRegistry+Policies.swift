extension PluginRegistry {
    /// The plugins beyond upstream's: one line each. None is in the default profile.
    mutating func registerPolicies(_ environment: PluginEnvironment) {
        register(FirstFit())
        register(BestFit())
        register(WorstFit())
        register(RandomNode(seed: environment.seed))
        register(RoundRobin())
        register(Coscheduling.self) { arguments throws(ConfigurationError) in
            try Coscheduling(arguments: arguments)
        }
        register(EarliestDeadlineFirst(epoch: environment.epoch))
        register(Deadlines.self) { arguments throws(ConfigurationError) in
            try Deadlines(arguments: arguments, environment)
        }
        registerGPUPolicies(environment)
        register(DataLocality.self) { arguments throws(ConfigurationError) in
            try DataLocality(arguments: arguments, environment)
        }
    }
}

extension PluginRegistry {
    /// GPU sharing and the published policies for it.
    private mutating func registerGPUPolicies(_ environment: PluginEnvironment) {
        sharesGPUs = environment.sharesGPUs
        register(GPUShare())
        register(GpuRandom(seed: environment.seed))
        register(DotProd())
        register(GpuClustering())
        register(GpuPacking())
        register(GpuBestFit())
        register(FGD.self) { arguments throws(ConfigurationError) in
            try FGD(arguments: arguments, environment)
        }
    }
}
