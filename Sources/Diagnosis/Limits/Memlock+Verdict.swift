public import HostMemory
import LinuxSystem

extension Memlock {
  /// Why more cannot be pinned under a soft limit of `limit` bytes of which `pinned` are used: the sentence of every
  /// command.
  public static func verdict(limit: UInt64, pinned: UInt64) -> String {
    let used = pinned == 0 ? "nothing is pinned yet" : "\(SizeText.text(pinned)) are pinned"
    return "the memlock limit (RLIMIT_MEMLOCK) is \(SizeText.text(limit)), \(used)"
  }
}
