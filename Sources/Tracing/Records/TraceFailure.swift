import Glibc
import LinuxSystem

/// Where in the kernel a call failed, and what that proves.
package struct TraceFailure: Hashable, Sendable {
  /// What a failure comes from.
  package enum Cause: String, CaseIterable, Sendable {
    case memlockZero = "memlock-zero"
    case memlock
    case mapping
    case unmovable
    case memory
    case poisoned
    case driver
    case cgroup
    case request
    case unsupported
    case interrupted
    case busy
    case unknown
  }

  /// The innermost function that failed, or `nil` for the RDMA core itself.
  package let stage: Stage?
  /// The cause that the stage proves.
  package let cause: Cause
}

extension TraceRecord {
  /// Why the call failed; `nil` if it did not.
  package var failure: TraceFailure? {
    guard errno != nil else { return nil }
    return TraceFailure(stage: failedStage, cause: cause)
  }

  /// From the inside out: what failed of the same errno as the call itself.
  private var failedStage: Stage? {
    [Stage.migrate, .fault, .pin, .umem, .driver]
      .first { stage in
        guard let result = self.result(of: stage) else { return false }
        return stage == .migrate ? result.errno != nil && isPinFailure : result.errno == errno
      }
  }

  private var isPinFailure: Bool { result(of: .pin)?.errno == errno }

  private var cause: TraceFailure.Cause {
    switch errno {
    case .EINTR, .restart: return .interrupted
    case .EOPNOTSUPP, .notSupported: return .unsupported
    default: break
    }
    guard let driver = result(of: .driver), let umem = result(of: .umem), let pin = result(of: .pin)
    else {
      return .unknown
    }
    if pin.errno == errno || result(of: .fault)?.errno == errno { return pinCause }
    if umem.errno == errno { return pin.calls == 0 ? umemCause : .unknown }
    if driver.errno == errno { return .driver }
    switch errno {
    case .EAGAIN where driver.calls == 0 && kind == .register: return .cgroup
    case .EBUSY where kind == .deregister: return .busy
    case .EINVAL where driver.calls == 0: return .request
    default: return .unknown
    }
  }

  private var pinCause: TraceFailure.Cause {
    let migrate = result(of: .migrate)
    switch errno {
    case .EFAULT: return .mapping
    case .hardwarePoison: return .poisoned
    case .ENOMEM where (migrate?.sum ?? 0) > 0 || migrate?.errno == .ENOMEM: return .unmovable
    case .ENOMEM: return .memory
    default: return .unknown
    }
  }

  private var umemCause: TraceFailure.Cause {
    switch errno {
    case .EPERM: return .memlockZero
    case .ENOMEM: return .memlock
    case .EINVAL: return .request
    default: return .unknown
    }
  }
}

extension TraceFailure.Cause {
  /// The cause as a phrase.
  package var text: String {
    switch self {
    case .memlockZero: "RLIMIT_MEMLOCK is 0 and CAP_IPC_LOCK is missing"
    case .memlock: "RLIMIT_MEMLOCK does not allow so many pages"
    case .mapping: "a part is not mapped, or not for this access"
    case .unmovable: "pages in CMA or ZONE_MOVABLE cannot be moved now"
    case .memory: "no memory for a page"
    case .poisoned: "a page has a hardware error"
    case .driver: "the driver or the device refuses"
    case .cgroup: "the rdma control group has reached its limit"
    case .request: "the request is invalid"
    case .unsupported: "the driver does not support this"
    case .interrupted: "a signal interrupted it"
    case .busy: "the region is in use"
    case .unknown: "unknown"
    }
  }
}

extension Errno {
  static let hardwarePoison = Errno(rawValue: EHWPOISON)
  // The kernel's own: no libc names them.
  static let restart = Errno(rawValue: 512)
  static let notSupported = Errno(rawValue: 524)
}
