/// What `ibv_devinfo -v` prints for one device with one port, as fields with their values.
struct DevinfoOutput {
  /// The values of each field: one after the colon, or the names of the lines below it.
  private(set) var fields: [(name: String, values: [String])] = []

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      let plain = words.joined(separator: " ")
      if plain.hasSuffix(" not supported") {
        fields.append((String(plain.dropLast(" not supported".count)), ["not supported"]))
      } else if plain.hasPrefix("Unknown flags:") {
        fields[fields.count - 1].values.append(plain)
      } else if let colon = plain.firstIndex(of: ":") {
        let value = plain[plain.index(after: colon)...].drop { $0 == " " }
        let name = plain[..<colon].prefix { $0 != "[" }
        fields.append((String(name), value.isEmpty ? [] : [String(value)]))
      } else if !plain.isEmpty {
        fields[fields.count - 1].values.append(plain)
      }
    }
  }
}
