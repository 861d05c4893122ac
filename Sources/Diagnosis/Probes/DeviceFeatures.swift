import Glibc
public import HostMemory
import LinuxSystem
import MemoryRegistration
public import Verbs

/// What a device does about registration, found by doing it with one page rather than by its claims.
///
/// Two calls that some drivers answer with memory errors are never made: an on-demand region whose iova is not
/// its address, and `ibv_advise_mr` on a pinned region.
public struct DeviceFeatures: Sendable {
  /// A pinned region of one page.
  public let pinned: ProbeResult
  /// A region that a peer may read and write.
  public let remote: ProbeResult
  /// An on-demand region; that its data is right is for `memreg check odp` to show.
  public let onDemand: ProbeResult
  /// Memory windows of type 1.
  public let windowType1: ProbeResult
  /// Memory windows of type 2.
  public let windowType2: ProbeResult
  /// Regions over DMA-BUFs.
  public let dmaBuf: ProbeResult
  /// Re-registration with other access.
  public let reregisterAccess: ProbeResult
  /// Re-registration in another protection domain.
  public let reregisterDomain: ProbeResult
  /// Re-registration of other memory.
  public let reregisterTranslation: ProbeResult
  /// Which way re-registration went, where any of it works.
  public let reregisterRoute: ReregisterRoute?

  /// Tries everything on `context` with two pages from the start of `buffer`; nothing stays registered.
  ///
  /// Throws if no protection domain can be allocated.
  public init(
    probing context: DeviceContext,
    with buffer: borrowing HostBuffer
  ) throws(VerbsError) {
    let page = UInt64(BasePage.size)
    let domain = try ProtectionDomain(on: context)
    let memory = AddressRange(start: buffer.range.start, length: page)
    let both: AccessFlags = [.localWrite, .remoteRead, .remoteWrite]
    let probe = RegistrationProbe(VerbsStrategy(in: domain))
    pinned = probe.attempt(memory, access: [.localWrite])
    remote = probe.attempt(memory, access: both)
    onDemand = probe.attempt(memory, access: [.localWrite, .onDemand])
    windowType1 = .attempt(domain, .type1)
    windowType2 = .attempt(domain, .type2)
    let refusal = domain.probeDMABuf()
    dmaBuf = if let refusal, refusal != .EBADF { .refused(refusal) } else { .works }
    let access = Reregistration.attempt(domain, memory, .access([.localWrite, .remoteRead]))
    let other = Result { () throws(VerbsError) in try ProtectionDomain(on: context) }
    switch other {
    case .success(let other):
      reregisterDomain = Reregistration.attempt(domain, memory, .domain(other)).result
    case .failure(let error):
      reregisterDomain = .skipped("no second protection domain: \(error.code.name)")
    }
    let translation = Reregistration.attempt(
      domain,
      memory,
      .translation(address: memory.start + page, length: page)
    )
    reregisterAccess = access.result
    reregisterTranslation = translation.result
    reregisterRoute = access.route ?? translation.route
  }
}

extension ProbeResult {
  fileprivate static func attempt(
    _ domain: ProtectionDomain,
    _ kind: MemoryWindow.Kind
  ) -> ProbeResult {
    do throws(VerbsError) {
      try MemoryWindow(in: domain, kind: kind).deallocate()
      return .works
    } catch {
      return .refused(error.code)
    }
  }
}

private struct Reregistration {
  let result: ProbeResult
  let route: ReregisterRoute?

  static func attempt(
    _ domain: ProtectionDomain,
    _ memory: AddressRange,
    _ change: RegionChange
  ) -> Reregistration {
    do throws(VerbsError) {
      var region = try MemoryRegion(in: domain, range: memory, access: [.localWrite])
      let route = try region.reregister(change)
      try region.deregister()
      return Reregistration(result: .works, route: route)
    } catch {
      return Reregistration(result: .refused(error.code), route: nil)
    }
  }
}
