internal import LinuxSystem
import Synchronization

/// Releases that failed inside a `deinit`, where no error can be thrown; a count of zero is the healthy state.
public enum ReleaseFailures {
  private static let record = Mutex<(count: Int, last: VerbsError?)>((0, nil))

  /// How many releases have failed in this process.
  public static var count: Int { record.withLock { $0.count } }

  /// The latest failure.
  public static var last: VerbsError? { record.withLock { $0.last } }

  static func note(_ verb: StaticString, _ failure: Errno?) {
    guard let code = failure else { return }
    record.withLock { $0 = ($0.count + 1, VerbsError(verb.description, code: code)) }
  }
}
