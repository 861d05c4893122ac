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
    .library(name: "Registration", targets: ["Registration", "Verbs", "HostMemory"]),
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
    .target(
      name: "CLinux",
      cSettings: strictC,
      linkerSettings: [.linkedLibrary("uring")]
    ),
    .systemLibrary(
      name: "CNetlink",
      pkgConfig: "libnl-route-3.0",
      providers: [.apt(["libnl-3-dev", "libnl-route-3-dev"])]
    ),
    .target(name: "Netlink", dependencies: ["CNetlink"], swiftSettings: strict),
    .target(
      name: "Verbs",
      dependencies: ["CVerbs", "CLinux", "AddressSpace", "HostMemory"],
      swiftSettings: strict
    ),
    .target(name: "HostMemory", dependencies: ["CLinux"], swiftSettings: strict),
    .target(
      name: "AddressSpace",
      dependencies: [
        "CLinux",
        "HostMemory",
      ],
      swiftSettings: strict
    ),
    .target(
      name: "Registration",
      dependencies: [
        "AddressSpace",
        "Verbs",
        "HostMemory",
        "CLinux",
      ],
      swiftSettings: strict
    ),
    .target(name: "CMemReg", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "MemRegC",
      dependencies: ["CMemReg", "Registration", "Verbs", "HostMemory", "CVerbs"],
      exclude: ["memreg.map", "memreg.pc.in"],
      swiftSettings: strict
    ),
    .systemLibrary(name: "CRecording"),
    .target(
      name: "Measurement",
      dependencies: [.product(name: "Histogram", package: "hdrhistogram-swift")],
      swiftSettings: strict
    ),
    .target(name: "Report", dependencies: ["Measurement"], swiftSettings: strict),
    .target(
      name: "Conformance",
      dependencies: [
        "Registration",
        "Verbs",
        "AddressSpace",
        "Netlink",
        "HostMemory",
        "CLinux",
      ],
      swiftSettings: strict
    ),
    .target(
      name: "MemRegCommands",
      dependencies: [
        "CRecording",
        "Conformance",
        "Registration",
        "Verbs",
        "HostMemory",
        "Measurement",
        "Report",
        "AddressSpace",
        "Netlink",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "memreg",
      dependencies: [
        "MemRegCommands",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),
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
        "CLoop",
        "Registration",
        "Verbs",
        "HostMemory",
        "Measurement",
      ],
      path: "Benchmarks/Peers",
      swiftSettings: strict
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
      name: "FakeDevice",
      dependencies: ["CVerbsFake"],
      path: "Tests/FakeDevice",
      swiftSettings: strict
    ),
    .testTarget(
      name: "VerbsTests",
      dependencies: [
        "Verbs",
        "FakeDevice",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "NetlinkTests",
      dependencies: ["Netlink"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "HostMemoryTests",
      dependencies: ["HostMemory"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "AddressSpaceTests",
      dependencies: [
        "AddressSpace",
        "HostMemory",
      ],
      swiftSettings: strict
    ),
    .target(
      name: "Churn",
      dependencies: ["Registration", "Verbs", "HostMemory", "CLinux"],
      path: "Tests/Churn",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "cache-churn",
      dependencies: ["Churn", "Registration", "HostMemory"],
      path: "Tests/CacheChurn",
      swiftSettings: strict
    ),
    .testTarget(
      name: "RegistrationTests",
      dependencies: [
        "Registration",
        "AddressSpace",
        "Verbs",
        "HostMemory",
        "CLinux",
        "FakeDevice",
        "AllocationFaults",
        "Churn",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "Conformance",
        "Registration",
        "Verbs",
        "HostMemory",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "MeasurementTests",
      dependencies: ["Measurement"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ReportTests",
      dependencies: ["Report", "Measurement"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "MemRegCommandsTests",
      dependencies: [
        "MemRegCommands", "Measurement", "Report", "Registration", "Verbs", "HostMemory",
        "FakeDevice",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "Registration",
        "Verbs",
        "HostMemory",
        "MemRegCommands",
        "Netlink",
        "AddressSpace",
        "StagedMemory",
        "Conformance",
        "CLinux",
        "AllocationFaults",
        "Churn",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      swiftSettings: strict
    ),
  ]
)
