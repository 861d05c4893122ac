internal import CFixtures
import Glibc
import LinuxSystem

/// A place for reclaim to swap to: the machine's own, or else compressed memory (zram) for as long as the object lives.
///
/// Not a file in memory by a loop device: under a memory limit, writing to it needs the memory that is to be freed.
package final class SwapDevice {
  private static let bytes = 32 << 20
  /// Of the zram device that was made.
  private let record: StagingRecord?

  /// Finds or makes one; skips where there is none and the privilege or the module to make one is missing.
  package init() throws {
    let lines = try TextFile.read("/proc/swaps").split(separator: "\n")
    guard lines.count < 2 else {
      record = nil
      return
    }
    guard try Capability.sysAdmin.isGranted else {
      throw Skip("needs a swap device, or CAP_SYS_ADMIN to make one")
    }
    let record = try StagingRecord("swap", for: .swap)
    try Program.load(module: "zram")
    guard let added = try? TextFile.read("/sys/class/zram-control/hot_add"),
      let number = Int(added.filter(\.isNumber))
    else { throw Skip("needs a swap device, or the module zram to make one") }
    try record.add(.removeSwap(number))
    self.record = record
    try KernelSwitch.write("\(SwapDevice.bytes)", to: "/sys/block/zram\(number)/disksize")
    try SwapDevice.format("/dev/zram\(number)")
    try SystemError.check(
      "swap to /dev/zram\(number)",
      unsafe fixtures_swap_on("/dev/zram\(number)")
    )
  }

  // `union swap_header`: version, last page and no bad pages at 1024, the magic word at the first page's end.
  private static func format(_ path: String) throws(SystemError) {
    var page = [UInt8](repeating: 0, count: BasePage.size)
    page[1024] = 1
    let last = UInt32(bytes / BasePage.size - 1)
    for byte in 0..<4 { page[1028 + byte] = UInt8(truncatingIfNeeded: last >> (8 * byte)) }
    page.replaceSubrange((page.count - 10)..., with: "SWAPSPACE2".utf8)
    let descriptor = try SystemError.check("open \(path)", result: unsafe open(path, O_WRONLY))
    defer { close(descriptor) }
    _ = try SystemError.check(
      "format a swap device",
      result: unsafe pwrite(descriptor, page, page.count, 0)
    )
  }

  /// Stops swapping to the device of this number and removes it; whether it is gone.
  static func remove(_ number: Int) -> Bool {
    let path = "/sys/block/zram\(number)"
    // Another's by now, unless it is of the size, or has none yet.
    let size = TextFile.firstLine("\(path)/disksize")
    guard size == "\(bytes)" || size == "0" else { return true }
    _ = unsafe fixtures_swap_off("/dev/zram\(number)")
    try? KernelSwitch.write("\(number)", to: "/sys/class/zram-control/hot_remove")
    return unsafe access(path, F_OK) != 0
  }
}
