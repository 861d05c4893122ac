import ArgumentParser
import Diagnosis
import Glibc
import LinuxSystem
import MemoryRegistration
import Netlink
import Verbs

/// A failure that ends a command: one line for standard error and the exit status.
struct CommandFailure: Error {
  let message: String
  let status: ExitStatus

  init(_ message: String, status: ExitStatus) {
    self.message = message
    self.status = status
  }

  init(_ error: SystemError) {
    self.init(error.description, status: ExitStatus(errno: error.code))
  }

  /// Output to `destination` that `write(2)` or a call before or after it refused with `code`.
  init(lostOutput destination: String, code: Int32) {
    self.init("cannot write \(destination): \(ErrnoName.describe(code))", status: .outputLost)
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
    self.init(
      "\(error.verb) failed on \(object): \(ErrnoName.describe(error.code))",
      status: ExitStatus(errno: error.code)
    )
  }

  /// Explains a registration by what is read and tried now, so make it before releasing anything.
  init(_ error: RegistrationError, device: DeviceTraits? = nil, probe: RegistrationProbe? = nil) {
    guard !error.isDisassociated else {
      self.init(error.description, status: .unavailable)
      return
    }
    var text = error.description
    if error.phase == .register {
      let explanation = Explainer(device: device, probe: probe).explain(RegistrationAttempt(error))
      text += "; \(explanation.verdict); remedy: \(explanation.remedy)"
    }
    self.init(text, status: ExitStatus(errno: error.code))
  }

  init(_ error: NetlinkError) {
    self.init(
      "cannot \(error.action): \(ErrnoName.describe(error.code))",
      status: ExitStatus(errno: error.code)
    )
  }

  /// The failure that any error of this package amounts to.
  init(wrapping error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as SystemError: self.init(error)
    case let error as InputError: self.init(error)
    case let error as RegistrationError: self.init(error)
    case let error as VerbsError: self.init(error, on: "the device")
    case let error as NetlinkError: self.init(error)
    default: self.init("\(error)", status: .refused)
    }
  }

  /// Writes the message and gives the error that makes the parser exit with the status, silently.
  func report() -> ExitCode {
    StandardError.message(message)
    return ExitCode(status.rawValue)
  }
}

extension ExitStatus {
  /// The status for a failed call: 77 for lacking permission, 69 for a lacking device or feature, else 71.
  init(errno code: Int32) {
    self =
      switch code {
      case EPERM, EACCES: .notPermitted
      case ENODEV, ENXIO, EOPNOTSUPP, ENOSYS: .unavailable
      default: .refused
      }
  }
}
