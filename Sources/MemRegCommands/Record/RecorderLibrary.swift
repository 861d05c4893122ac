internal import CRecording
import Glibc
import LinuxSystem

/// The library that is preloaded into recorded programs, and audits their dynamic linker.
enum RecorderLibrary {
  static let name = "libmemreg-record.so"

  /// What a program's environment needs so that `library` records it in `directory`.
  static func environment(_ library: String, of directory: RecordingDirectory) -> [String: String] {
    [
      "LD_PRELOAD": list(library, before: "LD_PRELOAD"),
      "LD_AUDIT": list(library, before: "LD_AUDIT"),
      RECORDING_DIRECTORY: directory.path,
    ]
  }

  /// Why nothing has been recorded.
  static let sawNothing =
    "no registration seen: the program uses no libibverbs, or is linked with it statically"

  /// The value of a variable of the dynamic linker, with `library` first in the list that it has already.
  private static func list(_ library: String, before variable: String) -> String {
    guard let others = unsafe getenv(variable) else { return library }
    return unsafe library + ":" + String(cString: others)
  }

  /// Its path: beside this program where it was built, in ../lib/memreg where it is installed.
  static func path() throws(CommandFailure) -> String {
    let program = SymbolicLink.target(of: "/proc/self/exe") ?? "/usr/local/bin/memreg"
    let directory = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
    let places = ["\(directory)/\(name)", "\(directory)/../lib/memreg/\(name)"]
    guard let path = places.first(where: { unsafe access($0, R_OK) == 0 }) else {
      throw CommandFailure(
        "cannot record: no \(places.joined(separator: " and no ")); `make release` builds it and "
          + "`make install` installs it with memreg",
        status: .unavailable
      )
    }
    return path
  }
}
