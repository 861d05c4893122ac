internal import CFixtures
import Glibc
package import HostMemory
package import LinuxSystem

/// Other programs: in place of a check's child, or beside the check.
package enum Program {
  /// Runs a program to its end; skips where it fails.
  package static func run(_ command: [String]) throws {
    var pid: Int32 = 0
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    try SystemError.check(
      "start \(command[0])",
      unsafe fixtures_spawn(command[0], pointers, &pid)
    )
    var status: Int32 = 0
    var bySignal: Int32 = 0
    try SystemError.check("wait for \(command[0])", unsafe fixtures_wait(pid, &status, &bySignal))
    guard status == 0, bySignal == 0 else { throw Skip("\(command[0]) failed: status \(status)") }
  }

  /// Loads a module of the kernel, as the device's own event would where something listens to it.
  package static func load(module: String) throws { try run(["/sbin/modprobe", "-q", module]) }

  /// Replaces this process by a program with one argument; returns only by an error.
  package static func become(_ path: String, _ argument: String) throws(SystemError) {
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe [strdup(path), strdup(argument), nil]
    let (_, code) = unsafe (execv(path, &pointers), Errno.current)
    unsafe pointers.forEach { unsafe free($0) }
    throw SystemError("execute \(path)", code: code)
  }

  /// Waits until process `pid` has become the program of this name.
  package static func await(_ name: String, in pid: Int32) throws(SystemError) {
    for _ in 0..<2000 {
      // The name comes before the descriptors close; asleep in a call of its own, the program has begun.
      let fields = try TextFile.read("/proc/\(pid)/stat").split(separator: " ")
      if fields.count > 2, fields[1] == "(\(name))", fields[2] == "S" { return }
      usleep(1000)
    }
    throw SystemError("wait for \(name) to start", code: .ETIMEDOUT)
  }
}

/// The device files that this process has open.
package enum DeviceFile {
  /// Descriptors of /dev/infiniband/uverbs*, ascending.
  package static func descriptors() -> [Int32] {
    Directory.names(in: "/proc/self/fd").compactMap { Int32($0) }
      .filter { descriptor in
        var target = [CChar](repeating: 0, count: 256)
        let count = unsafe readlink("/proc/self/fd/\(descriptor)", &target, target.count - 1)
        guard count > 0 else { return false }
        let path = String(
          decoding: target[..<count].map { UInt8(bitPattern: $0) },
          as: UTF8.self
        )
        return path.hasPrefix("/dev/infiniband/uverbs")
      }
      .sorted()
  }
}

extension DeviceFile {
  /// The addresses at which this process has device files mapped.
  package static func mappings() throws(SystemError) -> [AddressRange] {
    try TextFile.read("/proc/self/maps").split(separator: "\n")
      .filter { $0.contains("/dev/infiniband/uverbs") }
      .compactMap { line in
        let bounds = line.prefix { $0 != " " }.split(separator: "-").map { UInt64($0, radix: 16) }
        guard let start = bounds.first ?? nil, let end = bounds.last ?? nil else { return nil }
        return AddressRange(start: start, length: end - start)
      }
  }
}

/// Two connected UNIX sockets, closed with the object.
package final class SocketPair {
  package let first: Int32
  package let second: Int32

  package init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    let (result, code) = unsafe (
      socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &ends), Errno.current
    )
    guard result == 0 else { throw SystemError("make a pair of sockets", code: code) }
    (first, second) = (ends[0], ends[1])
  }

  deinit {
    close(first)
    close(second)
  }
}
