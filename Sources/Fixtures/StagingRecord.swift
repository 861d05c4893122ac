import Glibc
package import LinuxSystem

/// What a process has changed on the system and how that is undone, in a file that outlives it.
///
/// A change is written down before it is made. It is undone when the object is released or, if the process was killed,
/// by `recover()` or the next record of the same name. The file is locked as long as the process or a fork of it lives,
/// so a name is also one process's turn to change a thing.
package final class StagingRecord {
  private let path: String
  private let descriptor: Int32
  private var steps: [UndoStep] = []

  /// How long to wait for another process that has the name, in steps of 10 ms.
  private static let attempts = 1000

  private let owner = getpid()

  /// Takes a name; skips if another process keeps it for 10 s, if there is no place for records, or if `change` is
  /// forbidden.
  package init(_ name: String, for change: SystemChange? = nil) throws {
    try change?.require()
    let path = try "\(StagingRecord.directory())/\(name)"
    for _ in 0..<StagingRecord.attempts {
      guard let found = try StagingRecord.lock(path, flags: O_CREAT) else {
        Pause.sleep(nanoseconds: 10_000_000)
        continue
      }
      StagingRecord.undo(path)
      (self.path, descriptor) = (path, found)
      return
    }
    throw Skip("another process has staged the same (\(path))")
  }

  /// Writes down how the change that comes next is undone.
  package func add(_ step: UndoStep) throws(SystemError) {
    let bytes = Array((step.line + "\n").utf8)
    let (count, code) = unsafe (write(descriptor, bytes, bytes.count), Errno.current)
    guard count == bytes.count else { throw SystemError("write \(path)", code: code) }
    steps.append(step)
  }

  /// Undoes what processes that were killed have left; the names of their records.
  package static func recover() -> [String] {
    guard let directory = try? directory() else { return [] }
    var undone: [String] = []
    for name in Directory.names(in: directory).sorted() {
      let path = "\(directory)/\(name)"
      guard let descriptor = try? lock(path, flags: 0) else { continue }
      if undo(path) {
        undone.append(name)
        unsafe unlink(path)
      }
      close(descriptor)
    }
    return undone
  }

  /// Opens and locks a file; `nil` if another process has it locked, or has just removed it.
  private static func lock(_ path: String, flags: Int32) throws(SystemError) -> Int32? {
    let descriptor = try SystemError.check(
      "open \(path)",
      result: unsafe open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
    )
    var status = stat()
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0, unsafe fstat(descriptor, &status) == 0,
      status.st_nlink > 0
    {
      return descriptor
    }
    close(descriptor)
    return nil
  }

  /// Undoes what a record says and empties it; whether all of it could be undone.
  @discardableResult
  private static func undo(_ path: String) -> Bool {
    guard let text = try? TextFile.read(path) else { return false }
    let steps = text.split(separator: "\n").compactMap { UndoStep(line: $0) }
    let isUndone = steps.count { !$0.perform() } == 0
    if isUndone { unsafe truncate(path, 0) }
    return isUndone
  }

  /// The folder of this user's records, which no other user can write.
  private static func directory() throws -> String {
    let user = geteuid()
    var places = ["/tmp/memreg-staged-\(user)"]
    if user == 0 {
      places.insert("/run/memreg-staged", at: 0)
    } else if let runtime = unsafe getenv("XDG_RUNTIME_DIR") {
      places.insert(unsafe "\(String(cString: runtime))/memreg-staged", at: 0)
    }
    for place in places {
      _ = unsafe mkdir(place, 0o700)
      var status = stat()
      guard unsafe lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
        status.st_uid == user, status.st_mode & 0o022 == 0, unsafe access(place, W_OK) == 0
      else { continue }
      return place
    }
    throw Skip("no place to write down what is staged: none of \(places.joined(separator: ", "))")
  }

  deinit {
    // A fork shares the lock, and the change is its parent's to undo.
    if owner == getpid(), steps.count(where: { !$0.perform() }) == 0 { unsafe unlink(path) }
    close(descriptor)
  }
}
