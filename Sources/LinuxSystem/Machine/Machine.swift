internal import CLinux
import Glibc

/// What the machine and its kernel are, as far as it decides what registering costs.
public enum Machine {
  /// The machine's name in the network (`uname(2)`).
  public static var hostName: String { field { $0.nodename } }

  /// The kernel's release, such as "6.1.0-56-amd64" (`uname(2)`).
  public static var kernelRelease: String { field { $0.release } }

  /// The processor architecture, such as "x86_64" (`uname(2)`).
  public static var architecture: String { field { $0.machine } }

  /// The processor's name from /proc/cpuinfo.
  public static var processor: String? {
    guard let text = try? TextFile.read("/proc/cpuinfo") else { return nil }
    for line in text.split(scalar: "\n") where line.hasPrefix("model name") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }

  /// Processors online (`_SC_NPROCESSORS_ONLN`).
  public static var processors: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

  /// The word in brackets of /sys/kernel/mm/transparent_hugepage/enabled, or "none" without such pages.
  public static var transparentHugePages: String {
    let path = "/sys/kernel/mm/transparent_hugepage/enabled"
    guard let line = TextFile.firstLine(path),
      let word = line.split(scalar: " ").first(where: { $0.hasPrefix("[") })
    else { return "none" }
    return String(word.dropFirst().dropLast())
  }

  /// Whether this is a microVM of rxe-vm, by the first program that its kernel was told to run.
  public static var isMicroVM: Bool {
    TextFile.firstLine("/proc/cmdline")?.split(scalar: " ").contains("rdinit=/run/rxe-vm/init")
      ?? false
  }

  /// The hypervisor below, by the names of CPUID leaf 0x40000000; `nil` on bare metal.
  public static var hypervisor: String? {
    var signature = [CChar](repeating: 0, count: 13)
    unsafe clinux_hypervisor(&signature)
    let name = String(
      decoding: signature.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
      as: UTF8.self
    )
    let known = [
      "TCGTCGTCGTCG": "tcg", "KVMKVMKVM": "kvm", "Microsoft Hv": "hyper-v",
      "VMwareVMware": "vmware",
      "XenVMMXenVMM": "xen",
    ]
    return name.isEmpty ? nil : known[name] ?? name
  }

  /// Whether instructions are emulated (QEMU's TCG), so that times say nothing about real hardware.
  public static var isEmulated: Bool { hypervisor == "tcg" }

  private static func field<Value>(_ select: (borrowing utsname) -> Value) -> String {
    var names = utsname()
    _ = unsafe uname(&names)
    return unsafe withUnsafeBytes(of: select(names)) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
