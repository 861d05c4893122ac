internal import CVerbs
import Glibc
import LinuxSystem

extension QueuePair {
  /// Writes 8 bytes as one into 8 aligned bytes of the peer, whose order they keep, and waits for the end
  /// (`ibv_wr_atomic_write`).
  ///
  /// Throws EOPNOTSUPP for a pair that was made without it, ENOMEM when the queue is full. The completion tells what
  /// the devices refused; one that knows no such write ends it as `localOperation`.
  public func atomicWrite(
    _ value: UInt64,
    to remote: RemoteMemory
  ) throws(VerbsError) -> WorkCompletion {
    guard let pair = unsafe ibv_qp_to_qp_ex(try live(for: "ibv_wr_atomic_write")) else {
      throw VerbsError("ibv_wr_atomic_write", code: .EOPNOTSUPP)
    }
    let id = nextID()
    var bytes = value
    unsafe ibv_wr_start(pair)
    unsafe pair.pointee.wr_id = id
    unsafe pair.pointee.wr_flags = IBV_SEND_SIGNALED.rawValue
    unsafe ibv_wr_atomic_write(pair, remote.rkey, remote.address, &bytes)
    let code = unsafe ibv_wr_complete(pair)
    try domain.context.check("ibv_wr_complete", code)
    return try finish(id, within: .seconds(30))
  }
}
