internal import CLinux
import Glibc
import HostMemory

/// An ext4 file system of its own, mounted where no other process sees it.
///
/// Everything goes with the process: the mount with its namespace, the loop device by itself.
final class ScratchFileSystem {
  /// Where it is mounted.
  let path: String

  /// Makes one of 16 MiB in a file, or on a device for direct access (DAX); skips where that cannot be.
  init(onDevice device: String? = nil) throws {
    let tool = "/sbin/mkfs.ext4"
    guard unsafe access(tool, X_OK) == 0 else { throw Skip("needs mkfs.ext4 (e2fsprogs)") }
    let code = clinux_enter_mount_namespace()
    guard code == 0 else { throw Skip("no mount namespace: \(ErrnoName.symbol(code))") }
    path = try TemporaryDirectory.make()
    // A disk inside a tmpfs of the namespace: nothing of it is left when the process ends.
    let tmpfs = unsafe clinux_mount("none", path, "tmpfs", "size=40m")
    guard tmpfs == 0 else { throw Skip("no tmpfs: \(ErrnoName.symbol(tmpfs))") }
    var source = device ?? ""
    if device == nil {
      let file = try OpenFile(adopting: ScratchFileSystem.create("\(path)/disk"))
      try file.resize(toPages: 4096)
      source = try ScratchFileSystem.loop(over: file)
    }
    try ScratchFileSystem.run([tool, "-q", "-F", "-b", "4096", "-O", "^has_journal", source])
    let mountPoint = "\(path)/mnt"
    unsafe mkdir(mountPoint, 0o755)
    let mounted = unsafe clinux_mount(source, mountPoint, "ext4", device == nil ? nil : "dax")
    guard mounted == 0 else { throw Skip("cannot mount ext4: \(ErrnoName.symbol(mounted))") }
  }

  /// A new file in it, written and synced.
  func makeFile(pages: Int) throws(SystemError) -> OpenFile {
    try OpenFile(in: "\(path)/mnt", pages: pages)
  }

  private static func create(_ path: String) throws(SystemError) -> Int32 {
    try SystemError.check(
      "create \(path)",
      result: unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    )
  }

  private static func loop(over file: OpenFile) throws -> String {
    var name = [CChar](repeating: 0, count: 32)
    var device: Int32 = -1
    var code = unsafe clinux_loop_attach(file.descriptor, &name, &device)
    if code == ENOENT {
      // As opening the device node would do, where something had made the node.
      try run(["/sbin/modprobe", "-q", "loop"])
      code = unsafe clinux_loop_attach(file.descriptor, &name, &device)
    }
    guard code == 0 else { throw Skip("no loop device: \(ErrnoName.symbol(code))") }
    // Left open: the device detaches when the process ends.
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func run(_ command: [String]) throws {
    var pid: Int32 = 0
    var pointers: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    try SystemError.check(
      "start \(command[0])",
      unsafe clinux_spawn(command[0], pointers, &pid)
    )
    var status: Int32 = 0
    var bySignal: Int32 = 0
    try SystemError.check("wait for \(command[0])", unsafe clinux_wait(pid, &status, &bySignal))
    guard status == 0, bySignal == 0 else { throw Skip("\(command[0]) failed: status \(status)") }
  }

  deinit { _ = unsafe umount2("\(path)/mnt", 2) }
}
