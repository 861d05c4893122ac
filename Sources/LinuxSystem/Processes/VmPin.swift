/// The pages charged to a process, as status files have them (`VmPin`, the kernel's `mm->pinned_vm`).
///
/// A kernel that uncharges more than it charged brings the counter below zero.
public enum VmPin {
  /// Bytes from the number in a status file, which is unsigned: 18446744073709551552 kB are -64 KiB.
  package static func bytes(kibibytes: UInt64) -> Int64 {
    let signed = Int64(bitPattern: kibibytes)
    let (bytes, overflow) = signed.multipliedReportingOverflow(by: 1024)
    return overflow ? (signed < 0 ? .min : .max) : bytes
  }

  /// Bytes pinned, by the text of a status file; `nil` for kernel threads, which have no such line.
  package static func bytes(in status: Span<UInt8>) -> Int64? {
    status.number(after: "VmPin:").map(bytes(kibibytes:))
  }

  /// Bytes locked (`VmLck`), a counter of the same kind.
  package static func lockedBytes(in status: Span<UInt8>) -> UInt64? {
    status.number(after: "VmLck:").map { UInt64(clamping: bytes(kibibytes: $0)) }
  }

  /// What to say of `charge`, in pages or bytes, that no sound kernel shows; `nil` for any other.
  public static func defect(of charge: some SignedInteger) -> String? {
    charge < 0 ? "uncharged more than charged" : nil
  }
}
