import Glibc
import HostMemory

/// A module of the running kernel.
struct KernelModule {
  let name: String

  /// Soft-RoCE.
  static let rxe = KernelModule(name: "rdma_rxe")
  /// The checksum that soft-RoCE asks of the crypto interface up to Linux 6.12, and does not depend on.
  static let crc32 = KernelModule(name: "crc32_generic")
  /// Connections from user space (librdmacm).
  static let connectionManager = KernelModule(name: "rdma_ucm")

  private static let modprobe = "/sbin/modprobe"

  /// Whether the module is loaded, or built in with parameters.
  var isLoaded: Bool { unsafe access("/sys/module/\(name)", F_OK) == 0 }

  /// Whether it is there to be used, as far as anybody may know without loading it.
  var isAvailable: Bool {
    isLoaded || (try? Program.run(KernelModule.modprobe, ["-n", "-q", name])) == 0
  }

  /// Loads the module where it is not; says whether it is there now.
  @discardableResult
  func load() -> Bool {
    isLoaded || (try? Program.run(KernelModule.modprobe, ["-q", name])) == 0
  }
}
