import Glibc
import LinuxSystem
import Tracing

/// A registration of this process that fails, seen in the kernel.
enum FailureTrace {
  /// Throws if nothing can be traced here, with the remedy.
  static func checkPermission() throws(SystemError) { _ = try begin() }

  /// The last registration that fails in `body`; `nil` if none does, or tracing is not permitted.
  static func record(_ body: () -> Void) -> TraceRecord? {
    do throws(SystemError) {
      let session = try begin()
      body()
      var last: TraceRecord?
      session.takeRecords { record in
        if record.kind == .register, record.errno != nil { last = record }
      }
      return last
    } catch {
      return nil
    }
  }

  private static func begin() throws(SystemError) -> TraceSession {
    var options = TraceOptions()
    options.processes = [getpid()]
    return try TraceSession(options)
  }
}
