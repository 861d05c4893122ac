import Coherence
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// `ibv_rereg_mr`, where the driver can: what it changes for a peer, what it charges, and what its failure leaves.
  static let reregistration: [Check] = [
    Check(
      "rereg.access-takes-effect",
      "Access that is taken from a region is refused to a peer at once, and works when it is given back.",
      scope: .system
    ) { context in
      let before = try context.look()
      let memory = try MemoryExperiment(context, .full.union(.remoteAtomic))
      let scratch = CellDevice.chargedPages(in: try context.domain)
      try context.expect("registered", since: before, pages: 4 + scratch)
      try memory.expectCoherence(0, "before")
      for access: AccessFlags in [
        [.localWrite, .remoteRead],
        [.localWrite, .remoteWrite],
        [.localWrite, .remoteRead, .remoteWrite],
        [.localWrite, .remoteAtomic],
        .full.union(.remoteAtomic),
      ] {
        try memory.change(.access(access), "\(access)", context)
        try context.expect("\(access)", since: before, pages: 4 + scratch)
        let key = memory.region.rkey
        try memory.expectRights(access, "\(access)", key: key, atomicPage: 1)
      }
      try memory.expectCoherence(0, "all of it again")
    },
    Check(
      "rereg.domain-takes-effect",
      "A region moved to another domain is refused to this one's peers, and works when it is back."
    ) { context in
      let memory = try MemoryExperiment(context)
      let own = try context.domain
      let other = try ProtectionDomain(on: own.context)
      try memory.expectCoherence(0, "before")
      let before = try context.look()
      try memory.change(.domain(other), "the other domain", context)
      try context.expect("moved", since: before, pages: 0)
      try memory.expectFailure(0, "read from the first domain")
      let there = try CellDevice(in: other)
      let answer = try there.read(memory.address(0), key: memory.region.rkey)
      try context.expect("read from the other domain", answer.status, .success)
      try context.expectBytes("its bytes", answer.bytes, memory.seen(0) ?? [])
      try memory.change(.domain(own), "the first domain", context)
      try memory.expectCoherence(0, "back")
    },
    Check(
      "rereg.memory-takes-effect",
      "A region given other memory serves that, is charged for it, and refuses the old addresses."
    ) { context in
      let memory = try MemoryExperiment(context)
      let other = try Area(pages: 8)
      other.fill(from: 99)
      let before = try context.look()
      let change = RegionChange.translation(address: other.range.start, length: other.range.length)
      try memory.change(change, "other memory", context)
      try context.expect("other memory", since: before, pages: 4)
      try memory.expectFailure(0, "read of the old address")
      let answer = try memory.device.read(other.range.start, key: memory.region.rkey)
      try context.expect("read of the new address", answer.status, .success)
    },
    Check(
      "rereg.refused-access-leaves-the-region",
      "Write access that the pin forbids (EACCES) leaves keys, charge and data as they were."
    ) { context in
      let memory = try MemoryExperiment(context, [.remoteRead])
      try memory.expectUnchanged(by: .access(.full), errno: [.EACCES], context)
    },
    Check(
      "rereg.refused-memory-leaves-the-region",
      "Other memory where the driver takes none (EOPNOTSUPP) leaves keys, charge and data as they were."
    ) { context in
      let memory = try MemoryExperiment(context)
      let other = try Area(pages: 8)
      let change = RegionChange.translation(address: other.range.start, length: other.range.length)
      try memory.expectUnchanged(by: change, errno: [.EOPNOTSUPP], context)
      try memory.expectCoherence(0, "written")
    },
    Check(
      "rereg.bad-access-leaves-the-region",
      "Access that no region may have is refused, and leaves keys, charge and data as they were."
    ) { context in
      for access: AccessFlags in [[.remoteWrite], [.remoteAtomic]] {
        let memory = try MemoryExperiment(context)
        try memory.expectUnchanged(by: .access(access), errno: [.EINVAL, .EOPNOTSUPP], context)
        try memory.expectCoherence(0, "written")
      }
    },
    Check(
      "rereg.released-once",
      "A region that was changed many times is released once, and nothing stays charged."
    ) { context in
      let area = try Area(pages: 8)
      let (own, before) = (try context.domain, try context.look())
      let other = try ProtectionDomain(on: own.context)
      let region = try context.register(area.range)
      for round in 0..<50 {
        let change: RegionChange =
          round.isMultiple(of: 2)
          ? .domain(round.isMultiple(of: 4) ? other : own)
          : .access(round % 4 == 1 ? [.localWrite] : .full)
        let code = region.reregister(change)
        if code == .EOPNOTSUPP { throw Skip("the driver has no re-registration") }
        try context.expectErrno("change \(round)", code, nil)
        try context.expect("change \(round)", since: before, pages: 8)
      }
      try context.release(region, since: before)
    },
  ]
}

extension MemoryExperiment {
  fileprivate func result(of change: RegionChange) -> Errno? {
    VerbsError.code { () throws(VerbsError) in _ = try region.reregister(change) }
  }

  /// Changes the region; skips where the driver has no such change.
  fileprivate func change(_ change: RegionChange, _ what: String, _ context: CheckContext) throws {
    let code = context.seen(result(of: change))
    if code == .EOPNOTSUPP { throw Skip("the driver refuses this change: EOPNOTSUPP") }
    try context.expectErrno(what, code, nil)
  }

  /// Tries a change that has to fail, and finds the region as it was.
  fileprivate func expectUnchanged(
    by change: RegionChange,
    errno codes: [Errno],
    _ context: CheckContext
  ) throws {
    let before = try context.look()
    let (lkey, rkey) = (region.lkey, region.rkey)
    let code = context.seen(result(of: change))
    guard let code else { throw Skip("the driver takes this change") }
    if code == .EOPNOTSUPP, !codes.contains(code) {
      throw Skip("the driver has no re-registration")
    }
    try context.expectErrno("the change", code, in: codes)
    try context.expect("pages charged", since: before, pages: 0)
    try context.expect("lkey", region.lkey, lkey)
    try context.expect("rkey", region.rkey, rkey)
    try expectRead(0, seen(0) ?? [], "read")
  }
}
