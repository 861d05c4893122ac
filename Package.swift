// swift-tools-version: 6.3

import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]

let strictC: [CSetting] = [
  .define("_GNU_SOURCE"),
  .enableWarning("all"),
  .enableWarning("extra"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "memreg",
  products: [
    .executable(name: "memreg", targets: ["memreg"]),
    .library(
      name: "MemoryRegistration",
      targets: [
        "MemoryRegistration", "RegistrationCache", "Diagnosis", "Verbs", "HostMemory",
        "LinuxSystem",
      ]
    ),
    .library(name: "memreg-c", type: .dynamic, targets: ["MemRegC"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CVerbs",
      pkgConfig: "libibverbs",
      providers: [.apt(["libibverbs-dev", "librdmacm-dev"])]
    ),
    .target(name: "CLinux", cSettings: strictC),
    .target(name: "CRing", cSettings: strictC, linkerSettings: [.linkedLibrary("uring")]),
    .target(name: "CFixtures", cSettings: strictC),
    .target(name: "CInterposition", cSettings: strictC),
    .systemLibrary(
      name: "CNetlink",
      pkgConfig: "libnl-route-3.0",
      providers: [.apt(["libnl-3-dev", "libnl-route-3-dev"])]
    ),
    .target(name: "LinuxSystem", dependencies: ["CLinux"]),
    .target(name: "Netlink", dependencies: ["CNetlink", "LinuxSystem"]),
    .target(name: "HostMemory", dependencies: ["CLinux", "LinuxSystem"]),
    .target(
      name: "Verbs",
      dependencies: ["CVerbs", "CLinux", "LinuxSystem", "HostMemory", "Netlink"]
    ),
    .target(
      name: "MemoryRegistration",
      dependencies: ["CLinux", "CRing", "LinuxSystem", "HostMemory", "Verbs"]
    ),
    .target(
      name: "RegistrationCache",
      dependencies: [
        "CInterposition", "CLinux", "LinuxSystem", "HostMemory", "Verbs", "MemoryRegistration",
      ]
    ),
    .target(
      name: "Diagnosis",
      dependencies: ["LinuxSystem", "Netlink", "HostMemory", "Verbs", "MemoryRegistration"]
    ),
    .target(name: "Tracing", dependencies: ["CLinux", "LinuxSystem"], swiftSettings: strict),
    .target(
      name: "Measurement",
      dependencies: [.product(name: "Histogram", package: "hdrhistogram-swift")]
    ),
    .target(
      name: "Benchmarking",
      dependencies: [
        "LinuxSystem", "HostMemory", "Verbs", "MemoryRegistration", "Diagnosis",
        "RegistrationCache", "Measurement", "Tracing",
      ]
    ),
    .target(
      name: "Fixtures",
      dependencies: [
        "CLinux", "CFixtures", "LinuxSystem", "Netlink", "HostMemory", "Verbs",
        "RegistrationCache",
      ]
    ),
    .target(
      name: "Coherence",
      dependencies: [
        "CLinux", "CFixtures", "LinuxSystem", "HostMemory", "Verbs", "MemoryRegistration",
        "RegistrationCache", "Fixtures",
      ]
    ),
    .target(
      name: "Fuzzing",
      dependencies: [
        "LinuxSystem", "HostMemory", "Verbs", "MemoryRegistration", "Diagnosis", "Measurement",
        "Fixtures",
      ]
    ),
    .target(
      name: "PeerVerification",
      dependencies: ["LinuxSystem", "HostMemory", "Verbs", "Diagnosis"]
    ),
    .target(
      name: "Conformance",
      dependencies: [
        "CFixtures", "LinuxSystem", "Netlink", "HostMemory", "Verbs", "MemoryRegistration",
        "RegistrationCache", "Diagnosis", "Measurement", "Fixtures", "Coherence",
      ]
    ),
    .target(
      name: "Documents",
      dependencies: ["LinuxSystem", "MemoryRegistration", "Diagnosis", "Benchmarking", "Tracing"]
    ),
    .target(name: "Report", dependencies: ["LinuxSystem", "Measurement", "Documents"]),
    .target(name: "CMemReg", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "MemRegC",
      dependencies: [
        "CVerbs", "CMemReg", "LinuxSystem", "HostMemory", "Verbs", "RegistrationCache",
      ],
      exclude: ["memreg.map", "memreg.pc.in"]
    ),
    .systemLibrary(name: "CRecording"),
    .target(
      name: "MemRegCommands",
      dependencies: [
        "CRecording", "LinuxSystem", "Netlink", "HostMemory", "Verbs", "MemoryRegistration",
        "RegistrationCache", "Diagnosis", "Measurement", "Benchmarking", "Fixtures", "Coherence",
        "Fuzzing", "PeerVerification", "Conformance", "Documents", "Report", "Tracing",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .executableTarget(name: "memreg", dependencies: ["MemRegCommands"]),
    .target(
      name: "CLoop",
      dependencies: ["CVerbs"],
      path: "Benchmarks/CLoop",
      cSettings: [.define("_GNU_SOURCE")],
      linkerSettings: [.linkedLibrary("uring")]
    ),
    .executableTarget(
      name: "memreg-peers",
      dependencies: [
        "LinuxSystem", "HostMemory", "Verbs", "MemoryRegistration", "Measurement", "Benchmarking",
        "CLoop",
      ],
      path: "Benchmarks/Peers"
    ),
    .target(
      name: "CVerbsFake",
      dependencies: ["CVerbs"],
      path: "Tests/CVerbsFake",
      cSettings: [.define("_GNU_SOURCE")]
    ),
    .target(
      name: "AllocationFaults",
      path: "Tests/AllocationFaults",
      cSettings: strictC
    ),
    .executableTarget(
      name: "HolderZoo",
      dependencies: ["CVerbs"],
      path: "Tests/HolderZoo",
      cSettings: strictC
    ),
    .executableTarget(
      name: "RegistrationCauses",
      dependencies: ["CVerbs"],
      path: "Tests/RegistrationCauses",
      cSettings: strictC
    ),
    .executableTarget(
      name: "RegistrationByName",
      path: "Tests/RegistrationByName",
      cSettings: strictC
    ),
    .executableTarget(
      name: "RegistrationStorm",
      dependencies: ["CVerbs"],
      path: "Tests/RegistrationStorm",
      cSettings: strictC
    ),
    .target(
      name: "StagedMemory",
      path: "Tests/StagedMemory",
      cSettings: strictC
    ),
    .target(
      name: "Randomness",
      path: "Tests/Randomness"
    ),
    .target(
      name: "RingReading",
      path: "Tests/RingReading",
      cSettings: strictC,
      linkerSettings: [.linkedLibrary("uring")]
    ),
    .target(
      name: "FakeDevice",
      dependencies: ["LinuxSystem", "CVerbsFake"],
      path: "Tests/FakeDevice"
    ),
    .target(
      name: "Churn",
      dependencies: [
        "HostMemory", "Verbs", "RegistrationCache", "Measurement", "Randomness", "RingReading",
      ],
      path: "Tests/Churn"
    ),
    .target(
      name: "CacheStress",
      dependencies: ["CMemReg"],
      path: "Tests/CacheStress",
      cSettings: strictC
    ),
    .executableTarget(
      name: "cache-stress",
      dependencies: ["CacheStress", "MemRegC"],
      path: "Tests/CacheStressCommand"
    ),
    .executableTarget(
      name: "cache-churn",
      dependencies: ["LinuxSystem", "MemoryRegistration", "RegistrationCache", "Churn"],
      path: "Tests/CacheChurn"
    ),
    .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem", "HostMemory"]),
    .testTarget(name: "TracingTests", dependencies: ["LinuxSystem", "Tracing"]),
    .testTarget(name: "NetlinkTests", dependencies: ["LinuxSystem", "Netlink"]),
    .testTarget(name: "HostMemoryTests", dependencies: ["LinuxSystem", "HostMemory"]),
    .testTarget(
      name: "VerbsTests",
      dependencies: ["LinuxSystem", "HostMemory", "Verbs", "FakeDevice"]
    ),
    .testTarget(
      name: "MemoryRegistrationTests",
      dependencies: [
        "LinuxSystem", "HostMemory", "Verbs", "MemoryRegistration", "AllocationFaults",
        "FakeDevice",
      ]
    ),
    .testTarget(
      name: "RegistrationCacheTests",
      dependencies: [
        "CacheStress", "cache-stress", "MemRegC", "LinuxSystem", "HostMemory", "Verbs",
        "MemoryRegistration", "RegistrationCache", "Measurement", "AllocationFaults", "Churn",
        "FakeDevice", "Randomness", "RingReading",
      ]
    ),
    .testTarget(
      name: "DiagnosisTests",
      dependencies: [
        "LinuxSystem", "HostMemory", "Verbs", "MemoryRegistration", "Diagnosis", "FakeDevice",
        "Measurement",
      ]
    ),
    .testTarget(name: "MeasurementTests", dependencies: ["Measurement"]),
    .testTarget(
      name: "BenchmarkingTests",
      dependencies: [
        "LinuxSystem", "HostMemory", "Verbs", "MemoryRegistration", "Benchmarking",
        "AllocationFaults", "FakeDevice", "Tracing",
      ]
    ),
    .testTarget(
      name: "FuzzingTests",
      dependencies: ["LinuxSystem", "HostMemory", "Verbs", "Diagnosis", "Fuzzing"]
    ),
    .testTarget(
      name: "PeerVerificationTests",
      dependencies: ["Verbs", "PeerVerification", "Measurement", "Randomness"]
    ),
    .testTarget(
      name: "ConformanceTests",
      dependencies: ["LinuxSystem", "Fixtures", "Fuzzing", "Conformance"]
    ),
    .testTarget(name: "DocumentsTests", dependencies: ["Documents"]),
    .testTarget(name: "ReportTests", dependencies: ["LinuxSystem", "Report"]),
    .testTarget(
      name: "MemRegCommandsTests",
      dependencies: [
        "LinuxSystem", "Netlink", "HostMemory", "Verbs", "MemoryRegistration",
        "RegistrationCache", "Measurement", "Benchmarking", "Coherence", "Conformance",
        "Documents", "Report", "Tracing", "MemRegCommands", "FakeDevice",
        .product(name: "ArgumentParser", package: "swift-argument-parser"), "Randomness",
      ]
    ),
    .testTarget(
      name: "MutationTests",
      dependencies: [
        "LinuxSystem",
        "HostMemory",
        "Diagnosis",
        "Measurement",
        "Fuzzing",
        "Benchmarking",
        "PeerVerification",
        "Conformance",
        "Documents",
        "Report",
        "MemRegCommands",
      ],
      exclude: ["Corpus"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "CLinux", "CFixtures", "LinuxSystem", "Netlink", "HostMemory", "Verbs",
        "MemoryRegistration", "RegistrationCache", "Diagnosis", "Benchmarking",
        "PeerVerification", "Coherence", "MemRegCommands", "AllocationFaults", "StagedMemory",
        "Churn", .product(name: "Subprocess", package: "swift-subprocess"), "Measurement",
        "Randomness",
      ]
    ),
  ]
)

// Every target with code of Swift is held to the same rules.
for target in package.targets where target.type != .system && target.cSettings == nil {
  target.swiftSettings = strict
}
