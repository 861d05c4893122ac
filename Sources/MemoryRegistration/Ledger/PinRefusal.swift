import Glibc
public import LinuxSystem

/// A reservation that does not fit under the memlock limit, with the numbers at the moment of the refusal.
public struct PinRefusal: Error, Equatable, Sendable {
  /// Base pages asked for.
  public let askedPages: UInt64
  /// Base pages that the ledger holds, of memreg's own registrations.
  public let chargedPages: UInt64
  /// Those of `chargedPages` of which the kernel had not decided.
  public let undecidedPages: UInt64
  /// Base pages that others in this process have pinned.
  public let foreignPages: UInt64
  /// The soft RLIMIT_MEMLOCK in bytes.
  public let limitBytes: UInt64

  /// The limit in whole base pages.
  public var limitPages: UInt64 { limitBytes / UInt64(BasePage.size) }
  /// Base pages that were still free.
  public var headroomPages: UInt64 { limitPages - min(limitPages, chargedPages + foreignPages) }
  /// `askedPages` in bytes.
  public var askedBytes: UInt64 { PinRefusal.bytes(askedPages) }
  /// `chargedPages` in bytes.
  public var chargedBytes: UInt64 { PinRefusal.bytes(chargedPages) }
  /// `foreignPages` in bytes.
  public var foreignBytes: UInt64 { PinRefusal.bytes(foreignPages) }
  /// `headroomPages` in bytes.
  public var headroomBytes: UInt64 { PinRefusal.bytes(headroomPages) }

  // A range may be of all addresses, which are one byte more than a word holds.
  private static func bytes(_ pages: UInt64) -> UInt64 {
    let (bytes, overflows) = pages.multipliedReportingOverflow(by: UInt64(BasePage.size))
    return overflows ? .max : bytes
  }

  /// The errno that the kernel would leave: EPERM under a limit of zero bytes, else ENOMEM.
  public var code: Errno { limitBytes == 0 ? .EPERM : .ENOMEM }
}

extension PinRefusal: CustomStringConvertible {
  /// One line: "3 pages (12288 bytes) do not fit: limit 8 pages, charged 6, by others 0, headroom 2 (8192 bytes)".
  public var description: String {
    "\(askedPages) pages (\(askedBytes) bytes) do not fit: limit \(limitPages) pages,"
      + " charged \(chargedPages), by others \(foreignPages),"
      + " headroom \(headroomPages) (\(headroomBytes) bytes)"
  }
}
