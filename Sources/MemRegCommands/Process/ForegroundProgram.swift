import Glibc
import LinuxSystem
import Synchronization

/// A program that runs in this one's place: same streams, same signals, more in its environment.
struct ForegroundProgram {
  private static let child = Atomic<Int32>(0)
  /// The signal that came when there was no program yet, or 0.
  private static let early = Atomic<Int32>(0)

  private let process: pid_t
  private let name: String

  /// Keeps the signals that end a program for the one that is started next: what is made for it is removed after it.
  static func prepare() {
    for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] { passOn(number) }
  }

  /// Starts `words`, the last arguments of this process, as they came.
  ///
  /// From here on SIGINT and SIGQUIT, which go to both from the terminal, are for the program to obey; SIGTERM and
  /// SIGHUP are passed on.
  init(_ words: [String], environment added: [String: String] = [:]) throws(SystemError) {
    name = words[0]
    // A String has other bytes than an argument or a variable that is no UTF-8.
    let arguments = unsafe CommandLine.unsafeArgv + (Int(CommandLine.argc) - words.count)
    let own = unsafe added.map { unsafe strdup("\($0)=\($1)") }
    defer { unsafe own.forEach { unsafe free($0) } }
    var variables = unsafe ForegroundProgram.environment(without: added.keys) + own + [nil]
    var started: pid_t = 0
    guard let file = unsafe arguments.pointee else {
      throw SystemError("run \(name)", code: .ENOENT)
    }
    let code = unsafe posix_spawnp(&started, file, nil, nil, arguments, &variables)
    process = started
    try SystemError.check("run \(words[0])", code)
    ForegroundProgram.child.store(started, ordering: .relaxed)
    for number in [SIGINT, SIGQUIT] { _ = signal(number, SIG_IGN) }
    for number in [SIGTERM, SIGHUP] { ForegroundProgram.passOn(number) }
    let number = ForegroundProgram.early.exchange(0, ordering: .relaxed)
    if number != 0 { kill(process, number) }
  }

  private static func passOn(_ number: Int32) {
    SignalHandler.set(for: number) { number in
      let child = ForegroundProgram.child.load(ordering: .relaxed)
      if child != 0 {
        kill(child, number)
      } else {
        ForegroundProgram.early.store(number, ordering: .relaxed)
      }
    }
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

  private static func environment(
    without names: some Collection<String>
  ) -> [UnsafeMutablePointer<CChar>?] {
    var variables: [UnsafeMutablePointer<CChar>?] = unsafe []
    var next = unsafe environ
    while let variable = unsafe next.pointee {
      let name = unsafe String(cString: variable).utf8.prefix { $0 != UInt8(ascii: "=") }
      if !names.contains(String(decoding: name, as: UTF8.self)) {
        unsafe variables.append(variable)
      }
      unsafe next += 1
    }
    return unsafe variables
  }
}
