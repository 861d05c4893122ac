import Diagnosis
import Documents
import LinuxSystem

extension LimitsReport {
  /// Judges whether `bytes` more can be pinned, by the limit, the machine's memory and the rdma control groups.
  ///
  /// `source` is where the limit is from.
  func judged(need bytes: UInt64, _ source: MemlockOrigin) -> Need {
    let page = UInt64(BasePage.size)
    let charge = (bytes + page - 1) / page * page
    let size = ByteSize.text(bytes)
    if let headroom = headroomBytes, charge > headroom {
      let limit = ByteSize.text(memlock.softBytes ?? 0)
      return Need(
        bytes: bytes,
        holds: false,
        reason: "\(size) do not fit: limit \(limit), pinned \(ByteSize.pinned(pinnedBytes)), "
          + "headroom \(ByteSize.text(headroom)); \(origin.summary); remedy: "
          + source.remedy(needed: UInt64(clamping: pinnedBytes) + charge)
      )
    }
    if charge > memoryTotalBytes {
      return Need(
        bytes: bytes,
        holds: false,
        reason: "\(size) do not fit: the machine has \(ByteSize.text(memoryTotalBytes)) of memory"
      )
    }
    if let full = rdmaCgroups.first(where: \.isFull) {
      return Need(
        bytes: bytes,
        holds: false,
        reason: "rdma.max of \(full.group) allows no more objects on \(full.device)"
      )
    }
    let room = headroomBytes.map { "headroom \(ByteSize.text($0))" } ?? "no limit binds"
    return Need(bytes: bytes, holds: true, reason: "\(size) fit: \(room)")
  }
}
