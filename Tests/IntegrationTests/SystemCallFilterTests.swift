import Glibc
import StagedMemory
import Testing

@Suite(.enabled(if: RXE.isPresent, Comment(rawValue: RXE.reason)), .serialized)
struct `A process under a seccomp filter` {
  @Test func `is told that io_uring is filtered, and registers where the filter lets it`() async {
    await #expect(processExitsWith: .success) {
      func register() async throws -> Memreg.Result {
        try await Memreg.run("register", "--strategy", "io_uring", "--size", "4K")
      }
      // The remedy first: filters cannot be taken away.
      let permitted = try await register()
      #expect(permitted.status == 0, "\(permitted.error)")
      try #require(staged_refuse(Int32(STAGED_RINGS), EPERM) == 0)
      let refused = try await register()
      #expect(refused.status == 77)
      #expect(
        refused.error == """
          memreg: cannot register 4 KiB: a seccomp filter of this process refuses io_uring with EPERM
            allow io_uring_setup, io_uring_enter and io_uring_register in the filter of the program that started this one; or use an RDMA device

          """
      )
    }
  }

  @Test func `is told so where it cannot register on a device`() async {
    await #expect(processExitsWith: .success) {
      try #require(staged_refuse(Int32(STAGED_DEVICES), EPERM) == 0)
      let refused = try await Memreg.run("register", "--size", "4K")
      #expect(refused.status == 77)
      #expect(
        refused.error == """
          memreg: ibv_open_device failed on rxe0: Operation not permitted (EPERM)
            a seccomp filter judges this process's system calls, and nothing else here says EPERM
            allow ioctl, write, mmap and madvise in the filter of the program that started this one

          """
      )
    }
  }
}
