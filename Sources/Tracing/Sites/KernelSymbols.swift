import LinuxSystem

/// The functions of modules that do not describe their types, by name (/proc/kallsyms).
struct KernelSymbols {
  struct Function: Equatable {
    let name: String
    let module: String
  }

  let functions: [Function]

  /// Reads the functions of `modules`; of none, nothing is read: a kernel has 200,000 symbols.
  init(of modules: [String]) {
    let bytes = modules.isEmpty ? nil : try? TextFile.bytes("/proc/kallsyms")
    self.init(bytes ?? [], of: modules)
  }

  /// Reads lines such as `ffffffffc0a1b2c0 t rxe_reg_user_mr	[rdma_rxe]`.
  init(_ bytes: [UInt8], of modules: [String]) {
    let wanted = Set(modules)
    functions = bytes.split(separator: UInt8(ascii: "\n"))
      .compactMap { line in
        // Those of the kernel itself come first and name no module.
        guard line.last == UInt8(ascii: "]") else { return nil }
        let fields = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" }
        guard fields.count == 4, fields[1] == "t" || fields[1] == "T" else { return nil }
        let module = String(fields[3].dropFirst().dropLast())
        return wanted.contains(module) ? Function(name: String(fields[2]), module: module) : nil
      }
  }
}
