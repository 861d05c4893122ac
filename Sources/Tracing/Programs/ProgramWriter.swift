/// Writes the programs that run at the entry and the return of kernel functions.
///
/// A call under way has a place in an array, by the low bits of its thread's number, in the form of the record that it
/// becomes. The program at its entry claims the place, those of the stages add to it, and the one at its return sends it.
/// Two threads of the same low bits that register at the same time displace one another, which is counted.
struct ProgramWriter {
  /// How a program reaches the arguments of the function.
  enum Arguments: Equatable {
    /// An array of them, then the result; pointers are typed.
    case typed(count: Int)
    /// The registers of the processor (struct pt_regs).
    case registers
  }

  /// The maps that all programs share.
  struct Maps {
    let calls: Int32
    let ring: Int32
    let counters: Int32
    /// The processes to trace; `nil` for all.
    let processes: Int32?
    /// Where durations are counted in place of sending records of what succeeded.
    let histograms: Int32?
  }

  /// What is traced of each call, and of which calls.
  struct Settings {
    /// The name of the thread, of at most 15 bytes.
    var command: String?
    /// The index of the device.
    var device: UInt32?
    /// Only whole calls, and what they are about.
    var isLight = false
    var faults: TaskFaults?
  }

  /// Where struct task_struct counts the page faults of a thread.
  struct TaskFaults {
    let minor: Int
    let major: Int
  }

  /// Numbers of the counters.
  enum Counter: Int32, CaseIterable {
    /// Records for which the ring had no room.
    case lost
    /// Calls whose place another thread took.
    case displaced
    /// Calls whose end was missed, as the next one of the same thread noticed.
    case unended
  }

  static let placeCount: UInt32 = 16_384

  let maps: Maps
  let arguments: Arguments
  let result: KernelFunction.Result
  let settings: Settings
  var code = Assembler()
  /// Where a program goes that has nothing to do.
  let done: Assembler.Label

  /// Begins a program.
  init(maps: Maps, settings: Settings, arguments: Arguments, result: KernelFunction.Result) {
    self.maps = maps
    self.settings = settings
    self.arguments = arguments
    self.result = result
    done = code.label()
  }

  /// The finished program.
  mutating func finish() -> [UInt64] {
    code.place(done)
    code.end()
    return code.instructions
  }

  // r6: the context, r7: the place of the thread, r8: thread and process.
  mutating func findPlace() {
    code.move(.r6, .r1)
    code.call(.processAndThread)
    code.move(.r8, .r0)
    code.apply(.and, .r0, Int32(ProgramWriter.placeCount - 1))
    code.store(.stack, -8, .r0, width: .word)
    lookUp(maps.calls, keyAt: -8)
    code.move(.r7, .r0)
  }

  /// Ends the program unless the call under way is this thread's.
  mutating func requireOwner() {
    code.load(.r1, .r7, RecordLayout.owner)
    code.jump(done, if: .r1, .differs, .r8)
  }

  /// Gives in r0 the value of `map` whose key is on the stack; ends the program if there is none.
  mutating func lookUp(_ map: Int32, keyAt offset: Int32) {
    code.load(.r1, map: map)
    code.move(.r2, .stack)
    code.apply(.add, .r2, offset)
    code.call(.mapLookup)
    code.jump(done, if: .r0, .equals, 0)
  }

  /// Adds 1 to a counter.
  mutating func count(_ counter: Counter) {
    code.store(.stack, -16, zeroing: .word)
    code.set(.r1, counter.rawValue)
    code.store(.stack, -16, .r1, width: .word)
    lookUp(maps.counters, keyAt: -16)
    code.set(.r1, 1)
    code.increase(.r0, 0, by: .r1)
  }

  /// Whether a program can get at a value: the registers of arguments are few, and are gone at the return.
  func canReach(_ capture: Capture, atReturn: Bool) -> Bool {
    guard arguments == .registers, let argument = capture.argument else { return true }
    return !atReturn && argument < ProcessorRegisters.argumentCount
  }

  /// Loads an argument of the function.
  mutating func load(_ to: Register, argument: Int) {
    switch arguments {
    case .typed: code.load(to, .r6, 8 * argument)
    case .registers: code.load(to, .r6, ProcessorRegisters.argument(argument))
    }
  }

  /// Loads an argument into r1 whose type the verifier may not know what to do with, as a pointer to a pointer.
  mutating func loadUntyped(argument: Int) {
    guard case .typed = arguments else { return load(.r1, argument: argument) }
    code.move(.r1, .r6)
    code.set(.r2, Int32(argument))
    code.move(.r3, .stack)
    code.apply(.add, .r3, -24)
    code.call(.functionArgument)
    code.load(.r1, .stack, -24)
  }

  /// Loads what the function returns, extended to 64 bits with its sign.
  mutating func loadResult(_ to: Register) {
    switch (result, arguments) {
    case (.nothing, _): return code.set(to, 0)
    case (_, .typed(let count)): code.load(to, .r6, 8 * count)
    case (_, .registers): code.load(to, .r6, ProcessorRegisters.result)
    }
    guard result == .int else { return }
    code.apply(.shiftLeft, to, 32)
    code.apply(.shiftRightSigned, to, 32)
  }

  /// Follows a pointer to kernel memory: loads what lies `offset` bytes behind it; loses r1 to r5.
  mutating func follow(
    _ register: Register,
    _ offset: Int,
    width: Assembler.Width,
    typed: Bool = true
  ) {
    if typed, case .typed = arguments { return code.load(register, register, offset, width: width) }
    code.move(.r3, register)
    code.apply(.add, .r3, Int32(offset))
    code.move(.r1, .stack)
    code.apply(.add, .r1, -24)
    code.set(.r2, width.bytes)
    code.call(.readKernel)
    code.load(register, .stack, -24, width: width)
  }
}
