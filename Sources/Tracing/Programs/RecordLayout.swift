/// Where things are in a record, which is also what the programs keep of a call under way, by thread. In bytes.
enum RecordLayout {
  /// Thread and process as `bpf_get_current_pid_tgid` gives them; 0 if no call is under way.
  static let owner = 0
  static let begin = 8
  static let end = 16
  static let result = 24
  static let operation = 32
  static let backing = 36
  /// The index of the device and 1.
  static let device = 40
  static let access = 44
  static let address = 48
  static let length = 56
  static let iova = 64
  /// What tells regions apart: an address in the kernel.
  static let region = 72
  /// The region that takes the place of `region`, if re-registering made another.
  static let successor = 80
  static let localKey = 88
  static let remoteKey = 92
  /// The name of the thread, 16 bytes.
  static let command = 96
  /// Page faults of the thread.
  static let faults = 112
  /// The process whose memory it is, if not the one that calls.
  static let subject = 120
  /// What re-registering changes (`enum ibv_rereg_mr_flags`).
  static let changes = 124
  /// The end of what is there without stages.
  static let short = 128

  static let stages = 128
  static let stageSize = 32
  static let began = 0
  static let total = 8
  /// The sum of the positive results.
  static let sum = 16
  static let calls = 24
  static let error = 28

  static let parts = stages + stageSize * Stage.allCases.count
  static let size = parts + 8 * Part.allCases.count

  static func place(of stage: Stage) -> Int { stages + stageSize * stage.rawValue }

  static func place(of part: Part) -> Int { parts + 8 * part.rawValue }
}
