internal import CLinux

/// A file that has no name yet, and goes with the process that writes it, whatever ends that.
package enum NamelessFile {
  /// The descriptor of a new one in `directory`; `nil` where its file system has none; throws if it may not be made.
  package static func open(in directory: String) throws(Errno) -> Int32? {
    var descriptor: Int32 = -1
    let code = Errno(status: unsafe clinux_open_nameless(directory, &descriptor))
    guard let code else { return descriptor }
    guard code == .EOPNOTSUPP else { throw code }
    return nil
  }

  /// Gives it the name `path`; EEXIST where that is another file's.
  package static func name(_ descriptor: Int32, _ path: String) -> Errno? {
    Errno(status: unsafe clinux_name_file(descriptor, path))
  }
}
