import Glibc
import LinuxSystem
import Synchronization

/// A program that runs in this one's place: same streams, same signals, more in its environment.
struct ForegroundProgram {
  private static let child = Atomic<Int32>(0)

  private let process: pid_t
  private let name: String

  /// Starts `words`.
  ///
  /// From here on SIGINT and SIGQUIT, which go to both from the terminal, are for the program to obey; SIGTERM and
  /// SIGHUP are passed on.
  init(_ words: [String], environment added: [String: String] = [:]) throws(SystemError) {
    name = words[0]
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    var variables =
      unsafe ForegroundProgram.environment(adding: added).map { unsafe strdup($0) } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    var started: pid_t = 0
    let code = unsafe posix_spawnp(&started, words[0], nil, nil, &arguments, &variables)
    process = started
    try SystemError.check("run \(words[0])", code)
    ForegroundProgram.child.store(started, ordering: .relaxed)
    for number in [SIGINT, SIGQUIT] { _ = signal(number, SIG_IGN) }
    for number in [SIGTERM, SIGHUP] { ForegroundProgram.passOn(number) }
  }

  /// What was ignored stays so, as by nohup(1).
  private static func passOn(_ number: Int32) {
    let before = signal(number) { kill(ForegroundProgram.child.load(ordering: .relaxed), $0) }
    let ignored = unsafe unsafeBitCast(SIG_IGN, to: UInt.self)
    if unsafe unsafeBitCast(before, to: UInt.self) == ignored { _ = signal(number, SIG_IGN) }
  }

  /// Waits for the end of the program and gives its exit status, 128 and more for a signal.
  func wait() throws(SystemError) -> Int32 { try end(0) ?? 0 }

  /// The same if it has ended, else `nil`.
  func statusIfEnded() throws(SystemError) -> Int32? { try end(WNOHANG) }

  private func end(_ options: Int32) throws(SystemError) -> Int32? {
    var status: Int32 = 0
    while true {
      // Orphans that end are nobody else's to wait for.
      let ended = unsafe waitpid(options == 0 ? -1 : process, &status, options)
      let code = Errno.current
      if ended == process { break }
      if ended > 0 { continue }
      if ended == 0 { return nil }
      guard code == .EINTR else { throw SystemError("wait for \(name)", code: code) }
    }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
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
