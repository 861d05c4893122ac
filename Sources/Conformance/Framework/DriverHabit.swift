public import LinuxSystem

/// What one driver does otherwise than a check demands, on some kernels: expectations that no probe can replace.
///
/// docs/findings.md holds the drivers side by side.
public struct DriverHabit: Sendable {
  /// What goes wrong, for people.
  public let what: String
  /// The kernels that have it, for people.
  public let versions: String
  private let driver: String
  private let from: KernelRelease?
  private let below: KernelRelease?
  private let checks: [String]

  private init(
    _ driver: String,
    from: KernelRelease? = nil,
    below: KernelRelease? = nil,
    _ what: String,
    in versions: String,
    _ checks: [String]
  ) {
    self.driver = driver
    self.from = from
    self.below = below
    self.what = what
    self.versions = "\(driver), seen on \(versions)"
    self.checks = checks
  }

  /// The habit of `driver` that makes the check of this name fail on `kernel`, if there is one.
  public static func of(
    _ driver: String?,
    in check: String,
    on kernel: KernelRelease = .running
  ) -> DriverHabit? {
    guard let driver else { return nil }
    return all.first { habit in
      habit.driver == driver && (habit.from.map { kernel >= $0 } ?? true)
        && (habit.below.map { kernel < $0 } ?? true)
        && habit.checks.contains { Glob.matches($0, check) }
    }
  }

  // From 6.8 on siw registers by ib_umem_get(), as the others do.
  private static let ownPinning = KernelRelease(6, 8)

  private static let all = [
    DriverHabit(
      "siw",
      below: ownPinning,
      "siw pins by its own code, in which CAP_IPC_LOCK lifts no limit",
      in: "6.1",
      [
        "accounting.powers-of-two", "accounting.one-gibibyte", "limits.capability-*",
        "limits.permitted-is-not-effective", "data.every-page-of-a-large-region",
      ]
    ),
    DriverHabit(
      "siw",
      below: ownPinning,
      "siw pins by its own code, which answers a limit of zero with ENOMEM",
      in: "6.1",
      ["limits.zero", "limits.user-namespace-root-zero"]
    ),
    DriverHabit(
      "siw",
      below: ownPinning,
      "siw charges locked and pinned pages together to the limit",
      in: "6.1",
      ["limits.mlock-beside"]
    ),
    DriverHabit(
      "siw",
      below: ownPinning,
      "siw pins by its own code, which checks lengths otherwise",
      in: "6.1",
      [
        "accounting.wrapping-length-refused", "accounting.too-many-pages-refused",
        "accounting.page-count-beyond-32-bits",
      ]
    ),
    // siw_umem_get() allocates its table of pages before it asks ib_umem_get_va(), which would refuse the length.
    DriverHabit(
      "siw",
      from: KernelRelease(7, 0),
      "siw has no memory for the page table of a length that no region can have",
      in: "7.3",
      ["accounting.wrapping-length-refused", "accounting.too-many-pages-refused"]
    ),
    DriverHabit(
      "siw",
      "siw takes the address of a region for its I/O address",
      in: "6.1, 6.12 and 7.3",
      ["data.iova"]
    ),
    DriverHabit(
      "siw",
      "siw does not check every transfer for the access of its region",
      in: "6.1, 6.12 and 7.3",
      ["data.access-is-obeyed"]
    ),
  ]
}
