import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import RegistrationCache
import Verbs

/// One cell staged for real, in a process of its own: memory is mapped, registered and changed, and then read and
/// written over RDMA and by the CPU.
struct CoherenceExperiment {
  private let cell: CoherenceCell
  private let deviceName: String
  private let fileSystem: ScratchFileSystem?
  private var result: CoherenceResult

  /// Prepares a cell on a device, and on a file system where the memory is of a file.
  init(_ cell: CoherenceCell, device: String, fileSystem: ScratchFileSystem?) {
    self.cell = cell
    self.fileSystem = fileSystem
    deviceName = device
    result = CoherenceResult(cell, .coherent)
  }

  /// Stages the cell and judges it by the bytes.
  mutating func run() -> CoherenceResult {
    do {
      try stage()
      return result
    } catch let skip as Skip {
      result.verdict = .skipped
      result.reason = skip.reason
    } catch let error as VerbsError {
      result.verdict = .error(error.code.name)
      result.reason = error.verb
    } catch {
      result.verdict = .error("EIO")
      result.reason = "\(error)"
    }
    return result
  }

  private mutating func stage() throws {
    let domain = try ProtectionDomain(on: try DeviceContext(named: deviceName))
    let device = try CellDevice(in: domain)
    let view = try ProcessorView()
    let memory = try CellMemory.make(for: cell, fileSystem)
    CellOperation.write(1, memory, view)
    let registration: CellRegistration
    do {
      registration = try CellRegistration(cell.registration, of: memory, on: device)
    } catch let error as VerbsError {
      try refused(error)
      return
    }
    result.access = registration.access.description
    for offset in memory.probes {
      let probe = memory.probe(offset)
      let answer = try device.read(probe.start, key: try registration.key(for: probe))
      let written = ProbePattern.bytes(1, at: offset)
      guard answer.status == .success, answer.bytes == written else {
        result.verdict = .failed
        result.reason = CoherenceExperiment.difference(answer, from: written, at: offset)
        return
      }
    }
    note("before", "CPU and device see \(CellOperation.sample(1))", memory)
    let operation = try CellOperation(cell.operation, to: memory, view)
    result.outcome = operation.refusal?.name ?? "done"
    result.evidence += operation.evidence
    note("after", "\(cell.operation.summary): \(result.outcome)", memory)
    for offset in memory.probes where offset >= operation.firstProbe {
      let probe = memory.probe(offset)
      let look = CellLook(
        address: probe.start,
        offset: offset,
        isWritable: registration.isWritable,
        operation: operation
      )
      do {
        try look.take(device, try registration.key(for: probe), view, &result)
      } catch let error as CacheError {
        let (errno, seen) = (error.code.name, ProbePattern.text(view.read(probe)))
        result.evidence.append("offset \(offset): nothing lent (\(errno)), CPU reads \(seen)")
        result.verdict = .refused(errno)
      }
    }
    withExtendedLifetime(operation.keep) {}
  }

  private mutating func refused(_ error: VerbsError) throws {
    if cell.registration == .odp, error.code == .EINVAL || error.code == .EOPNOTSUPP {
      throw Skip("the device has no on-demand paging: \(error.code.name)")
    }
    if error.verb == "ibv_alloc_mw", error.code == .EOPNOTSUPP {
      throw Skip("the device has no memory windows: \(error.code.name)")
    }
    result.verdict = .refused(error.code.name)
    result.reason = error.verb
  }

  /// Says where the device's bytes begin to differ from those that were written, or how its read ended.
  private static func difference(
    _ answer: CellDevice.Answer,
    from written: [UInt8],
    at offset: UInt64
  ) -> String {
    let control = "control before the operation: at offset"
    guard answer.status == .success else {
      return "\(control) \(offset) the read ends with \(answer.status)"
    }
    let first = written.indices.first { written[$0] != answer.bytes[$0] } ?? 0
    return "\(control) \(offset + UInt64(first)) the device reads "
      + "\(ProbePattern.text(Array(answer.bytes[first...]))), the CPU wrote "
      + ProbePattern.text(Array(written[first...]))
  }

  /// Records what is said, and the page frame under the first probe where it may be known.
  private mutating func note(_ when: String, _ text: String, _ memory: CellMemory) {
    let page = AddressRange(start: memory.range.start, length: 1)
    let entry = try? PageMap().entries(in: page).first
    var frame = "no page"
    if let entry, entry.isPresent {
      frame = entry.frame.map { "page frame 0x\(String($0, radix: 16))" } ?? "a page"
    } else if let entry, entry.isSwapped {
      frame = "a swapped page"
    }
    result.evidence.append("\(when): \(text); the address has \(frame)")
  }
}
