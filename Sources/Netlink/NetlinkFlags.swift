/// Flags of requests, whose macros Swift does not see.
enum NetlinkFlags {
  /// All objects, not one (`NLM_F_DUMP`).
  static let dump: Int32 = 0x300
  /// Only if there is none yet (`NLM_F_CREATE | NLM_F_EXCL`).
  static let createExclusively: Int32 = 0x600
}
