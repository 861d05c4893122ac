import ArgumentParser
import HostMemory
import LinuxSystem

/// A number of bytes as people write it: `4096`, `4K`, `64KiB`, `2M`, `1GiB`; every suffix counts by 1024.
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
    let suffix = text.dropFirst(digits.count).lowercased()
    guard !digits.isEmpty else {
      return .failure(Problem(reason: "'\(text)' is not a size; write 4096, 64K or 1GiB"))
    }
    if ["kb", "mb", "gb", "tb"].contains(suffix) {
      return .failure(
        Problem(reason: "'\(text)' is ambiguous; write \(digits)\(suffix.prefix(1).uppercased())iB")
      )
    }
    guard let shift = shifts[suffix] else {
      return .failure(Problem(reason: "'\(text)' has an unknown unit; use K, M, G or T"))
    }
    guard let number = UInt64(digits), number <= UInt64(Int64.max) >> shift else {
      return .failure(Problem(reason: "'\(text)' is more than 8 EiB"))
    }
    guard number > 0 || allowingZero else {
      return .failure(Problem(reason: "a size of zero is refused; give at least 1 byte"))
    }
    return .success(ByteSize(bytes: number << shift))
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
