import LinuxSystem

/// Which services' PAM stacks apply limits.conf: a line there does nothing for a login whose stack has no pam_limits.
public enum PAMStack {
  /// Whether sessions of `service` run pam_limits; `nil` if the service has no file and there is none for `other`.
  public static func appliesLimits(_ service: String, below root: String = "") -> Bool? {
    let directory = "\(root)/etc/pam.d"
    let file = [service, "other"].first { TextFile.firstLine("\(directory)/\($0)") != nil }
    return file.map { runsLimits("\(directory)/\($0)", in: directory, depth: 0) }
  }

  // Follows `@include`, `include` and `substack` as deep as libpam does.
  private static func runsLimits(_ path: String, in directory: String, depth: Int) -> Bool {
    guard depth < 16, let text = try? TextFile.read(path) else { return false }
    // A backslash at its end continues a line.
    let lines = text.split(scalar: "\n")
      .reduce(into: [""]) { lines, part in
        if lines[lines.count - 1].hasSuffix("\\") {
          lines[lines.count - 1] = lines[lines.count - 1].dropLast() + " " + part
        } else {
          lines.append(String(part))
        }
      }
    return lines.contains { line in
      var words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }[...]
      guard let type = words.popFirst()?.lowercased() else { return false }
      func included() -> Bool {
        guard let name = words.first else { return false }
        let file = name.hasPrefix("/") ? String(name) : "\(directory)/\(name)"
        return runsLimits(file, in: directory, depth: depth + 1)
      }
      if type == "@include" { return included() }
      guard ["session", "-session"].contains(type), let control = words.popFirst() else {
        return false
      }
      if ["include", "substack"].contains(control.lowercased()) { return included() }
      // "[success=1 default=ignore]" may have spaces.
      if control.hasPrefix("["), !control.hasSuffix("]") {
        while let word = words.popFirst(), !word.hasSuffix("]") {}
      }
      return words.first?.split(scalar: "/").last == "pam_limits.so"
    }
  }
}
