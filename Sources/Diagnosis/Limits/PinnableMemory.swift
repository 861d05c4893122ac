import HostMemory
import LinuxSystem
import MemoryRegistration

/// How much more a process can pin here, and what bounds it: the one model by which needs are judged and trials sized.
public struct PinnableMemory: Equatable, Sendable {
  /// Every bound that was found.
  public let bounds: [PinBound]

  /// Takes bounds that are known.
  public init(bounds: [PinBound]) { self.bounds = bounds }

  /// The bound that binds.
  public var binding: PinBound? { bounds.filter(\.isOfAll).min { $0.bytes < $1.bytes } }

  /// The bound of memory that is to be mapped or brought in, whatever the memlock limit.
  public var ofNewMemory: PinBound? {
    bounds.filter(\.kind.isOfNewMemory)
      .min { $0.bytes < $1.bytes }
  }

  /// The bound on bringing in pages of memory that is mapped already.
  public var ofPages: PinBound? {
    bounds.filter { [.memory, .memoryControlGroup].contains($0.kind) }
      .min { $0.bytes < $1.bytes }
  }

  /// The memlock limit, where it binds on every device.
  public var ofMemlock: PinBound? { bounds.first { $0.kind == .memlock && $0.isOfAll } }

  /// The bound of the device or group that has the least room for regions.
  public var ofRegions: PinBound? {
    bounds.filter { [.regions, .objects, .contexts].contains($0.kind) }
      .min { $0.bytes < $1.bytes }
  }

  /// The bound of the device that takes the shortest regions.
  public var ofOneRegion: PinBound? { least(.regionSize) }

  private func least(_ kind: PinBound.Kind) -> PinBound? {
    bounds.filter { $0.kind == kind }.min { $0.bytes < $1.bytes }
  }

  /// Bytes that can be brought in without the risk that the OOM killer is called.
  public var safePageBytes: UInt64 {
    bounds.filter { [.memory, .memoryControlGroup].contains($0.kind) }.map(\.safeBytes).min() ?? 0
  }

  /// Reads what bounds `pid`, `nil` being this process, on `devices`; what is hidden does not bound.
  public init(ofProcess pid: Int32? = nil, on devices: [DeviceTraits] = []) {
    let info = try? MemoryInfo()
    let swap = info?.swapFree ?? 0
    var bounds: [PinBound] = []
    if let budget = try? pid.map({ pid throws(SystemError) in try PinBudget(ofProcess: pid) })
      ?? .ofThisProcess()
    {
      bounds += PinBound.memlock(budget, on: devices)
    }
    bounds += MemoryControlGroup.all(ofProcess: pid).map { PinBound($0, swapFree: swap) }
    bounds.append(PinBound(PinnableZones(ofProcess: pid), swapFree: swap, total: info?.total))
    if let limits = try? ProcessLimits(ofProcess: pid) { bounds += PinBound.sizes(limits) }
    if let info, TextFile.firstLine("/proc/sys/vm/overcommit_memory") == "2" {
      bounds.append(
        PinBound(
          .commitLimit,
          place: "this machine",
          setting: "vm.overcommit_memory",
          bytes: info.commitLimit - min(info.commitLimit, info.committed),
          limitBytes: info.commitLimit,
          usedBytes: info.committed
        )
      )
    }
    bounds += PinBound.counts(ofProcess: pid, on: devices)
    self.bounds = bounds + devices.flatMap { PinBound.device($0) }
  }
}

extension PinBound {
  /// What `bytes` of pages leave of themselves once their page tables, the driver's page list and what each processor
  /// has charged ahead are paid for.
  private static func net(_ bytes: UInt64) -> UInt64 { bytes - min(bytes, bytes / 64 + 1 << 20) }

  init(_ group: MemoryControlGroup, swapFree: UInt64) {
    let most = min(group.limit, group.free + min(group.swappable, swapFree))
    self.init(
      .memoryControlGroup,
      place: group.group,
      setting: group.file,
      bytes: PinBound.net(most),
      safeBytes: PinBound.net(group.free),
      mostBytes: most,
      limitBytes: group.limit,
      usedBytes: group.current
    )
  }

  init(_ zones: PinnableZones, swapFree: UInt64, total: UInt64?) {
    let most = zones.reclaimable + min(zones.anonymous, swapFree)
    self.init(
      .memory,
      place: "this machine",
      bytes: PinBound.net(most),
      safeBytes: PinBound.net(zones.certain),
      mostBytes: most,
      limitBytes: total.map { $0 - min($0, zones.movable + zones.contiguous) },
      usedBytes: nil
    )
  }

  /// What a device allows: so many regions, each so long.
  static func device(_ device: DeviceTraits) -> [PinBound] {
    let longest = device.longestRegion
    var bounds: [PinBound] = []
    if let most = device.mostRegions, let count = device.regions {
      let rest = most - min(most, count)
      var bound = PinBound(
        .regions,
        place: device.name,
        setting: "max_mr",
        bytes: rest.multiplied(clamped: longest?.bytes ?? 1 << 47)
      )
      (bound.limitCount, bound.usedCount, bound.device) = (most, count, device.name)
      bounds.append(bound)
    }
    if let longest {
      bounds.append(
        PinBound(
          .regionSize,
          place: device.name,
          setting: longest.setting,
          bytes: longest.bytes,
          limitBytes: longest.bytes
        )
      )
    }
    return bounds
  }

  /// The limits on the size of a process that are finite.
  static func sizes(_ limits: ProcessLimits) -> [PinBound] {
    let sizes: [(Kind, String, UInt64?, UInt64)] = [
      (.addressSpace, "RLIMIT_AS", limits.addressSpace, limits.mapped),
      (.dataSize, "RLIMIT_DATA", limits.data, limits.mappedData),
    ]
    return sizes.compactMap { kind, name, limit, used in
      limit.map {
        PinBound(kind, place: name, bytes: $0 - min($0, used), limitBytes: $0, usedBytes: used)
      }
    }
  }
}
