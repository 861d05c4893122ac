internal import CLinux
import Glibc
import HostMemory

/// A place for reclaim to swap to: the machine's own, or else one in memory for as long as the object lives.
final class SwapDevice {
  private static let pages = 2048
  private let device: LoopDevice?

  /// Finds or makes one; skips where there is none and the privilege to make one is missing.
  init() throws {
    let lines = try TextFile.read("/proc/swaps").split(separator: "\n")
    guard lines.count < 2 else {
      device = nil
      return
    }
    guard try Capability.sysAdmin.isGranted else {
      throw Skip("needs a swap device, or CAP_SYS_ADMIN to make one")
    }
    let file = try OpenFile(memfdOfPages: SwapDevice.pages)
    try SwapDevice.format(file)
    let device = try LoopDevice(over: file)
    let code = unsafe clinux_swap_on(device.path)
    guard code == 0 else { throw Skip("no swapping to \(device.path): \(ErrnoName.symbol(code))") }
    self.device = device
  }

  // `union swap_header`: version, last page and no bad pages at 1024, the magic word at the first page's end.
  private static func format(_ file: OpenFile) throws(SystemError) {
    var page = [UInt8](repeating: 0, count: BasePage.size)
    page[1024] = 1
    let last = UInt32(pages - 1)
    for byte in 0..<4 { page[1028 + byte] = UInt8(truncatingIfNeeded: last >> (8 * byte)) }
    page.replaceSubrange((page.count - 10)..., with: "SWAPSPACE2".utf8)
    _ = try SystemError.check(
      "format a swap device",
      result: unsafe pwrite(file.descriptor, page, page.count, 0)
    )
  }

  deinit {
    guard let device else { return }
    _ = unsafe clinux_swap_off(device.path)
  }
}
