/// A value that a program notes in a record.
struct Capture {
  /// Where it comes from.
  enum Source {
    case argument(Int)
    /// What a chain of members leads to, from a pointer in an argument.
    case member(of: Int, path: [Member])
    /// What a pointer in an argument points to, itself a pointer.
    case target(of: Int)
    case result
    case memberOfResult(Member)
    case constant(Int32)
    /// So many bytes of the memory of the process, from `offset` behind where a chain of members points.
    case request(of: Int, path: [Member], offset: Int32, size: Int32)
  }

  /// A member of a structure, by its distance from the start.
  struct Member {
    let offset: Int
    let width: Assembler.Width
  }

  let source: Source
  /// Its place in the record.
  let place: Int
  let width: Assembler.Width
  /// What is added, so that 0 means that nothing is known.
  var increment: Int32 = 0

  static func argument(_ index: Int, at place: Int, width: Assembler.Width = .double) -> Capture {
    Capture(source: .argument(index), place: place, width: width)
  }

  static func backing(_ backing: Backing) -> Capture {
    Capture(
      source: .constant(Int32(backing.rawValue)),
      place: RecordLayout.backing,
      width: .word
    )
  }

  /// The argument that it reads, if any.
  var argument: Int? {
    switch source {
    case .argument(let index), .member(let index, _), .target(let index),
      .request(let index, _, _, _):
      index
    case .result, .memberOfResult, .constant: nil
    }
  }
}
