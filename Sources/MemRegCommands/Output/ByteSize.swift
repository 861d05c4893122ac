import ArgumentParser
import HostMemory
import LinuxSystem

/// A number of bytes as people write it: `4096`, `4K`, `64KiB`, `1.5M`, `1GiB`; every suffix counts by 1024.
struct ByteSize: Hashable, ExpressibleByArgument {
  let bytes: UInt64

  init(bytes: UInt64) { self.bytes = bytes }

  /// Reads a positive size below 2^63; see `parse` for the reasons to refuse.
  init?(argument: String) {
    guard case .success(let size) = ByteSize.parse(argument) else { return nil }
    self = size
  }

  /// Why a text is no size, as a phrase.
  struct Problem: Error, Equatable {
    let reason: String
  }

  static func parse(_ text: String, allowingZero: Bool = false) -> Result<ByteSize, Problem> {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    var rest = text.dropFirst(digits.count)
    var fraction = rest.prefix(0)
    if rest.first == "." {
      fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(1 + fraction.count)
    }
    let suffix = rest.lowercased()
    guard !digits.isEmpty, rest.startIndex == digits.endIndex || !fraction.isEmpty else {
      return .failure(Problem(reason: "'\(text)' is not a size; write 4096, 64K or 1GiB"))
    }
    if ["kb", "mb", "gb", "tb"].contains(suffix) {
      return .failure(
        Problem(
          reason:
            "'\(text)' is ambiguous; write \(text.dropLast(2))\(suffix.prefix(1).uppercased())iB"
        )
      )
    }
    guard let shift = shifts[suffix] else {
      return .failure(Problem(reason: "'\(text)' has an unknown unit; use K, M, G or T"))
    }
    guard let number = UInt64(digits), number <= UInt64(Int64.max) >> shift else {
      return .failure(Problem(reason: "'\(text)' is more than 8 EiB"))
    }
    guard let part = ByteSize.part(fraction, of: shift) else {
      return .failure(Problem(reason: "'\(text)' is not a whole number of bytes"))
    }
    let bytes = (number << shift) + part
    guard bytes <= UInt64(Int64.max) else {
      return .failure(Problem(reason: "'\(text)' is more than 8 EiB"))
    }
    guard bytes > 0 || allowingZero else {
      return .failure(Problem(reason: "a size of zero is refused; give at least 1 byte"))
    }
    return .success(ByteSize(bytes: bytes))
  }

  /// The bytes of the decimal places of a number of units of 2^`shift`, `nil` unless they are whole.
  private static func part(_ decimals: Substring, of shift: UInt64) -> UInt64? {
    guard !decimals.isEmpty else { return 0 }
    guard decimals.utf8.count <= 19, let number = UInt64(decimals) else { return nil }
    let scale = (0..<decimals.utf8.count).reduce(UInt64(1)) { power, _ in power * 10 }
    let (quotient, remainder) = scale.dividingFullWidth(
      number.multipliedFullWidth(by: 1 << shift)
    )
    return remainder == 0 ? quotient : nil
  }

  private static let shifts: [String: UInt64] = [
    "": 0, "b": 0, "k": 10, "kib": 10, "m": 20, "mib": 20, "g": 30, "gib": 30, "t": 40, "tib": 40,
  ]
}

extension ByteSize: CustomStringConvertible {
  /// "64 KiB", "1.5 MiB", "4095 B": one decimal where the unit does not divide evenly.
  var description: String { ByteSize.text(bytes) }

  static func text(_ bytes: UInt64) -> String { SizeText.text(bytes) }

  static func signed(_ bytes: Int64) -> String { (bytes < 0 ? "-" : "") + text(bytes.magnitude) }

  /// `VmPin`, with a remark if it is below zero.
  static func pinned(_ bytes: Int64) -> String {
    signed(bytes) + (VmPin.defect(of: bytes).map { " (\($0))" } ?? "")
  }
}
