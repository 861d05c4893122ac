import HostMemory
import MemoryRegistration
import Report

/// Lists on the command line, `a,b,c`, without repetitions; every refusal is one line with status 64.
enum ListArgument {
  /// Sizes and doubling ranges: `4K,64K`, `4K:64M`, in ascending order.
  static func sizes(_ text: String, option: String) throws(CommandFailure) -> [UInt64] {
    var sizes: [UInt64] = []
    for item in try items(text, option: option) {
      let ends = item.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      guard ends.count <= 2 else {
        throw refusal(option, "'\(item)' is not a range; write 4K:64M")
      }
      var bounds: [UInt64] = []
      for end in ends {
        switch ByteSize.parse(end) {
        case .success(let size): bounds.append(size.bytes)
        case .failure(let problem): throw refusal(option, problem.reason)
        }
      }
      guard let first = bounds.first, let last = bounds.last else { continue }
      guard first <= last else {
        throw refusal(option, "'\(item)' runs downwards; write the smaller size first")
      }
      var size = first
      while size <= last {
        sizes.append(size)
        let (next, overflow) = size.multipliedReportingOverflow(by: 2)
        if overflow { break }
        size = next
      }
    }
    return unique(sizes).sorted()
  }

  /// Kinds of memory: `anonymous,thp,hugetlb:2M,memfd,file:PATH`.
  static func memory(_ text: String, option: String) throws(CommandFailure) -> [MemoryKind] {
    var kinds: [MemoryKind] = []
    for item in try items(text, option: option) {
      guard let kind = MemoryKind(name: item) else {
        throw refusal(
          option,
          "'\(item)' is no kind of memory; use anonymous, thp, hugetlb[:2M|1G], memfd or file:PATH"
        )
      }
      kinds.append(kind)
    }
    return unique(kinds)
  }

  /// Strategies by name.
  static func strategies(_ text: String, option: String) throws(CommandFailure) -> [StrategyKind] {
    var kinds: [StrategyKind] = []
    for item in try items(text, option: option) {
      guard let kind = StrategyKind(rawValue: item) else {
        let known = StrategyKind.allCases.map(\.rawValue).joined(separator: ", ")
        throw refusal(option, "'\(item)' is no strategy; use \(known)")
      }
      kinds.append(kind)
    }
    return unique(kinds)
  }

  /// Whole numbers within `bounds`.
  static func numbers(
    _ text: String,
    option: String,
    in bounds: ClosedRange<Int>
  ) throws(CommandFailure) -> [Int] {
    var numbers: [Int] = []
    for item in try items(text, option: option) {
      numbers.append(try number(item, option: option, in: bounds))
    }
    return unique(numbers)
  }

  /// One whole number within `bounds`.
  static func number(
    _ text: String,
    option: String,
    in bounds: ClosedRange<Int>
  ) throws(CommandFailure) -> Int {
    let isDigits = !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    guard isDigits, let number = Int(text), bounds.contains(number) else {
      throw refusal(
        option,
        "'\(text)' is not a whole number from \(bounds.lowerBound) to \(bounds.upperBound)"
      )
    }
    return number
  }

  /// A decimal number without sign or exponent within `bounds`, such as 0.5.
  static func decimal(
    _ text: String,
    option: String,
    in bounds: ClosedRange<Double>,
    unit: String
  ) throws(CommandFailure) -> Double {
    let isPlain = text.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
    guard isPlain, let number = Double(text), bounds.contains(number) else {
      throw refusal(
        option,
        "'\(text)' is not a number of \(unit) from \(plain(bounds.lowerBound)) to "
          + plain(bounds.upperBound)
      )
    }
    return number
  }

  private static func items(_ text: String, option: String) throws(CommandFailure) -> [String] {
    let items = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !items.contains("") else {
      throw refusal(option, "'\(text)' has an empty item; write a,b,c")
    }
    return items
  }

  private static func unique<Item: Hashable>(_ items: [Item]) -> [Item] {
    var seen: Set<Item> = []
    return items.filter { seen.insert($0).inserted }
  }

  private static func refusal(_ option: String, _ reason: String) -> CommandFailure {
    CommandFailure("\(option): \(reason)", status: .usage)
  }

  private static func plain(_ value: Double) -> String {
    FixedPoint.text(value, decimals: value == value.rounded() ? 0 : 2)
  }
}
