import LinuxSystem

/// Where systemd looks for a unit's files and for its own, by precedence (systemd.unit(5), systemd-system.conf(5)).
enum SystemdFiles {
  private static let units = [
    "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
    "/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached",
    "/run/systemd/system", "/run/systemd/system.attached", "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    "/run/systemd/generator.late",
  ]
  private static let managers = ["/etc", "/run", "/usr/local/lib", "/usr/lib"]

  /// The file of `unit`, then its drop-ins in the order in which systemd reads them.
  static func ofUnit(_ unit: String, below root: String) -> [String] {
    let directories = units.map { root + $0 }
    let template = template(of: unit)
    let main = [unit, template].compactMap { $0 }
      .lazy.flatMap { name in directories.map { "\($0)/\(name)" } }
      .first { TextFile.firstLine($0) != nil }
    let names = specific(unit, template)
    let type = unit.lastIndex(of: ".").map { [String(unit[unit.index(after: $0)...])] } ?? []
    // A directory of higher precedence counts before a more specific name; a type's drop-ins come after both.
    let places =
      directories.flatMap { directory in names.map { "\(directory)/\($0).d" } }
      + directories.flatMap { directory in type.map { "\(directory)/\($0).d" } }
    return (main.map { [$0] } ?? []) + dropIns(in: places)
  }

  /// The manager's file, then its drop-ins in the order in which systemd reads them.
  static func ofManager(below root: String) -> [String] {
    let main = managers.lazy.map { "\(root)\($0)/systemd/system.conf" }
      .first { TextFile.firstLine($0) != nil }
    return (main.map { [$0] } ?? [])
      + dropIns(in: managers.map { "\(root)\($0)/systemd/system.conf.d" })
  }

  // Of files with one name the first directory's counts; they are read by name, whatever the directory.
  private static func dropIns(in directories: [String]) -> [String] {
    var paths: [String: String] = [:]
    for directory in directories {
      for name in Directory.names(in: directory) where name.hasSuffix(".conf") {
        if paths[name] == nil { paths[name] = "\(directory)/\(name)" }
      }
    }
    return paths.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
  }

  // "work@.service" of "work@7.service".
  private static func template(of unit: String) -> String? {
    guard let at = unit.firstIndex(of: "@"), let dot = unit.lastIndex(of: "."), at < dot else {
      return nil
    }
    return String(unit[...at] + unit[dot...])
  }

  // "a-b.service" has the drop-ins of "a-.service" as well.
  private static func specific(_ unit: String, _ template: String?) -> [String] {
    var names = [unit] + [template].compactMap { $0 }
    guard let end = unit.firstIndex(of: "@") ?? unit.lastIndex(of: ".") else { return names }
    var prefix = unit[..<end]
    while let dash = prefix.dropLast().lastIndex(of: "-") {
      prefix = unit[...dash]
      names += [unit, template].compactMap { $0 }.map { String(prefix + $0[end...]) }
    }
    return names
  }
}
