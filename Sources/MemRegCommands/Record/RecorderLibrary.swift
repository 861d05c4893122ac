import Glibc
import LinuxSystem

/// The library that is preloaded into recorded programs.
enum RecorderLibrary {
  static let name = "libmemreg-record.so"

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
