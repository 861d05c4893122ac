package import Fixtures

extension CoherenceCell {
  /// What staging the cell does to the system.
  package var changes: [SystemChange] {
    let byMemory: [SystemChange] = memory == .file ? [.fileSystem] : []
    return switch operation {
    case .merge: byMemory + [.merging]
    case .compaction: byMemory + [.compaction]
    default: byMemory
    }
  }
}
