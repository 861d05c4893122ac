public import LinuxSystem

extension VirtualMemoryArea {
  /// Reads all areas of `pid`, `nil` being this process, by ascending address.
  ///
  /// Throws ENOENT when the process is gone, EACCES where it is another user's.
  public static func all(
    ofProcess pid: Int32? = nil,
    detail: Detail = .maps
  ) throws(SystemError) -> [VirtualMemoryArea] {
    let path = "/proc/\(pid.map(String.init) ?? "self")/\(detail.rawValue)"
    return parse(try TextFile.read(path))
  }

  /// Reads the areas of `pid` that share a byte with `range`.
  public static func overlapping(
    _ range: AddressRange,
    ofProcess pid: Int32? = nil,
    detail: Detail = .maps
  ) throws(SystemError) -> [VirtualMemoryArea] {
    try all(ofProcess: pid, detail: detail).filter { $0.range.overlaps(range) }
  }

  /// Reads the text of a maps or smaps file; lines that are neither are passed over.
  public static func parse(_ text: String) -> [VirtualMemoryArea] {
    var areas: [VirtualMemoryArea] = []
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      if let colon = line.firstIndex(of: UInt8(ascii: ":")),
        let first = line.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
      {
        guard let last = areas.indices.last else { continue }
        var usage = areas[last].usage ?? Usage()
        usage.add(
          String(Substring(line[..<colon])),
          fields(of: line[line.index(after: colon)...], atMost: .max)
        )
        areas[last].usage = usage
      } else if let area = VirtualMemoryArea(line: line) {
        areas.append(area)
      }
    }
    return areas
  }

  private init?(line: Substring.UTF8View) {
    let fields = VirtualMemoryArea.fields(of: line, atMost: 6)
    guard fields.count >= 5, fields[1].count == 4 else { return nil }
    let bounds = fields[0].split(scalar: "-").compactMap { UInt64($0, radix: 16) }
    guard bounds.count == 2, bounds[1] >= bounds[0],
      let device = DeviceNumber(fields[3], radix: 16),
      let offset = UInt64(fields[2], radix: 16), let inode = UInt64(fields[4])
    else { return nil }
    let letters = Array(fields[1])
    range = AddressRange(start: bounds[0], length: bounds[1] - bounds[0])
    isReadable = letters[0] == "r"
    isWritable = letters[1] == "w"
    isExecutable = letters[2] == "x"
    isShared = letters[3] == "s"
    self.offset = offset
    self.device = device
    self.inode = inode
    path = fields.count > 5 ? fields[5] : ""
  }

  // The last of `limit` fields keeps its spaces: paths may hold some.
  private static func fields(of line: Substring.UTF8View, atMost limit: Int) -> [String] {
    line.split(maxSplits: limit - 1) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      .map { String(Substring($0)) }
      .map { $0.first == " " ? String($0.drop { $0 == " " }) : $0 }
      .filter { !$0.isEmpty }
  }
}

extension VirtualMemoryArea.Usage {
  fileprivate mutating func add(_ key: String, _ fields: [String]) {
    let bytes = fields.first.flatMap { UInt64($0) }.map { $0.multiplied(clamped: 1024) } ?? 0
    switch key {
    case "KernelPageSize": pageSize = bytes
    case "Rss": resident = bytes
    case "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped":
      transparentHuge = transparentHuge.adding(clamped: bytes)
    case "Shared_Hugetlb", "Private_Hugetlb": hugetlb += bytes
    case "Swap": swapped = bytes
    case "VmFlags": flags = Set(fields.compactMap { VirtualMemoryArea.Flag(rawValue: $0) })
    default: break
    }
  }
}
