import LinuxSystem

/// The functions and structures that tracing needs, as the running kernel has them.
struct KernelTypes {
  /// A type of one of the files.
  struct Place {
    let file: Int
    let number: UInt32
  }

  /// The kernel first, then its modules.
  private let files: [TypeFile]
  private var functions: [String: KernelFunction] = [:]
  private var structures: [String: [Place]] = [:]
  private var tracepoints: [String: UInt32] = [:]

  /// Reads the types of the kernel and of those of `modules` that are loaded and described.
  ///
  /// `wanted` are the names of functions, tracepoints and structures.
  init(modules: [String], wanted: Set<String>) throws(SystemError) {
    let kernel = try TypeFile()
    self.init(
      [kernel] + modules.compactMap { try? TypeFile(module: $0, after: kernel) },
      wanted: wanted
    )
  }

  /// Looks up `wanted` in files of which the first is the kernel's.
  init(_ files: [TypeFile], wanted: Set<String>) {
    self.files = files
    let common = files.first?.offsets(of: wanted) ?? [:]
    for (index, file) in files.enumerated() {
      let names =
        index == 0 ? common : common.merging(file.offsets(of: wanted)) { kernel, _ in kernel }
      for number in file.types(of: .function) {
        guard let name = names[file.name(of: number)], functions[name] == nil else { continue }
        functions[name] = function(name, Place(file: index, number: number))
      }
      for number in file.types(of: .structure) {
        guard let name = names[file.name(of: number)] else { continue }
        structures[name, default: []].append(Place(file: index, number: number))
      }
      for number in index == 0 ? file.types(of: .typedef) : [] {
        if let name = names[file.name(of: number)] { tracepoints[name] = number }
      }
    }
  }

  /// The function `name`, if the kernel or a module has it.
  func function(_ name: String) -> KernelFunction? { functions[name] }

  /// The number of the type `btf_trace_NAME` of a tracepoint of the kernel.
  func tracepoint(_ name: String) -> UInt32? { tracepoints["btf_trace_" + name] }

  /// Whether the types of `module` are known.
  func describes(_ module: String) -> Bool { files.contains { $0.module == module } }

  /// The distance of a member from the start of a structure; members of its anonymous parts count as its own.
  func offset(of member: String, in structure: String) -> Int? {
    for place in structures[structure] ?? [] {
      if let found = find(member, in: place) { return found.offset }
    }
    return nil
  }

  /// The functions that can be the member `operation` of a table of operations, by result and parameters.
  ///
  /// `user` is a function that is in the kernel itself if the users of the table can be there too.
  func functions(
    like operation: String,
    in table: String,
    beside user: String
  ) -> [KernelFunction] {
    guard
      let found = (structures[table] ?? []).lazy.compactMap({ find(operation, in: $0) }).first
    else { return [] }
    let prototype = target(of: found.type)
    let spelled = spell(prototype)
    let count = entry(prototype).count
    var matches: [KernelFunction] = []
    // The kernel itself has 60,000 functions.
    let isBuiltIn = functions[user].map { $0.module == nil } ?? false
    for (index, file) in files.enumerated() where file.module != nil || isBuiltIn {
      for number in file.types(of: .function) {
        let candidate = file[number]
        let link = place(candidate.link, from: index)
        guard entry(link).count == count, spell(link) == spelled,
          let name = text(candidate.name, file: index)
        else { continue }
        matches.append(function(name, Place(file: index, number: number)))
      }
    }
    return matches
  }
}

extension KernelTypes {
  private func place(_ number: UInt32, from file: Int) -> Place {
    Place(file: files[file].types.contains(number) ? file : 0, number: number)
  }

  private func entry(_ place: Place) -> TypeFile.Entry {
    guard place.number > 0 else {
      return TypeFile.Entry(
        name: 0,
        kind: nil,
        count: 0,
        packsBitFields: false,
        link: 0,
        details: 0
      )
    }
    return files[place.file][place.number]
  }

  private func text(_ offset: UInt32, file: Int) -> String? {
    files[file].text(offset) ?? files.first?.text(offset)
  }

  private func find(_ member: String, in structure: Place) -> (offset: Int, type: Place)? {
    let file = files[structure.file]
    let entry = file[structure.number]
    for index in 0..<entry.count {
      let (name, type, offset) = file.member(index, of: entry)
      let target = unqualified(place(type, from: structure.file))
      if name != 0, text(name, file: structure.file) == member { return (offset, target) }
      let kind = self.entry(target).kind
      guard name == 0, kind == .structure || kind == .union else { continue }
      if let inner = find(member, in: target) { return (offset + inner.offset, inner.type) }
    }
    return nil
  }

  private func target(of pointer: Place) -> Place {
    unqualified(place(entry(pointer).link, from: pointer.file))
  }

  private func unqualified(_ type: Place) -> Place {
    var type = type
    while true {
      let entry = entry(type)
      switch entry.kind {
      case .typedef, .volatile, .constant, .restricted, .tag:
        type = place(entry.link, from: type.file)
      default: return type
      }
    }
  }

  /// A type in words that are the same in each file; a prototype with its result and parameters.
  private func spell(_ type: Place) -> String {
    let type = unqualified(type)
    let entry = entry(type)
    switch entry.kind {
    case .pointer: return spell(place(entry.link, from: type.file)) + "*"
    case .prototype:
      let parameters = (0..<entry.count)
        .map { spell(place(files[type.file].parameter($0, of: entry).type, from: type.file)) }
      return "\(spell(place(entry.link, from: type.file)))(\(parameters.joined(separator: ",")))"
    default: return text(entry.name, file: type.file) ?? ""
    }
  }

  private func function(_ name: String, _ found: Place) -> KernelFunction {
    let prototype = place(entry(found).link, from: found.file)
    let entry = entry(prototype)
    let result = unqualified(place(entry.link, from: prototype.file))
    let description = self.entry(result)
    return KernelFunction(
      name: name,
      module: files[found.file].module,
      type: found.number,
      parameters: (0..<entry.count)
        .map {
          text(files[prototype.file].parameter($0, of: entry).name, file: prototype.file) ?? ""
        },
      result: result.number == 0
        ? .nothing
        : description.kind == .integer && description.link < 8
          ? .int : description.kind == nil ? .int : .long
    )
  }
}
