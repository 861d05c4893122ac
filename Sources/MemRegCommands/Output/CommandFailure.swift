import ArgumentParser
import Benchmarking
import Diagnosis
import Fuzzing
import Glibc
import HostMemory
import LinuxSystem
import MemoryRegistration
import Netlink
import PeerVerification
import RegistrationCache
import Report
import Verbs

/// A failure that ends a command: a line for standard error, what to do about it below, and the exit status.
struct CommandFailure: Error {
  let message: String
  /// Lines below the message: one, unless more was asked for.
  let details: [String]
  /// The last line: what to do about it, alone, to be pasted.
  let remedy: String?
  let status: ExitStatus

  init(_ message: String, details: [String] = [], remedy: String? = nil, status: ExitStatus) {
    self.message = message
    self.details = details
    self.remedy = remedy
    self.status = status
  }

  init(_ error: SystemError) {
    self.init(error.description, status: ExitStatus(errno: error.code))
  }

  /// Output to `destination` that `write(2)` or a call before or after it refused with `code`.
  init(lostOutput destination: String, code: Errno) {
    self.init("cannot write \(destination): \(code)", status: .outputLost)
  }

  init(_ error: InputError) {
    switch error {
    case .refused(let error): self.init(error)
    case .unsuitable: self.init(error.description, status: .dataError)
    }
  }

  init(_ error: VerbsError, on object: String) {
    guard !error.isDisassociated else {
      self.init("\(error.verb) failed on \(object): it has been removed", status: .unavailable)
      return
    }
    if error.verb == "ibv_open_device", let failure = DeviceOptions.unusable(object) {
      self = failure
      return
    }
    // The rdma controller says EAGAIN for contexts, domains and queues too; a seccomp filter says what it likes.
    let cause =
      switch error.code {
      case .EAGAIN: Explainer().explainControlGroup(on: object)
      case .EPERM, .EACCES, .ENOSYS: Explainer().explainFilter(error.code)
      default: nil as FailureExplanation?
      }
    self.init(
      "\(error.verb) failed on \(object): \(error.code)",
      details: cause.map { [$0.verdict] } ?? [],
      remedy: cause?.remedy,
      status: ExitStatus(errno: error.code)
    )
  }

  /// A device whose file in /dev cannot be opened; libibverbs would not say why.
  init?(unusable node: VerbsNode) {
    guard let problem = node.problem, let code = node.refusal else { return nil }
    self.init(
      "cannot use RDMA device \(node.device): \(problem.reason)",
      remedy: problem.remedy,
      status: code == .ENOENT ? .unavailable : ExitStatus(errno: code)
    )
  }

  /// A registration that failed, with what was found out about it before anything was released.
  init(
    _ error: RegistrationError,
    explained explanation: FailureExplanation? = nil,
    isVerbose: Bool = false
  ) {
    guard !error.isDisassociated else {
      self.init(error.description, status: .unavailable)
      return
    }
    let status = ExitStatus(errno: error.code)
    guard let explanation else {
      self.init(error.description, status: status)
      return
    }
    let isKnown = explanation.cause != .unknown
    self.init(
      isKnown
        ? "cannot register \(ByteSize.text(error.range.length)): \(explanation.verdict)"
        : error.description,
      details: (isKnown ? [] : [explanation.verdict])
        + explanation.details(above: isVerbose ? [error.description] : nil),
      remedy: explanation.remedy,
      status: status
    )
  }

  /// Memory of `bytes` that is not registered, as `explanation` foresees.
  init(refusing bytes: UInt64, for explanation: FailureExplanation) {
    self.init(
      "cannot register \(ByteSize.text(bytes)): \(explanation.verdict)",
      details: explanation.details(),
      remedy: explanation.remedy,
      status: .refused
    )
  }

  init(_ error: CacheError, explained explanation: FailureExplanation? = nil) {
    if case .registration(let error) = error {
      self.init(error, explained: explanation)
    } else {
      self.init(error.description, status: ExitStatus(errno: error.code))
    }
  }

  init(_ error: PinRefusal) {
    self.init(error.description, status: ExitStatus(errno: error.code))
  }

  init(_ error: VerificationFailure) {
    self.init(
      "cannot verify: \(error.reason ?? "interrupted")",
      status: error.code.map { ExitStatus(errno: $0) } ?? .refused
    )
  }

  init(_ error: NetlinkError) {
    self.init(
      "cannot \(error.action): \(error.code)",
      status: ExitStatus(errno: error.code)
    )
  }

  /// The failure that an error of this package amounts to, `nil` for any other error; `explanation` is of a registration
  /// that failed with it.
  init?(known error: any Error, explained explanation: FailureExplanation? = nil) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as SystemError: self.init(error)
    case let error as InputError: self.init(error)
    case let error as VerbsError: self.init(error, on: "the device")
    case let error as NetlinkError: self.init(error)
    case let error as RegistrationError: self.init(error, explained: explanation)
    case let error as PinRefusal: self.init(error)
    case let error as CacheError: self.init(error, explained: explanation)
    case let error as MonitorError: self.init(.unmonitored(error))
    case let error as VerificationFailure: self.init(error)
    case let problem as DocumentProblem: self.init(problem.description, status: .dataError)
    case let problem as FuzzScript.Problem: self.init(problem.description, status: .dataError)
    case let error as CacheReplayError: self.init(error)
    default: return nil
    }
  }

  /// The failure that any error amounts to; `explanation` is of a registration that failed with it.
  init(wrapping error: any Error, explained explanation: FailureExplanation? = nil) {
    self =
      CommandFailure(known: error, explained: explanation)
      ?? CommandFailure("\(error)", status: .refused)
  }

  /// Writes the message with its details and gives the error that makes the parser exit with the status, silently.
  func report() -> ExitCode {
    StandardError.failure(message, details, remedy: remedy)
    return ExitCode(status.rawValue)
  }
}

extension ExitStatus {
  /// The status for a failed call: 77 for lacking permission, 69 for a lacking device or feature, else 71.
  init(errno code: Errno) {
    self =
      switch code {
      case .EPERM, .EACCES: .notPermitted
      case .ENODEV, .ENXIO, .EOPNOTSUPP, .ENOSYS: .unavailable
      default: .refused
      }
  }
}
