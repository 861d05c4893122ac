import Glibc
import LinuxSystem

/// Other programs, run to their end without input or output.
enum Program {
  /// Runs the file at `path` and gives its exit status, 128 and more for a signal; throws what
  /// `posix_spawn(3)` returns, such as ENOENT.
  static func run(_ path: String, _ arguments: [String]) throws(SystemError) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let code = unsafe posix_spawn(&process, path, &actions, nil, &words, environ)
    try SystemError.check("run \(path)", code)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 {
      let code = Errno.current
      guard code == .EINTR else { throw SystemError("wait for \(path)", code: code) }
    }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }
}
