internal import CVerbs
import Glibc
public import HostMemory
import LinuxSystem

extension QueuePair {
  /// Binds `window` to `range` of `region`, which needs `windowBind`, and waits until its new key works.
  ///
  /// The region cannot be deregistered while the binding lasts (EINVAL). Throws ERANGE for a range outside the
  /// region, EINVAL where `way` is that of the other kind; a completion that is no success tells what the device
  /// refused.
  public func bind(
    _ window: inout MemoryWindow,
    to range: AddressRange,
    of region: borrowing MemoryRegion,
    access: AccessFlags,
    inWayOf way: MemoryWindow.Kind? = nil
  ) throws(VerbsError) -> WorkCompletion {
    _ = try RegionSlice(range, of: region, for: "ibv_bind_mw")
    return try bind(&window, unchecked: range, of: region, access: access, inWayOf: way)
  }

  /// Binds `window` to any addresses, or by any keys in place of its own and the region's, to see what the device refuses.
  package func bind(
    _ window: inout MemoryWindow,
    unchecked range: AddressRange,
    of region: borrowing MemoryRegion,
    access: AccessFlags,
    inWayOf way: MemoryWindow.Kind? = nil,
    windowKey: UInt32? = nil,
    regionKey: UInt32? = nil
  ) throws(VerbsError) -> WorkCompletion {
    guard let raw = unsafe window.raw, let mr = unsafe region.raw else {
      throw VerbsError(verb(way ?? window.kind), code: .EBADF)
    }
    let keys = unsafe (raw.pointee.rkey, mr.pointee.lkey)
    unsafe raw.pointee.rkey = windowKey ?? keys.0
    unsafe mr.pointee.lkey = regionKey ?? keys.1
    defer {
      if windowKey != nil { unsafe raw.pointee.rkey = keys.0 }
      unsafe mr.pointee.lkey = keys.1
    }
    let part = unsafe ibv_mw_bind_info(
      mr: mr,
      addr: range.start,
      length: range.length,
      mw_access_flags: access.rawValue
    )
    guard way ?? window.kind == .type2 else { return try unsafe bind(raw, part) }
    let key = unsafe raw.pointee.rkey
    let next = key & ~0xff | (key &+ 1) & 0xff
    var request = unsafe ibv_send_wr()
    unsafe request.opcode = IBV_WR_BIND_MW
    unsafe request.send_flags = IBV_SEND_SIGNALED.rawValue
    unsafe request.bind_mw = .init(mw: raw, rkey: next, bind_info: part)
    let completion = try unsafe finish(post(&request), within: .seconds(30))
    if completion.status == .success { unsafe raw.pointee.rkey = next }
    return completion
  }

  /// Takes the window's key back: type 1 by binding to no byte of `region`, type 2 by `IBV_WR_LOCAL_INV`.
  ///
  /// A window of type 1 still holds on to the region until it is released.
  public func unbind(
    _ window: inout MemoryWindow,
    of region: borrowing MemoryRegion
  ) throws(VerbsError) -> WorkCompletion {
    guard let raw = unsafe window.raw else {
      throw VerbsError(verb(window.kind), code: .EBADF)
    }
    guard window.kind == .type1 else { return try invalidate(window.rkey) }
    // With no region at all, as ibv_bind_mw(3) allows it, librxe reads through a null pointer.
    let nothing = unsafe ibv_mw_bind_info(mr: region.raw, addr: 0, length: 0, mw_access_flags: 0)
    return try unsafe bind(raw, nothing)
  }

  /// Revokes `key`, that of a window of type 2 (`IBV_WR_LOCAL_INV`).
  public func invalidate(_ key: UInt32) throws(VerbsError) -> WorkCompletion {
    var request = unsafe ibv_send_wr()
    unsafe request.opcode = IBV_WR_LOCAL_INV
    unsafe request.send_flags = IBV_SEND_SIGNALED.rawValue
    unsafe request.invalidate_rkey = key
    return try unsafe finish(post(&request), within: .seconds(30))
  }

  /// What binds and unbinds windows of `kind`.
  private func verb(_ kind: MemoryWindow.Kind) -> String {
    kind == .type1 ? "ibv_bind_mw" : "ibv_post_send"
  }

  private func bind(
    _ window: UnsafeMutablePointer<ibv_mw>,
    _ part: ibv_mw_bind_info
  ) throws(VerbsError) -> WorkCompletion {
    let id = nextID()
    var binding = unsafe ibv_mw_bind(
      wr_id: id,
      send_flags: IBV_SEND_SIGNALED.rawValue,
      bind_info: part
    )
    let code = unsafe ibv_bind_mw(try live(for: "ibv_bind_mw"), window, &binding)
    try domain.context.check("ibv_bind_mw", code)
    return try finish(id, within: .seconds(30))
  }
}
