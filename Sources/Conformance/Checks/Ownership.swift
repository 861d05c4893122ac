internal import CFixtures
import Diagnosis
import Fixtures
import Glibc
import HostMemory
import LinuxSystem
import Verbs

extension Catalogue {
  /// Whom the kernel charges and uncharges when several processes share a device file.
  static let ownership: [Check] = children + endings + descriptors

  private static let children: [Check] = [
    Check("ownership.child-starts-at-zero", "A forked child begins with nothing charged.") {
      context in
      let area = try Area(pages: 8)
      let region = try context.register(area.range)
      let before = try context.look()
      let child = try Child { pipe in try pipe.send(try PinCounter().pages) }
      try context.expect("pages charged to the child", try child.pipe.receive(), 0)
      try context.expect("end of the child", try child.wait(), .exited(0))
      try context.expect("parent", since: before, pages: 0)
      try region.release()
      try context.expect("released", since: before, pages: -8)
    },
    Check(
      "ownership.child-releases-parents",
      "A child that releases its parent's region uncharges the parent and not itself."
    ) { context in
      let (area, before, region) = try context.registered(pages: 8)
      let child = try Child { pipe in
        try pipe.send(region.releaseResult())
        try pipe.send(try PinCounter().pages)
      }
      try context.expectErrno("release by the child", try child.pipe.receiveFailure(), nil)
      try context.expect("pages charged to the child", try child.pipe.receive(), 0)
      try context.expect("end of the child", try child.wait(), .exited(0))
      try context.expect("parent", since: before, pages: 0)
      _ = region.releaseResult()
    },
    Check(
      "ownership.child-registers",
      "A child that registers over the inherited file is charged itself, its parent is not."
    ) { context in
      let area = try Area(pages: 8)
      _ = try context.domain
      let before = try context.look()
      let child = try Child { pipe in
        let region = try context.register(area.range)
        try pipe.send(try PinCounter().pages)
        _ = try pipe.receive()
        try region.release()
        try pipe.send(try PinCounter().pages)
      }
      try context.expect("pages charged to the child", try child.pipe.receive(), 8)
      try context.expect("parent", since: before, pages: 0, pins: 8)
      try child.pipe.send(0)
      try context.expect("child after its release", try child.pipe.receive(), 0)
      try context.expect("end of the child", try child.wait(), .exited(0))
      try context.expect("parent at the end", since: before, pages: 0)
    },
    Check(
      "ownership.pins-outlive-their-owner",
      "Pages of a dead child stay pinned, charged to nobody to be seen, while another holds the file.",
      needs: [.systemCounters],
      scope: .system
    ) { context in
      let (area, before) = try context.memory(pages: 8)
      let holder = try context.fork { own, pipe in
        _ = try own.domain
        let owner = try Child { pipe in
          let region = try own.register(area.range)
          try pipe.send(1)
          _ = try pipe.receive()
          withExtendedLifetime(region) {}
        }
        _ = try owner.pipe.receive()
        _ = try owner.kill()
        try pipe.send(try PinCounter().pages)
        _ = try pipe.receive()
      }
      try context.expect("pages charged to the holder", try holder.pipe.receive(), 0)
      try context.expect("owner dead", since: before, pages: 0, pins: 8)
      _ = try holder.kill()
      try context.expect("holder dead", since: before, pages: 0)
    },
  ]

  private static func ending(
    _ name: String,
    _ promise: String,
    _ end: @escaping @Sendable (Child) throws -> Child.Ending,
    _ expected: Child.Ending
  ) -> Check {
    Check("ownership.\(name)", promise, needs: [.systemCounters], scope: .system) { context in
      let (area, before) = try context.memory(pages: 64)
      // Out by _exit: nothing is released but by the kernel.
      let child = try context.fork(registering: area.range) { _, _ in _exit(0) }
      try context.expect("pages charged to the child", try child.pipe.receive(), 64)
      try context.expect("alive", since: before, pages: 0, pins: 64)
      try context.expect("end of the child", try end(child), expected)
      try context.expect("dead and waited for", since: before, pages: 0)
    }
  }

  private static let endings: [Check] = [
    ending(
      "exit-releases",
      "When a process has exited and was waited for, its pins are gone.",
      { child in
        try child.pipe.send(0)
        return try child.wait()
      },
      .exited(0)
    ),
    ending(
      "kill-releases",
      "When a process was killed by SIGKILL and waited for, its pins are gone.",
      { try $0.kill() },
      .killed(SIGKILL)
    ),
    exec(
      "exec-releases",
      "Executing another program closes the device file and releases its pins.",
      keepsFile: false
    ),
    exec(
      "exec-with-file-keeps",
      "A device file kept over exec keeps its pins, and the new program's VmPin does not show them.",
      keepsFile: true
    ),
  ]

  private static func exec(_ name: String, _ promise: String, keepsFile: Bool) -> Check {
    Check("ownership.\(name)", promise, needs: [.systemCounters], scope: .system) { context in
      let (area, before) = try context.memory(pages: 16)
      let child = try context.fork { own, pipe in
        let region = try own.register(area.range)
        if keepsFile {
          for descriptor in DeviceFile.descriptors() { _ = fcntl(descriptor, F_SETFD, 0) }
        }
        try pipe.send(region.lkey == 0 ? 0 : 1)
        try Program.become("/bin/sleep", "60")
      }
      _ = try child.pipe.receive()
      try Program.await("sleep", in: child.pid)
      let charged = try ProcessStatus(ofProcess: child.pid).pinned
      try context.expect("VmPin of the new program", charged, 0)
      try context.expect("after exec", since: before, pages: 0, pins: keepsFile ? 16 : 0)
      try context.expect("end of the child", try child.kill(), .killed(SIGKILL))
      try context.expect("after its end", since: before, pages: 0)
    }
  }

  private static let descriptors: [Check] = [
    Check(
      "ownership.passed-file-keeps",
      "A device file passed to another process keeps the pins of its owner after the owner's death.",
      needs: [.systemCounters],
      scope: .system
    ) { context in
      let (area, before) = try context.memory(pages: 8)
      let sockets = try SocketPair()
      let child = try context.fork { own, pipe in
        let region = try own.register(area.range)
        guard let file = DeviceFile.descriptors().first else { throw Skip("no device file") }
        try SystemError.check("pass a file", fixtures_send_descriptor(sockets.second, file))
        try pipe.send(region.lkey == 0 ? 0 : 1)
        _ = try pipe.receive()
      }
      _ = try child.pipe.receive()
      var file: Int32 = -1
      try SystemError.check("take a file", unsafe fixtures_receive_descriptor(sockets.first, &file))
      defer { close(file) }
      _ = try child.kill()
      try context.expect("owner dead", since: before, pages: 0, pins: 8)
      close(file)
      file = -1
      try context.expect("file closed", since: before, pages: 0)
    },
    Check(
      "ownership.mapped-queue-keeps",
      "A closed device file keeps its pins while a queue of it is mapped, and loses them with the last mapping.",
      needs: [.systemCounters],
      scope: .system
    ) { context in
      try context.requireMappedQueues()
      let (area, before) = try context.memory(pages: 8)
      let child = try context.fork { own, pipe in
        let queue = try CompletionQueue(on: own.domain.context, entries: 16)
        let region = try own.register(area.range)
        for descriptor in DeviceFile.descriptors() { close(descriptor) }
        try pipe.send(try PinCounter().pages)
        _ = try pipe.receive()
        for mapping in try DeviceFile.mappings() { Area.release(mapping) }
        try pipe.send(try PinCounter().pages)
        _ = try pipe.receive()
        withExtendedLifetime((queue, region)) {}
        _exit(0)
      }
      try context.expect("pages charged with a queue mapped", try child.pipe.receive(), 8)
      try context.expect("file closed, queue mapped", since: before, pages: 0, pins: 8)
      try child.pipe.send(0)
      try context.expect("pages charged without", try child.pipe.receive(), 0)
      try context.expect("queue unmapped", since: before, pages: 0)
      try child.pipe.send(0)
      try context.expect("end of the child", try child.wait(), .exited(0))
    },
    Check(
      "ownership.closing-releases",
      "Closing the last descriptor of a device file releases its regions and their charge.",
      needs: [.systemCounters],
      scope: .system
    ) { context in
      let (area, before) = try context.memory(pages: 8)
      let child = try context.fork(registering: area.range) { _, pipe in
        for descriptor in DeviceFile.descriptors() { close(descriptor) }
        try pipe.send(try PinCounter().pages)
        _ = try pipe.receive()
        // Out by _exit, as there is no file left by which the region could be released.
        _exit(0)
      }
      try context.expect("pages charged", try child.pipe.receive(), 8)
      try child.pipe.send(0)
      try context.expect("pages charged after closing", try child.pipe.receive(), 0)
      try context.expect("after closing", since: before, pages: 0)
      try child.pipe.send(0)
      try context.expect("end of the child", try child.wait(), .exited(0))
    },
  ]
}
