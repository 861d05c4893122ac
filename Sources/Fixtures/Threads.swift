internal import CLinux
import Glibc
package import LinuxSystem
import Synchronization

/// A number that threads change together.
package final class SharedCounter: Sendable {
  private let count = Atomic<Int>(0)

  package init() {}

  package var value: Int { count.load(ordering: .sequentiallyConsistent) }

  @discardableResult
  package func add(_ amount: Int) -> Int {
    count.wrappingAdd(amount, ordering: .sequentiallyConsistent).newValue
  }

  package func raise(to value: Int) { count.max(value, ordering: .sequentiallyConsistent) }
}

/// Threads that start together and are all joined.
package enum Threads {
  private final class Work: Sendable {
    let body: @Sendable (Int) -> Errno?
    let index: Int
    let result = Atomic<Int32>(0)

    init(_ index: Int, _ body: @escaping @Sendable (Int) -> Errno?) {
      self.index = index
      self.body = body
    }
  }

  /// Runs `body` on `count` threads; returns what each returned, or the errno that kept it from starting.
  package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Errno?) -> [Errno?] {
    let works = (0..<count).map { Work($0, body) }
    let threads = works.map { work -> pthread_t? in
      var thread = pthread_t()
      let code = unsafe clinux_start_thread(
        &thread,
        { raw in
          guard let raw = unsafe raw else { return nil }
          let work = unsafe Unmanaged<Work>.fromOpaque(raw).takeRetainedValue()
          work.result.store(work.body(work.index).status, ordering: .releasing)
          return nil
        },
        Unmanaged.passRetained(work).toOpaque()
      )
      if code != 0 {
        work.result.store(code, ordering: .releasing)
        return nil
      }
      return thread
    }
    for case let thread? in threads { _ = pthread_join(thread, nil) }
    return works.map { Errno(status: $0.result.load(ordering: .acquiring)) }
  }
}
