import Glibc
import LinuxSystem
import Synchronization

/// A program that runs in this one's place: same streams, same signals, more in its environment.
enum RecordedProgram {
  private static let child = Atomic<Int32>(0)

  /// Runs `words` to its end and gives its exit status, 128 and more for a signal.
  ///
  /// SIGINT goes to both from the terminal and is for the program to obey; SIGTERM is passed on.
  static func run(
    _ words: [String],
    environment added: [String: String]
  ) throws(SystemError) -> Int32 {
    let action = "run \(words[0])"
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment(adding: added).map { unsafe strdup($0) } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    var process: pid_t = 0
    let code = unsafe posix_spawnp(&process, words[0], nil, nil, &arguments, &variables)
    try SystemError.check(action, code)
    child.store(process, ordering: .relaxed)
    _ = signal(SIGINT, SIG_IGN)
    _ = signal(SIGTERM) { kill(RecordedProgram.child.load(ordering: .relaxed), $0) }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 {
      let code = Errno.current
      guard code == .EINTR else { throw SystemError("wait for \(words[0])", code: code) }
    }
    let ending = status & 0x7f
    return ending == 0 ? (status >> 8) & 0xff : 128 + ending
  }

  private static func environment(adding added: [String: String]) -> [String] {
    var variables: [String] = []
    var next = unsafe environ
    while let variable = unsafe next.pointee {
      let text = unsafe String(cString: variable)
      let name = String(text.prefix { $0 != "=" })
      if added[name] == nil { variables.append(text) }
      unsafe next += 1
    }
    return variables + added.map { "\($0)=\($1)" }
  }
}
