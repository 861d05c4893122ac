/// One cell of the matrix: an operation on memory of a kind that is registered in a way.
public struct CoherenceCell: Hashable, Sendable {
  /// What happens to the memory.
  public let operation: CoherenceOperation
  /// How the memory is registered.
  public let registration: CoherenceRegistration
  /// What backs it.
  public let memory: CoherenceMemory

  /// The whole matrix, by registration, operation and memory.
  public static let all: [CoherenceCell] = CoherenceRegistration.allCases.flatMap { registration in
    CoherenceOperation.allCases.flatMap { operation in
      CoherenceMemory.allCases.map { CoherenceCell(operation, registration, $0) }
    }
  }

  /// Names a cell.
  public init(
    _ operation: CoherenceOperation,
    _ registration: CoherenceRegistration,
    _ memory: CoherenceMemory
  ) {
    self.operation = operation
    self.registration = registration
    self.memory = memory
  }

  /// Reads "operation/registration/memory".
  public init?(name: String) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let operation = CoherenceOperation(rawValue: parts[0]),
      let registration = CoherenceRegistration(rawValue: parts[1]),
      let memory = CoherenceMemory(rawValue: parts[2])
    else { return nil }
    self.init(operation, registration, memory)
  }

  /// "madv-dontneed/pinned/anonymous".
  public var name: String { "\(operation.rawValue)/\(registration.rawValue)/\(memory.rawValue)" }

  /// Why there is no such cell, or `nil` where there is.
  public var notApplicable: String? {
    switch operation {
    case .none, .cpuWrite, .unmap, .remap, .mapFixed, .mremapMove, .mremapShrink, .dontNeed,
      .compaction, .protectRead, .protectNone, .forkParentWrite, .forkChildWrite, .forkDontFork,
      .childExit:
      nil
    case .mremapGrow, .mremapDontUnmap:
      memory == .hugetlb ? "a hugetlb mapping can only be moved or shrunk" : nil
    case .free:
      memory == .hugetlb || !memory.isPrivate ? "MADV_FREE takes private anonymous memory" : nil
    case .remove, .punchHole, .truncate, .truncateRegrow:
      memory.isPrivate ? "anonymous memory has no file" : nil
    case .writeBack:
      memory == .file ? nil : "nothing to write back to"
    case .pageOut:
      memory == .hugetlb ? "hugetlb pages are not reclaimed" : nil
    case .collapse:
      memory == .hugetlb || memory == .file ? "only base pages of memory are collapsed" : nil
    case .merge:
      memory == .hugetlb || !memory.isPrivate ? "KSM merges private anonymous memory" : nil
    case .heapReuse, .heapTrim:
      memory == .anonymous ? nil : "the heap is anonymous memory"
    }
  }
}
