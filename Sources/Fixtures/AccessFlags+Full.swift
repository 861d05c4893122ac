package import Verbs

extension AccessFlags {
  /// What most checks register with: local and remote writes, remote reads.
  package static let full: AccessFlags = [.localWrite, .remoteRead, .remoteWrite]
}
