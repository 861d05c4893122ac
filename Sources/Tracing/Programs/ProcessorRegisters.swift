/// Where struct pt_regs has what a function is called with and returns, in bytes.
enum ProcessorRegisters {
  #if arch(x86_64)
    private static let arguments = [112, 104, 96, 88, 72, 64]
    static let result = 80
    /// Of the program that made the system call.
    static let instruction = 128
    static let stack = 152
    static let frame = 32
  #elseif arch(arm64)
    private static let arguments = [0, 8, 16, 24, 32, 40, 48, 56]
    static let result = 0
    static let instruction = 256
    static let stack = 248
    static let frame = 232
  #else
    #error("the registers of this processor are not known")
  #endif

  /// How many arguments come in registers.
  static var argumentCount: Int { arguments.count }

  static func argument(_ index: Int) -> Int { arguments[index] }
}
