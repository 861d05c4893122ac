import Diagnosis
import Fixtures
import HostMemory
import Measurement
import Verbs

/// Chooses steps at random, the odd ones often enough to meet every errno.
struct FuzzGenerator {
  /// What a sequence may contain.
  struct Scope {
    /// Region numbers in use, which bounds how many are live.
    var numbers = 48
    /// Whether limits, capabilities and forks may occur: not where threads share them.
    var changesProcess = true
    /// Whether the device has on-demand regions.
    var hasOnDemand = false
    /// Whether lengths may pass the address space: a driver that counts the pages itself has no answer to them that a
    /// model could state.
    var hasOverlongRanges = true

    init(_ behaviour: KernelBehaviour) {
      hasOnDemand = behaviour.onDemand == nil
      hasOverlongRanges = !behaviour.limitsByItself
    }
  }

  private var random: SplitMix64
  private let scope: Scope
  private var hasBegun = false

  init(seed: UInt64, _ scope: Scope) {
    random = SplitMix64(seed: seed)
    self.scope = scope
  }

  mutating func next() -> FuzzOperation {
    guard hasBegun else {
      hasBegun = true
      return .map(.anonymous, first: 0, count: FuzzArena.pages, .write)
    }
    switch pick(1000) {
    case ..<420: return register()
    case ..<760: return .deregister(pick(scope.numbers))
    case ..<850:
      let (first, count) = span()
      return .map(choose(FuzzOperation.Mapping.allCases), first: first, count: count, protection())
    case ..<880:
      let (first, count) = span()
      return .unmap(first: first, count: count)
    case ..<920:
      let (first, count) = span()
      return .protect(first: first, count: count, protection())
    case ..<945:
      let (first, count) = span()
      return .move(first: first, count: count, to: pick(FuzzArena.pages - count + 1))
    case ..<970:
      let (first, count) = span()
      return .discard(first: first, count: count)
    case ..<985 where scope.changesProcess: return .limit(limit())
    case ..<996 where scope.changesProcess: return .privilege(pick(2) == 0)
    case ..<997 where scope.changesProcess:
      let (offset, length) = bytes()
      return .fork(deregister: pick(scope.numbers), offset: offset, length: length)
    default: return register()
    }
  }

  private mutating func register() -> FuzzOperation {
    let number = pick(scope.numbers)
    if scope.hasOnDemand, pick(20) == 0 {
      let (first, count) = span()
      return .register(
        number,
        offset: UInt64(first) * Area.page,
        length: UInt64(count) * Area.page,
        [.localWrite, .remoteRead, .onDemand]
      )
    }
    let (offset, length) = pick(25) == 0 ? oddBytes() : bytes()
    return .register(number, offset: offset, length: length, access())
  }

  private mutating func access() -> AccessFlags {
    choose([
      [], [.remoteRead], [.localWrite], .full, .full, .full, [.localWrite, .remoteAtomic],
      [.windowBind], [.remoteWrite], [.remoteAtomic], [.localWrite, .zeroBased],
      [.localWrite, .hugetlb], [.remoteRead, .relaxedOrdering],
    ])
  }

  private mutating func bytes() -> (UInt64, UInt64) {
    let size = UInt64(FuzzArena.pages) * Area.page
    let offset = pick(3) == 0 ? UInt64(pick(FuzzArena.pages)) * Area.page : UInt64(pick(Int(size)))
    let most = pick(2) == 0 ? min(size - offset, 4 * Area.page) : size - offset
    return (offset, 1 + UInt64(pick(Int(most))))
  }

  /// Nothing, too much, past the arena, past the address space.
  private mutating func oddBytes() -> (UInt64, UInt64) {
    let offset = UInt64(pick(2)) * UInt64(pick(4096))
    let overlong: [UInt64] = [.max, .max - 4096, 1 << 45, 1 << 47]
    let lengths = [0, UInt64(FuzzArena.pages + 1) * Area.page]
    return (offset, choose(lengths + (scope.hasOverlongRanges ? overlong : [])))
  }

  private mutating func limit() -> UInt64? {
    switch pick(8) {
    case 0: nil
    case 1: 0
    case 2: UInt64(1 + pick(4095))
    default: UInt64(pick(200)) * Area.page + UInt64(pick(3)) * 4095
    }
  }

  private mutating func protection() -> AddressSpaceModel.Protection {
    pick(2) == 0 ? .write : choose(AddressSpaceModel.Protection.allCases)
  }

  private mutating func span() -> (Int, Int) {
    let first = pick(FuzzArena.pages)
    let most = FuzzArena.pages - first
    return (first, 1 + pick(pick(2) == 0 ? min(most, 8) : most))
  }

  private mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  private mutating func choose<Value>(_ values: [Value]) -> Value { values[pick(values.count)] }
}
