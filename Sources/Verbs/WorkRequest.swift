internal import CVerbs

/// One request to a send queue (`struct ibv_send_wr`) with the local bytes it uses; cannot outlive their region.
public struct WorkRequest: ~Escapable {
  enum Operation {
    case read(RemoteMemory)
    case write(RemoteMemory, immediate: UInt32?)
    case send(immediate: UInt32?)
    case sendInvalidating(key: UInt32)
    case fetchAdd(RemoteMemory, UInt64)
    case compareSwap(RemoteMemory, compare: UInt64, swap: UInt64)
  }

  private let local: RegionSlice
  private var rest: ibv_sge?
  private let operation: Operation

  @_lifetime(copy local)
  private init(_ local: RegionSlice, _ operation: Operation) {
    self.local = local
    self.operation = operation
  }

  /// The same request with `rest` behind its local bytes, as a list of two entries that may be of two regions.
  @_lifetime(copy self, copy rest)
  public func followed(by rest: RegionSlice) -> WorkRequest {
    var request = self
    request.rest = rest.element
    return request
  }

  /// The local bytes for C.
  var gatherList: GatherList { GatherList(local.element, rest) }

  /// Fills `local` with the peer's bytes (RDMA READ); the local region needs `localWrite`.
  @_lifetime(copy local)
  public static func read(_ local: RegionSlice, from remote: RemoteMemory) -> WorkRequest {
    WorkRequest(local, .read(remote))
  }

  /// Writes `local` into the peer's memory (RDMA WRITE); an immediate value consumes a receive there.
  @_lifetime(copy local)
  public static func write(
    _ local: RegionSlice,
    to remote: RemoteMemory,
    immediate: UInt32? = nil
  ) -> WorkRequest {
    WorkRequest(local, .write(remote, immediate: immediate))
  }

  /// Sends `local` into the peer's next receive.
  @_lifetime(copy local)
  public static func send(_ local: RegionSlice, immediate: UInt32? = nil) -> WorkRequest {
    WorkRequest(local, .send(immediate: immediate))
  }

  /// Sends `local` and revokes a key of the peer, of a window of type 2 (`IBV_WR_SEND_WITH_INV`).
  @_lifetime(copy local)
  public static func send(_ local: RegionSlice, invalidating key: UInt32) -> WorkRequest {
    WorkRequest(local, .sendInvalidating(key: key))
  }

  /// Adds to the peer's 8 aligned bytes and leaves what they were in `local`, in host byte order.
  @_lifetime(copy local)
  public static func fetchAdd(
    _ local: RegionSlice,
    to remote: RemoteMemory,
    adding value: UInt64
  ) -> WorkRequest {
    WorkRequest(local, .fetchAdd(remote, value))
  }

  /// Puts `swap` into the peer's 8 aligned bytes if they equal `compare`; leaves what they were in `local`.
  @_lifetime(copy local)
  public static func compareSwap(
    _ local: RegionSlice,
    at remote: RemoteMemory,
    compare: UInt64,
    swap: UInt64
  ) -> WorkRequest {
    WorkRequest(local, .compareSwap(remote, compare: compare, swap: swap))
  }

  /// The C form without its gather list.
  var raw: ibv_send_wr {
    var request = unsafe ibv_send_wr()
    unsafe request.send_flags = IBV_SEND_SIGNALED.rawValue
    switch operation {
    case .read(let remote):
      unsafe request.opcode = IBV_WR_RDMA_READ
      unsafe request.wr.rdma = .init(remote_addr: remote.address, rkey: remote.rkey)
    case .write(let remote, let immediate):
      unsafe request.opcode = immediate == nil ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_WRITE_WITH_IMM
      unsafe request.imm_data = (immediate ?? 0).bigEndian
      unsafe request.wr.rdma = .init(remote_addr: remote.address, rkey: remote.rkey)
    case .send(let immediate):
      unsafe request.opcode = immediate == nil ? IBV_WR_SEND : IBV_WR_SEND_WITH_IMM
      unsafe request.imm_data = (immediate ?? 0).bigEndian
    case .sendInvalidating(let key):
      unsafe request.opcode = IBV_WR_SEND_WITH_INV
      unsafe request.invalidate_rkey = key
    case .fetchAdd(let remote, let value):
      unsafe request.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD
      unsafe request.wr.atomic = .init(
        remote_addr: remote.address,
        compare_add: value,
        swap: 0,
        rkey: remote.rkey
      )
    case .compareSwap(let remote, let compare, let swap):
      unsafe request.opcode = IBV_WR_ATOMIC_CMP_AND_SWP
      unsafe request.wr.atomic = .init(
        remote_addr: remote.address,
        compare_add: compare,
        swap: swap,
        rkey: remote.rkey
      )
    }
    return unsafe request
  }
}
