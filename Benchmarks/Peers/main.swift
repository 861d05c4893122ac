// Holds memreg's loop against a bare C loop: both in one process, sample by sample, so that drift hits both alike, with a
// second C loop as the control. Prints the ratios of the medians with the goal beside them; exits 1 when it is missed.
//
// usage: memreg-peers verbs|io_uring [GOAL]     GOAL: the largest ratio allowed for register and deregister together

import Benchmarking
import Glibc
import HostMemory
import LinuxSystem
import Measurement
import MemoryRegistration
import Verbs

/// Samples of each loop for each size.
let samples = 2000
/// Regions registered, then deregistered, between readings of the clock: what a call from Swift into the loop leaves in the
/// emulated processor's caches is paid for once a sample, and is not the loop's.
let verbsBatch = 4
let lengths: [UInt64] = [4096, 65536, 1 << 20]

func fail(_ message: String, status: Int32) -> Never {
  let line = Array("memreg-peers: \(message)\n".utf8)
  _ = unsafe write(STDERR_FILENO, line, line.count)
  exit(status)
}

func decimals(_ value: Double, _ digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value * scale).rounded())
  let fraction = String(scaled % Int(scale))
  return "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count)
    + fraction
}

/// Runs the loops in rounds, each round in another order: what the kernel defers has a rhythm of its own, and a fixed
/// order would charge it to one loop. Each sample is the sum of registering and releasing a batch; the one before it in
/// the same turn is not counted, since it pays for what the other loop left in the caches, and there are two C loops.
func measure(_ loops: [any PeerLoop]) throws -> [[UInt64]] {
  var taken = [[UInt64]](repeating: [], count: loops.count)
  var order = Array(loops.indices)
  var generator = Shuffle()
  for rounds in [100, samples] {
    for index in taken.indices {
      taken[index] = []
      taken[index].reserveCapacity(rounds)
    }
    for _ in 0..<rounds {
      generator.shuffle(&order)
      for index in order {
        _ = try loops[index].sample()
        let times = try loops[index].sample()
        taken[index].append(times.register + times.deregister)
      }
    }
  }
  return taken
}

/// Prints one size and returns the ratio of memreg's loop to the C loop, the second C loop being the control.
func report(_ length: UInt64, batch: Int, _ taken: [[UInt64]]) -> MedianRatio? {
  guard let ratio = MedianRatio(of: taken[1], to: taken[0]),
    let control = MedianRatio(of: taken[2], to: taken[0])
  else { return nil }
  let each = Double(batch)
  print(
    "  \(length / 1024) KiB: C \(decimals(Median.of(taken[0]) / each, 1)) ns, "
      + "memreg \(decimals(Median.of(taken[1]) / each, 1)) ns, ratio \(decimals(ratio.ratio, 4)) "
      + "(\(decimals(ratio.lower, 4)) to \(decimals(ratio.upper, 4))); "
      + "C again \(decimals(control.ratio, 4))"
  )
  return ratio
}

func run() throws {
  let arguments = CommandLine.arguments
  guard arguments.count >= 2, ["verbs", "io_uring"].contains(arguments[1]) else {
    fail("usage: memreg-peers verbs|io_uring [GOAL]", status: 64)
  }
  let memory = try HostBuffer(.anonymous, length: 1 << 20)
  try memory.populate()
  let clock = MonotonicClock.cost()
  var smallest: MedianRatio?
  print(
    "register and deregister, \(arguments[1]), C and memreg interleaved, \(samples) samples each"
  )
  if arguments[1] == "verbs" {
    guard let device = try Device.all().first else {
      fail("no RDMA device; run in scripts/rxe-vm", status: 69)
    }
    let strategy = VerbsStrategy(in: try ProtectionDomain(on: DeviceContext(named: device.name)))
    for length in lengths {
      let range = AddressRange(start: memory.range.start, length: length)
      let taken = try measure([
        CVerbsLoop(device: device.name, range, batch: verbsBatch),
        MemregLoop(strategy, range, batch: verbsBatch),
        CVerbsLoop(device: device.name, range, batch: verbsBatch),
      ])
      let ratio = report(length, batch: verbsBatch, taken)
      if length == lengths.first { smallest = ratio }
    }
  } else {
    for length in lengths {
      let range = AddressRange(start: memory.range.start, length: length)
      // 340 ns of pinning and unpinning a page are the least there is between two readings.
      let batch = BatchSize.needed(
        clock: clock,
        readings: 2,
        operation: 340 * Double(length) / 4096
      )
      let taken = try measure([
        CRingsLoop(range, batch: batch), MemregLoop(IOUringStrategy(), range, batch: batch),
        CRingsLoop(range, batch: batch),
      ])
      let ratio = report(length, batch: batch, taken)
      if length == lengths.first { smallest = ratio }
    }
  }
  guard arguments.count > 2, let goal = Double(arguments[2]), let smallest else { return }
  // On a busy machine the interval can span the goal: then the run shows neither.
  let verdict =
    smallest.ratio <= goal ? "met" : smallest.lower <= goal ? "not shown, too noisy" : "MISSED"
  print("  goal for \(lengths[0] / 1024) KiB: at most \(decimals(goal, 3)), \(verdict)")
  if smallest.lower > goal { exit(1) }
}

do {
  try run()
} catch {
  fail("\(error)", status: 71)
}
