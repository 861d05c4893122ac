import Glibc
import LinuxSystem

/// What `memreg rxe up` made, noted under /run/memreg so that `down` removes nothing else.
struct RxeRecord: Equatable {
  /// The link's name.
  var name: String
  /// The kernel's number of the device: a link of the same name that somebody made later has another.
  var deviceIndex: UInt32
  var netdev: String
  /// The kernel's number of the network interface, where memreg made that too.
  var madeNetdevIndex: Int32?

  static let directory = "/run/memreg"

  var path: String { RxeRecord.path(of: name) }

  private static func path(of name: String) -> String { "\(directory)/\(name).rxe" }

  /// The record of a link, or `nil` where there is none that can be read.
  static func load(_ name: String) -> RxeRecord? {
    guard let text = try? TextFile.read(path(of: name)) else { return nil }
    return RxeRecord(name: name, parsing: text)
  }

  init(name: String, deviceIndex: UInt32, netdev: String, madeNetdevIndex: Int32?) {
    self.name = name
    self.deviceIndex = deviceIndex
    self.netdev = netdev
    self.madeNetdevIndex = madeNetdevIndex
  }

  /// Reads lines of a key and a value; `nil` where one is missing or no number.
  init?(name: String, parsing text: String) {
    var values: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      values[parts[0]] = parts[1]
    }
    guard let index = values["device_index"].flatMap({ UInt32($0) }), let netdev = values["netdev"]
    else { return nil }
    let made = values["made_netdev_index"]
    let madeIndex = made.flatMap { Int32($0) }
    guard (made == nil) == (madeIndex == nil) else { return nil }
    self.init(
      name: name,
      deviceIndex: index,
      netdev: String(netdev),
      madeNetdevIndex: madeIndex
    )
  }

  var text: String {
    "device_index \(deviceIndex)\nnetdev \(netdev)\n"
      + (madeNetdevIndex.map { "made_netdev_index \($0)\n" } ?? "")
  }

  /// Writes the record; throws if `mkdir(2)`, `open(2)` or `write(2)` fails.
  func save() throws(SystemError) {
    if unsafe mkdir(RxeRecord.directory, 0o755) != 0 {
      let code = Errno.current
      guard code == .EEXIST else {
        throw SystemError("make directory \(RxeRecord.directory)", code: code)
      }
    }
    let (descriptor, code) = unsafe (
      open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644), Errno.current
    )
    guard descriptor >= 0 else { throw SystemError("write \(path)", code: code) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    let (count, failure) = unsafe (write(descriptor, bytes, bytes.count), Errno.current)
    guard count == bytes.count else { throw SystemError("write \(path)", code: failure) }
  }

  func remove() { _ = unsafe unlink(path) }
}
