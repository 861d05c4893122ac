import Glibc

/// The microVM with a device of its own, where this machine has its launcher.
enum MicroVM {
  /// What starts it: the script of the source tree that is the working directory, or the package's command; `nil`
  /// without either, as beside the static binary.
  static var launcher: String? {
    if unsafe access("scripts/rxe-vm", X_OK) == 0 { return "scripts/rxe-vm" }
    let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
    let isInstalled = path.split(separator: ":")
      .contains { directory in
        unsafe access("\(directory)/memreg-rxe-vm", X_OK) == 0
      }
    return isInstalled ? "memreg-rxe-vm" : nil
  }
}
