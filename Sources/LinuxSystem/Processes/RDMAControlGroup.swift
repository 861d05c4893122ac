/// The limits that the rdma controller sets for one device in one control group (`kernel/cgroup/rdma.c`).
public struct RDMAControlGroup: Equatable, Sendable {
  /// The group's path in its hierarchy.
  public let group: String
  /// The file that holds the limits.
  public let file: String
  /// The RDMA device.
  public let device: String
  /// Most device contexts; `nil` is no limit (`hca_handle` of rdma.max).
  public let handleLimit: UInt64?
  /// Most objects, memory regions among them; `nil` is no limit (`hca_object` of rdma.max).
  public let objectLimit: UInt64?
  /// Device contexts now (rdma.current).
  public let handles: UInt64
  /// Objects now (rdma.current).
  public let objects: UInt64

  /// Whether one more object is one too many: then the kernel says EAGAIN.
  public var isFull: Bool { objectLimit.map { objects >= $0 } ?? false }

  /// Whether one more device context is one too many.
  public var hasNoHandle: Bool { handleLimit.map { handles >= $0 } ?? false }

  /// Reads the groups that `pid` is in, `nil` being this process; innermost first, empty without the controller.
  public static func all(ofProcess pid: Int32? = nil) -> [RDMAControlGroup] {
    ControlGroupDirectory.all(of: "rdma", ofProcess: pid)
      .flatMap { directory -> [RDMAControlGroup] in
        guard let limits = try? TextFile.read("\(directory.path)/rdma.max") else { return [] }
        let current = (try? TextFile.read("\(directory.path)/rdma.current")) ?? ""
        return parse(
          group: directory.group,
          file: "\(directory.path)/rdma.max",
          limits: limits,
          current: current
        )
      }
  }

  /// Reads the texts of rdma.max and rdma.current.
  public static func parse(
    group: String,
    file: String,
    limits: String,
    current: String
  ) -> [RDMAControlGroup] {
    let used = table(current)
    return table(limits).sorted { $0.key < $1.key }
      .map { device, limit in
        RDMAControlGroup(
          group: group,
          file: file,
          device: device,
          handleLimit: limit["hca_handle"].flatMap { UInt64($0) },
          objectLimit: limit["hca_object"].flatMap { UInt64($0) },
          handles: used[device]?["hca_handle"].flatMap { UInt64($0) } ?? 0,
          objects: used[device]?["hca_object"].flatMap { UInt64($0) } ?? 0
        )
      }
  }

  // "rxe0 hca_handle=max hca_object=3" by device and key.
  private static func table(_ text: String) -> [String: [String: String]] {
    var table: [String: [String: String]] = [:]
    for line in text.split(scalar: "\n") {
      let fields = line.split(scalar: " ")
      guard let device = fields.first else { continue }
      for field in fields.dropFirst() {
        let pair = field.split(scalar: "=", maxSplits: 1)
        guard pair.count == 2 else { continue }
        table[String(device), default: [:]][String(pair[0])] = String(pair[1])
      }
    }
    return table
  }
}
