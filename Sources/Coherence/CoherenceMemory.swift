/// What backs the memory of a cell.
public enum CoherenceMemory: String, Sendable, CaseIterable {
  case anonymous
  case transparentHuge = "thp"
  case hugetlb
  case memfd
  /// A file of an ext4 file system, mapped shared.
  case file

  /// Whether the pages are private to the process and gone with the mapping.
  package var isPrivate: Bool { self != .memfd && self != .file }
}
