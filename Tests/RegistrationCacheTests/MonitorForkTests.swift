import Glibc
import LinuxSystem
import Testing

@testable import HostMemory
@testable import RegistrationCache

/// `fork(2)`, which Swift's Glibc module hides.
func forkProcess() -> pid_t {
  typealias Fork = @convention(c) () -> pid_t
  guard let symbol = unsafe dlsym(nil, "fork") else { return -1 }
  return unsafe unsafeBitCast(symbol, to: Fork.self)()
}

@Suite struct MonitorForkTests {
  @Test func `leaves a forked child without events and able to start its own`() async {
    await #expect(processExitsWith: .success) {
      let monitor = try AddressSpaceMonitor.get(for: .application)
      let pages = WatchedPages(8)
      let log = EventLog()
      let subscription = try monitor.subscribe(log, to: pages.range())
      _ = try monitor.watch(pages.range())
      let child = forkProcess()
      if child == 0 {
        pages.unmap(0, 2)
        guard monitor.descriptor == -1, descriptorsOfUserfaultfd() == 0,
          AddressSpaceMonitor.shares(of: .application) == 0,
          let own = try? AddressSpaceMonitor.get(for: .application),
          (try? own.watch(pages.range(4, 1))) == .everything
        else { _exit(1) }
        pages.unmap(4, 1)
        _exit(log.events.isEmpty ? 0 : 2)
      }
      var status: Int32 = -1
      unsafe waitpid(child, &status, 0)
      #expect(status == 0)
      #expect(log.events.isEmpty)
      pages.unmap(6, 1)
      #expect(log.events == [AddressSpaceEvent(.unmap, pages.range(6, 1))])
      subscription.cancel()
      monitor.put()
    }
  }

  @Test func `says so where userfaultfd is unavailable`() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 0, rlim_max: 1024)
      unsafe setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
      #expect(throws: MonitorError.unavailable(.EMFILE)) {
        _ = try AddressSpaceMonitor.get(for: .application)
      }
      limit.rlim_cur = 1024
      unsafe setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
      let monitor = try AddressSpaceMonitor.get(for: .application)
      #expect(monitor.descriptor >= 0)
    }
  }

  @Test func `tells its observers when the descriptor is closed under it`() async {
    await #expect(processExitsWith: .success) {
      let monitor = try AddressSpaceMonitor.get(for: .application)
      let pages = WatchedPages(4)
      let log = EventLog()
      let subscription = try monitor.subscribe(log, to: pages.range())
      _ = try monitor.watch(pages.range())
      // Whatever closes every descriptor of a process closes this one: the next read fails.
      let other = unsafe open("/dev/null", O_RDONLY)
      dup2(other, monitor.descriptor)
      pages.unmap(0, 1)
      for _ in 0..<1000 where !log.wasLost { usleep(1000) }
      #expect(log.wasLost)
      #expect(throws: MonitorError.lost) { _ = try monitor.watch(pages.range(2, 1)) }
      subscription.cancel()
    }
  }
}
