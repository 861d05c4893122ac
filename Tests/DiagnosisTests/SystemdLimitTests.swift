import Diagnosis
import Foundation
import Testing

@Suite struct `Limits of systemd` {
  @Test func `come from the unit, its template and drop-ins, the last one deciding`() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    func write(_ path: String, _ text: String) throws {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: file)
    }
    try write("usr/lib/systemd/system/work@.service", "[Service]\nLimitMEMLOCK=64K:1G\n")
    try write("etc/systemd/system.conf", "#DefaultLimitMEMLOCK=8M\n")
    let template = try #require(SystemdLimit(unit: "work@7.service", below: root.path))
    #expect(template.softBytes == 65536)
    #expect(SystemdLimit.managerDefault(below: root.path) == nil)
    try write("etc/systemd/system/work@7.service.d/rdma.conf", "[Service]\nLimitMEMLOCK=infinity\n")
    let dropIn = try #require(SystemdLimit(unit: "work@7.service", below: root.path))
    #expect(dropIn.softBytes == nil)
    #expect(dropIn.evidence.hasSuffix("work@7.service.d/rdma.conf: LimitMEMLOCK=infinity"))
    #expect(SystemdLimit(unit: "other.service", below: root.path) == nil)
  }
}
