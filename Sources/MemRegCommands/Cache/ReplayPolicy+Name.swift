import Benchmarking

extension ReplayPolicy {
  static let all = "none, cache, cache:REGIONS, cache:SIZE, odp and copy"

  /// Reads `cache:64` as regions, and `cache:64M` as bytes.
  init?(_ name: Substring) {
    switch name {
    case "none": self = .none
    case "cache": self = .cache(regions: nil, bytes: nil)
    case "odp": self = .odp
    case "copy": self = .copy
    default:
      guard name.hasPrefix("cache:") else { return nil }
      let limit = name.dropFirst("cache:".count)
      if let regions = Int(limit), (1...(1 << 30)).contains(regions) {
        self = .cache(regions: regions, bytes: nil)
      } else if let size = ByteSize(argument: String(limit)), Int(limit) == nil {
        self = .cache(regions: nil, bytes: size.bytes)
      } else {
        return nil
      }
    }
  }

  var name: String {
    switch self {
    case .none: "none"
    case .odp: "odp"
    case .copy: "copy"
    case .cache(let regions?, _): "cache:\(regions)"
    case .cache(_, let bytes?): "cache:\(ByteSize.text(bytes).filter { $0 != " " })"
    case .cache: "cache"
    }
  }
}
