internal import CLinux
import Glibc

/// An error number of Linux, as `errno(3)` lists them. Success has none: a call that may succeed gives `Errno?`.
public struct Errno: RawRepresentable, Error, Hashable, Sendable {
  /// The number, such as 12.
  public let rawValue: Int32

  /// The errno of this number.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// The failure of a call that returns 0 or a positive errno; `nil` for 0.
  public init?(status: Int32) {
    guard status != 0 else { return nil }
    rawValue = status
  }

  /// The errno of a name such as "ENOMEM", in either case, or of a number such as "524"; `nil` for what Linux does not
  /// have.
  public init?(name: String) {
    if let number = Int32(name), (1..<4096).contains(number) {
      self.init(rawValue: number)
      return
    }
    let wanted = name.uppercased()
    guard let found = Errno.all.first(where: { $0.symbol == wanted }) else { return nil }
    self = found
  }

  /// What the latest failed call of this thread left in `errno`.
  public static var current: Errno { Errno(rawValue: errno) }

  /// The symbolic name, "ENOMEM"; "errno N" for a number without one.
  public var name: String { symbol ?? "errno \(rawValue)" }

  /// The C library's text, "Cannot allocate memory".
  public var text: String { unsafe String(cString: strerror(rawValue)) }

  /// The names of all, such as `ENOMEM`.
  public static var symbols: [String] { all.compactMap(\.symbol) }

  private static var all: some Sequence<Errno> {
    (1..<Int32(4096)).lazy.map { Errno(rawValue: $0) }
  }

  private var symbol: String? {
    if let name = unsafe clinux_errno_name(rawValue) { return unsafe String(cString: name) }
    return Errno.ofTheKernel[rawValue]
  }

  // include/linux/errno.h: not meant for user space, and still returned by drivers.
  private static let ofTheKernel: [Int32: String] = [
    512: "ERESTARTSYS", 515: "ENOIOCTLCMD", 517: "EPROBE_DEFER", 524: "ENOTSUPP",
  ]
}

extension Errno: CustomStringConvertible {
  /// "Cannot allocate memory (ENOMEM)".
  public var description: String { "\(text) (\(name))" }
}

extension Errno? {
  /// 0 for success, else the number: what C functions return.
  package var status: Int32 { self?.rawValue ?? 0 }

  /// "success", else the errno's name.
  package var outcome: String { self?.name ?? "success" }
}
