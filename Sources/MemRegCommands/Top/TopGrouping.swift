import ArgumentParser
import Documents

/// What `memreg top` puts the processes under.
enum TopGrouping: String, CaseIterable, ExpressibleByArgument {
  case process
  case cgroup
  case job
  case device

  /// The one after this, and the first after the last.
  var next: TopGrouping {
    let all = TopGrouping.allCases
    let place = all.firstIndex(of: self).map { all.index(after: $0) } ?? all.startIndex
    return place < all.endIndex ? all[place] : .process
  }
}
