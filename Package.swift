// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built alike: see `docs/decisions/0001-floors-and-settings.md`.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
]

/// Tests share the settings but for strict memory safety, which the `#expect` macro's expansion does not meet.
let testSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let collections: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")

/// A target of the package with the common settings.
func floor(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one target.
func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: testSettings)
}

let package = Package(
    name: "simk",
    products: [
        .executable(name: "simk", targets: ["simk"]),
        .library(name: "SimkTesting", targets: ["SimkTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Floor 0
        .systemLibrary(
            name: "CGSL", pkgConfig: "gsl", providers: [.apt(["libgsl-dev"]), .brew(["gsl"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        // Floor 1
        floor("SimulationKernel", []),
        floor("Stochastics", ["CGSL"]),
        // Floor 2
        floor("KubernetesModel", ["SimulationKernel", collections]),
        // Floor 3
        floor("ControlPlane", ["KubernetesModel", "SimulationKernel", "Stochastics", collections]),
        // Floor 4
        floor(
            "Scheduler", ["ControlPlane", "KubernetesModel", "SimulationKernel", "Stochastics", collections]),
        floor(
            "Controllers",
            ["ControlPlane", "KubernetesModel", "SimulationKernel", "Stochastics", collections]),
        floor("Autoscalers", ["ControlPlane", "KubernetesModel", "SimulationKernel", "Stochastics"]),
        floor(
            "VirtualNodes",
            ["ControlPlane", "KubernetesModel", "SimulationKernel", "Stochastics", collections]),
        floor("Failures", ["ControlPlane", "KubernetesModel", "SimulationKernel", "Stochastics"]),
        floor("Workloads", ["KubernetesModel", "SimulationKernel", "Stochastics", collections]),
        // Floor 5
        floor(
            "Simulation",
            [
                "Autoscalers", "ControlPlane", "Controllers", "Failures", "KubernetesModel", "Scheduler",
                "SimulationKernel", "Stochastics", "VirtualNodes",
            ]),
        floor(
            "Conformance",
            [
                "Autoscalers", "ControlPlane", "Controllers", "KubernetesModel", "Scheduler",
                "SimulationKernel",
                collections,
            ]),
        // Floor 6
        floor(
            "Scenarios",
            [
                "Autoscalers", "ControlPlane", "Controllers", "Failures", "KubernetesModel", "Scheduler",
                "Simulation", "SimulationKernel", "Stochastics", "VirtualNodes", "Workloads", "Yams",
                collections,
            ]),
        floor(
            "Telemetry",
            [
                "ControlPlane", "KubernetesModel", "Scheduler", "Simulation", "SimulationKernel",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        floor(
            "TraceFiles",
            [
                "CZlib", "KubernetesModel", "SimulationKernel", "Stochastics", "Workloads", "Yams",
                collections,
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        // Floor 7
        floor(
            "Reports",
            [
                "Conformance", "ControlPlane", "KubernetesModel", "Scenarios", "Scheduler", "Simulation",
                "SimulationKernel", "Stochastics", "Telemetry", "Workloads", collections,
            ]),
        floor(
            "SchedulerPerf",
            [
                "ControlPlane", "KubernetesModel", "Scenarios", "Scheduler", "SimulationKernel",
                "Stochastics", collections,
            ]),
        floor(
            "Checking",
            [
                "ControlPlane", "Failures", "KubernetesModel", "Scenarios", "Simulation", "SimulationKernel",
                "Stochastics", collections,
            ]),
        floor(
            "Replay",
            [
                "ControlPlane", "KubernetesModel", "Scenarios", "Scheduler", "SimulationKernel",
                "Stochastics",
                "TraceFiles", "Workloads", collections,
            ]),
        // Floor 8
        floor(
            "SimkTesting",
            [
                "ControlPlane", "Failures", "KubernetesModel", "Reports", "Scenarios", "Simulation",
                "SimulationKernel", "Telemetry",
            ]),
        .executableTarget(
            name: "simk",
            dependencies: [
                "Checking", "Replay", "Reports", "Scenarios", "SchedulerPerf", "Simulation", "Stochastics",
                "Telemetry", "TraceFiles", "Workloads",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        // Tests
        tests(of: "SimulationKernel"),
        tests(of: "Stochastics", ["CGSL"]),
        tests(of: "KubernetesModel", ["TestSupport", collections]),
        tests(of: "ControlPlane", ["TestSupport"]),
        tests(of: "Scheduler", ["TestSupport"]),
        tests(of: "Controllers", ["TestSupport"]),
        tests(of: "Autoscalers", ["TestSupport"]),
        tests(of: "VirtualNodes", ["TestSupport"]),
        tests(of: "Failures", ["TestSupport"]),
        tests(of: "Workloads", ["TestSupport"]),
        tests(of: "Simulation", ["TestSupport", collections]),
        tests(of: "Conformance", ["TestSupport"]),
        tests(of: "Scenarios", ["TestSupport", "TraceFiles", "Workloads"]),
        tests(
            of: "Telemetry",
            ["TestSupport", collections, .product(name: "GRDB", package: "GRDB.swift")]),
        tests(of: "TraceFiles", ["TestSupport", "Workloads"]),
        tests(of: "Reports", ["TestSupport"]),
        tests(of: "SchedulerPerf"),
        tests(of: "SimkTesting"),
        tests(of: "Checking", ["PlantedBugs", "Scenarios", "Simulation"]),
        .target(
            name: "PlantedBugs",
            dependencies: [
                "Checking", "ControlPlane", "Controllers", "KubernetesModel", "Scenarios", "Simulation",
                "SimulationKernel",
            ],
            path: "Tests/PlantedBugs", swiftSettings: testSettings),
        tests(of: "Replay", ["TestSupport"]),
        .testTarget(
            name: "simkTests", dependencies: ["simk"], exclude: ["digests.json"], swiftSettings: testSettings),
        .target(
            name: "TestSupport", dependencies: ["KubernetesModel"], path: "Tests/TestSupport",
            swiftSettings: testSettings),

        // Benchmarks
        .target(
            name: "Benchmarks",
            dependencies: [
                "ControlPlane", "KubernetesModel", "Scheduler", "SimulationKernel", "Stochastics",
                "Workloads",
                collections,
            ],
            path: "benchmarks/Cases", swiftSettings: settings),
        .target(name: "AllocationCounter", path: "benchmarks/AllocationCounter"),
        .executableTarget(
            name: "simk-benchmarks", dependencies: ["AllocationCounter", "Benchmarks"],
            path: "benchmarks/Runner",
            swiftSettings: settings),
        tests(of: "Benchmarks"),
        .executableTarget(
            name: "simk-planted-bugs", dependencies: ["Checking", "PlantedBugs"],
            path: "benchmarks/PlantedBugs", swiftSettings: testSettings),
    ]
)
