import Glibc
import LinuxSystem

/// Where a command writes what it was told to keep: looked at before the command's work, which may take hours.
///
/// `-` is standard output. A link to a file is replaced, not followed; a device or a pipe, such as /dev/stderr, is
/// opened at once and written to.
struct OutputPlace {
  /// How the place is written to.
  enum Kind {
    case standardOutput
    /// A device or a pipe, open for as long as this process lives: whoever reads a pipe takes its closing for the end.
    case stream(Int32)
    /// A file that is put in the place when it is whole.
    case file
  }

  let path: String
  let kind: Kind

  /// The place that `path` names; throws status 64 where `option` names none, else 74 where nothing could be written.
  init(_ path: String, option: String) throws(CommandFailure) {
    guard !path.isEmpty else {
      throw CommandFailure("\(option): '' names no file; - is standard output", status: .usage)
    }
    self.path = path
    kind = try OutputPlace.kind(of: path)
    // A name that cannot be made fails here.
    if case .file = kind { _ = try AtomicFile(self) }
  }

  /// A file in a directory of memreg's own.
  init(own path: String) {
    self.path = path
    kind = .file
  }

  /// What messages call it.
  var name: String {
    if case .standardOutput = kind { "standard output" } else { path }
  }

  /// Whether it is a stream, in which nothing written is replaced later.
  var isStream: Bool {
    if case .file = kind { false } else { true }
  }

  /// The directory of `path` with the slash that ends it, "" for this one.
  static func directory(of path: String) -> Substring {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? ""
  }

  /// Throws if two of `places` are one file, of which the last one written would be all.
  static func checkDistinct(_ places: [OutputPlace?]) throws(CommandFailure) {
    var files: Set<String> = []
    for case let place? in places where !place.isStream {
      let directory = directory(of: place.path)
      let whole = resolved(directory.isEmpty ? "." : String(directory)) ?? String(directory)
      guard files.insert("\(whole)/\(place.path[directory.endIndex...])").inserted else {
        throw CommandFailure(
          "cannot write \(place.path) twice; name a file for each",
          status: .usage
        )
      }
    }
  }

  /// Throws unless a file can be put in the place of what is at `path` now.
  static func checkReplaceable(_ path: String) throws(CommandFailure) {
    var information = stat()
    if unsafe stat(path, &information) == 0 {
      if let reason = obstacle(information.st_mode & S_IFMT) { throw failure(path, reason) }
    }
    // Where /proc is not mounted, /dev/stdout is such a link.
    if SymbolicLink.target(of: path)?.hasPrefix("/proc/") == true {
      throw CommandFailure(lostOutput: path, code: .ENOENT)
    }
    let directory = directory(of: path)
    let code = FileReplacement.refusal(of: path, in: directory.isEmpty ? "." : String(directory))
    guard let code else { return }
    guard code != .EBUSY else {
      throw failure(path, "it is mounted, which no file replaces (EBUSY); name another file")
    }
    throw CommandFailure(lostOutput: path, code: code)
  }

  private static func failure(_ path: String, _ reason: String) -> CommandFailure {
    CommandFailure("cannot write \(path): \(reason)", status: .outputLost)
  }

  private static func obstacle(_ type: mode_t) -> String? {
    switch type {
    case S_IFDIR: "it is a directory; name a file in it"
    case S_IFSOCK: "it is a socket, which no file replaces; name a file"
    case S_IFBLK: "it is a block device, which no file replaces; name a file"
    default: nil
    }
  }

  private static func kind(of path: String) throws(CommandFailure) -> Kind {
    if let descriptor = path == "-" ? STDOUT_FILENO : inheritedDescriptor(path) {
      try checkOpen(descriptor, path)
      try checkRoom(descriptor, path)
      return descriptor == STDOUT_FILENO ? .standardOutput : .stream(descriptor)
    }
    var information = stat()
    if unsafe stat(path, &information) == 0 {
      let type = information.st_mode & S_IFMT
      if type == S_IFCHR || type == S_IFIFO {
        return .stream(try open(path, isPipe: type == S_IFIFO))
      }
    }
    try checkReplaceable(path)
    return .file
  }

  /// Without O_NONBLOCK a pipe that nobody reads would never be opened.
  private static func open(_ path: String, isPipe: Bool) throws(CommandFailure) -> Int32 {
    let (descriptor, code) = unsafe (
      Glibc.open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), Errno.current
    )
    guard descriptor >= 0 || code != .ENXIO || !isPipe else {
      throw failure(path, "nobody reads this pipe (ENXIO); start its reader first")
    }
    guard descriptor >= 0 else { throw CommandFailure(lostOutput: path, code: code) }
    _ = fcntl(descriptor, F_SETFL, 0)
    try checkRoom(descriptor, path)
    return descriptor
  }

  /// Throws EBADF unless this process was started with `descriptor` open for writing.
  private static func checkOpen(_ descriptor: Int32, _ path: String) throws(CommandFailure) {
    let isOwn = fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0
    let flags = fcntl(descriptor, F_GETFL)
    guard !isOwn, flags >= 0, flags & O_ACCMODE != O_RDONLY else {
      let name = descriptor == STDOUT_FILENO ? "standard output" : path
      throw CommandFailure(lostOutput: name, code: .EBADF)
    }
  }

  /// A device such as /dev/full says of no bytes already what it would say of the first ones, after hours.
  private static func checkRoom(_ descriptor: Int32, _ path: String) throws(CommandFailure) {
    let (count, code) = unsafe (Glibc.write(descriptor, "", 0), Errno.current)
    guard count != 0 else { return }
    let name = descriptor == STDOUT_FILENO ? "standard output" : path
    throw CommandFailure(lostOutput: name, code: code)
  }

  /// The descriptor of this process that `path` stands for, as /dev/stdout does, or `nil`.
  ///
  /// What is behind it may be a file, whose link in /dev is not to be replaced.
  private static func inheritedDescriptor(_ path: String) -> Int32? {
    var path = path
    for _ in 0..<8 {
      let directory = directory(of: path)
      let name = path[directory.endIndex...]
      if resolved(directory.isEmpty ? "." : String(directory)) == "/proc/\(getpid())/fd" {
        return Int32(name)
      }
      guard let target = SymbolicLink.target(of: path) else { return nil }
      path = target.hasPrefix("/") ? target : directory + target
    }
    return nil
  }

  private static func resolved(_ directory: String) -> String? {
    guard let path = unsafe realpath(directory, nil) else { return nil }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }
}
