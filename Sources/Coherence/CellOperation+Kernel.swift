import Fixtures
import Glibc
import HostMemory
import LinuxSystem

extension CellOperation {
  /// Gives ksmd equal pages and waits until it has been over them three times.
  mutating func merge(_ memory: CellMemory, _ view: ProcessorView) throws {
    guard try Capability.sysAdmin.isGranted else {
      throw Skip("needs CAP_SYS_ADMIN, to have ksmd run for a moment")
    }
    let merging = try PageMerging()
    keep.append(merging)
    let twin = try Area(pages: memory.probes.count)
    keep.append(twin)
    for (index, offset) in memory.probes.enumerated() {
      let page = AddressRange(start: memory.range.start + offset, length: Area.page)
      let copy = twin.slice(index..<index + 1)
      guard let bytes = view.read(page), view.write(bytes, at: copy.start) else {
        throw Skip("the page cannot be copied")
      }
      refusal = CellRange(range: page).advise(.mergeable)
      if refusal != nil { return }
    }
    try twin.advise(.mergeable)
    try merging.scan(times: 3)
    let merged = TextFile.firstLine("/proc/self/ksm_merging_pages") ?? "?"
    evidence.append("ksmd has merged \(merged) pages of this process")
  }

  /// Asks the kernel to compact all memory.
  func compact() throws {
    try SystemChange.compaction.require()
    let path = "/proc/sys/vm/compact_memory"
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Skip("needs root, to write \(path)") }
    defer { close(descriptor) }
    guard unsafe Glibc.write(descriptor, "1", 1) == 1 else { throw Skip("\(path) refuses") }
  }

  /// Forks; the child writes, exits or only stands by, and the parent writes.
  mutating func fork(
    _ operation: CoherenceOperation,
    _ memory: CellMemory,
    _ view: ProcessorView
  ) throws {
    if operation == .forkDontFork { refusal = memory.mapping.advise(.dontFork) }
    let childWrites = operation == .forkChildWrite || operation == .childExit
    let staysAlive = operation != .childExit
    let child = try Child { pipe in
      let view = try ProcessorView()
      let first = AddressRange(start: memory.range.start, length: 8)
      try pipe.send(view.read(first) == nil ? 0 : 1)
      if childWrites { CellOperation.write(3, memory, view) }
      try pipe.send(0)
      if staysAlive { _ = try? pipe.receive() }
    }
    let sees = try child.pipe.receive()
    _ = try child.pipe.receive()
    evidence.append("the child \(sees == 1 ? "has" : "has not") the memory")
    if childWrites { evidence.append("the child wrote \(CellOperation.sample(3))") }
    if staysAlive {
      keep.append(child)
    } else {
      _ = try child.wait()
    }
    if !childWrites { CellOperation.write(2, memory, view) }
  }

  static func sample(_ writer: UInt8) -> String {
    ProbePattern.text(ProbePattern.bytes(writer, at: 0))
  }
}
