import Glibc
import LinuxSystem
import Testing

@testable import Tracing

@Suite struct `The failure of a traced call` {
  /// A registration that fails with `errno` in the innermost of `stages`.
  private func failure(
    _ errno: Int32,
    _ kind: CallKind = .register,
    in stages: Stage...,
    change: (inout RecordWords) -> Void = { _ in }
  ) throws -> TraceFailure {
    var words = RecordWords(kind, result: Int64(-errno))
    for stage in stages { words.set(stage, error: errno) }
    change(&words)
    let record = try #require(words.record)
    return try #require(record.failure)
  }

  @Test func `is the locked-memory limit if pages are charged and none is pinned`() throws {
    let limit = try failure(ENOMEM, in: .driver, .umem)
    #expect(limit == TraceFailure(stage: .umem, cause: .memlock))
    let zero = try failure(EPERM, in: .driver, .umem)
    #expect(zero == TraceFailure(stage: .umem, cause: .memlockZero))
  }

  @Test func `is not the limit if a page was pinned before`() throws {
    let late = try failure(ENOMEM, in: .driver, .umem) { $0.set(.pin, sum: 512) }
    #expect(late == TraceFailure(stage: .umem, cause: .unknown))
  }

  @Test func `is the mapping if pinning finds no page`() throws {
    let hole = try failure(EFAULT, in: .driver, .umem, .pin, .fault)
    #expect(hole == TraceFailure(stage: .fault, cause: .mapping))
  }

  @Test func `is a page that cannot be moved if migration left some`() throws {
    let counted = try failure(ENOMEM, in: .driver, .umem, .pin) { $0.set(.migrate, sum: 3) }
    #expect(counted == TraceFailure(stage: .pin, cause: .unmovable))
    let refused = try failure(ENOMEM, in: .driver, .umem, .pin, .migrate)
    #expect(refused == TraceFailure(stage: .migrate, cause: .unmovable))
    // Migration asks for another try after each success.
    let other = try failure(ENOMEM, in: .driver, .umem, .pin) { $0.set(.migrate, error: EAGAIN) }
    #expect(other.cause == .memory)
  }

  @Test func `is the driver if everything below succeeded`() throws {
    let driver = try failure(ENOMEM, in: .driver) {
      $0.set(.umem)
      $0.set(.pin, sum: 262_145)
    }
    #expect(driver == TraceFailure(stage: .driver, cause: .driver))
  }

  @Test func `is the control group if the driver was never asked`() throws {
    #expect(try failure(EAGAIN) == TraceFailure(stage: nil, cause: .cgroup))
    #expect(try failure(EAGAIN, in: .driver) == TraceFailure(stage: .driver, cause: .driver))
  }

  @Test func `names the kernel's own errnos`() throws {
    #expect(try failure(524).cause == .unsupported)
    #expect(try failure(EOPNOTSUPP, in: .driver).cause == .unsupported)
    #expect(try failure(512, in: .driver, .umem, .pin).cause == .interrupted)
  }

  @Test func `of a deregistration in use is said to be so`() throws {
    #expect(try failure(EBUSY, .deregister).cause == .busy)
  }

  @Test func `is unknown if stages are not traced`() throws {
    let words = RecordWords(result: Int64(-ENOMEM), isLight: true)
    let record = try #require(words.record)
    #expect(record.failure == TraceFailure(stage: nil, cause: .unknown))
  }
}
