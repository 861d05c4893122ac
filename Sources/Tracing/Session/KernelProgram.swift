internal import CLinux
import Glibc
import LinuxSystem

/// A program in the kernel and what it is attached to; it goes with this value or with the process.
final class KernelProgram {
  /// Where a program runs.
  enum Place {
    case entry
    case `return`
    case tracepoint
  }

  /// How a program gets to a function that is known by its name.
  enum Probe {
    case kprobe
    case fprobe
  }

  /// What the function was called when it was attached, for messages.
  let function: String
  private let program: Int32
  private let link: Int32

  /// Attaches a program at a function by its types (fentry, fexit), or at a tracepoint.
  init(
    _ instructions: [UInt64],
    at place: Place,
    of function: String,
    type: UInt32,
    types: Int32
  ) throws(SystemError) {
    self.function = function
    program = try KernelProgram.load(
      instructions,
      function: function,
      place: place == .entry
        ? CLINUX_BPF_ENTRY : place == .return ? CLINUX_BPF_RETURN : CLINUX_BPF_TRACEPOINT,
      type: type,
      types: types
    )
    var attached: Int32 = -1
    let code = unsafe clinux_bpf_attach(program, &attached)
    link = attached
    try SystemError.check("trace \(function)", code)
  }

  /// Attaches a program at a function by its name, through a kprobe or an fprobe.
  init(
    _ instructions: [UInt64],
    at place: Place,
    of function: String,
    through probe: Probe
  ) throws(SystemError) {
    self.function = function
    program = try KernelProgram.load(
      instructions,
      function: function,
      place: probe == .kprobe ? CLINUX_BPF_PROBE : CLINUX_BPF_GRAPH,
      type: 0,
      types: 0
    )
    var attached: Int32 = -1
    let atReturn: Int32 = place == .return ? 1 : 0
    let code =
      switch probe {
      case .kprobe: unsafe clinux_bpf_attach_probe(program, function, atReturn, &attached)
      case .fprobe: unsafe clinux_bpf_attach_graph(program, function, atReturn, &attached)
      }
    link = attached
    try SystemError.check("trace \(function)", code)
  }

  deinit {
    if link >= 0 { close(link) }
    close(program)
  }

  /// How often the kernel left the program out because it was running on the same processor already.
  var misses: UInt64 {
    var misses: UInt64 = 0
    _ = unsafe clinux_bpf_misses(program, &misses)
    return misses
  }

  private static func load(
    _ instructions: [UInt64],
    function: String,
    place: Int32,
    type: UInt32,
    types: Int32
  ) throws(SystemError) -> Int32 {
    var loaded: Int32 = -1
    var log = [CChar](repeating: 0, count: 1 << 16)
    let code = unsafe clinux_bpf_load(
      place,
      instructions,
      UInt32(instructions.count),
      type,
      types,
      &log,
      log.count,
      &loaded
    )
    guard code != 0 else { return loaded }
    let words = log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let last = String(decoding: words, as: UTF8.self).split(separator: "\n").dropLast(1).last
    throw SystemError(
      "trace \(function)" + (last.map { ", the verifier says: \($0)" } ?? ""),
      code: Errno(rawValue: code)
    )
  }
}
