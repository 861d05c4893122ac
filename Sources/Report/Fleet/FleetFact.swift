/// What each host says of one thing, such as its kernel: a number for each host, as most say the same.
struct FleetFact {
  private var values: [String] = []
  private var numbers: [String: UInt16] = [:]
  private var byHost: [UInt16] = []

  /// Notes what `host` says; two documents of one host that say different things make a value of their own.
  mutating func note(_ value: String, of host: Int) {
    while byHost.count <= host { byHost.append(0) }
    let known = byHost[host]
    guard known > 0 else {
      byHost[host] = number(of: value)
      return
    }
    let before = values[Int(known) - 1]
    guard before != value, !before.hasSuffix(" and \(value)"), !before.hasPrefix("\(value) and ")
    else {
      return
    }
    byHost[host] = number(of: "\(before) and \(value)")
  }

  private mutating func number(of value: String) -> UInt16 {
    if let number = numbers[value] { return number }
    // More different values than this are no property to compare by.
    guard values.count < Int(UInt16.max) - 1 else { return UInt16(values.count) }
    values.append(value)
    let number = UInt16(values.count)
    numbers[value] = number
    return number
  }

  /// The values with their hosts, the most frequent first.
  var groups: [(value: String, hosts: [Int])] {
    var hosts = [[Int]](repeating: [], count: values.count)
    for (host, number) in byHost.enumerated() where number > 0 {
      hosts[Int(number) - 1].append(host)
    }
    return zip(values, hosts).map { ($0, $1) }.filter { !$0.1.isEmpty }
      .sorted { ($1.1.count, $0.0) < ($0.1.count, $1.0) }
  }

  /// What `host` says.
  func value(of host: Int) -> String? {
    guard host < byHost.count, byHost[host] > 0 else { return nil }
    return values[Int(byHost[host]) - 1]
  }
}
