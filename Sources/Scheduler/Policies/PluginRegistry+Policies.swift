extension PluginRegistry {
    /// The plugins beyond upstream's: one line each. None is in the default profile.
    mutating func registerPolicies(_ environment: PluginEnvironment) {
        register(FirstFit.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return FirstFit()
        }
        register(BestFit.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return BestFit()
        }
        register(WorstFit.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return WorstFit()
        }
        register(RandomNode.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return RandomNode(seed: environment.seed)
        }
        register(RoundRobin.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return RoundRobin()
        }
        register(Coscheduling.self) { arguments throws(ConfigurationError) in
            try Coscheduling(arguments: arguments)
        }
        register(EarliestDeadlineFirst.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return EarliestDeadlineFirst(epoch: environment.epoch)
        }
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
        register(GPUShare.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return GPUShare()
        }
        register(GpuRandom.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return GpuRandom(seed: environment.seed)
        }
        register(DotProd.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return DotProd()
        }
        register(GpuClustering.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return GpuClustering()
        }
        register(GpuPacking.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return GpuPacking()
        }
        register(GpuBestFit.self) { arguments throws(ConfigurationError) in
            try arguments.allow(["apiVersion", "kind"])
            return GpuBestFit()
        }
        register(FGD.self) { arguments throws(ConfigurationError) in
            try FGD(arguments: arguments, environment)
        }
    }
}
