internal import CVerbs
import Glibc
public import HostMemory
import LinuxSystem
import Synchronization

extension DeviceContext {
  /// Whether the context is gone: revoked by `disassociate()`, or by the kernel as far as it has been noticed.
  public var isDisassociated: Bool { isGone.load(ordering: .acquiring) }

  /// The mappings of the device's file that objects of this context have made, as the kernel holds them now.
  public var mappings: [DeviceMapping] { QueueMappings.current(of: self) }

  /// Takes everything of this context back from the device, so that nothing of it keeps the device any more.
  ///
  /// The kernel ends all regions, pairs, queues and domains of it and unpins; zero pages take the place of mapped
  /// queues. Handles stay valid objects: releasing one is no error, every other use throws an error that
  /// `isDisassociated`. Any thread may use any handle meanwhile. What librdmacm has open of devices that are being
  /// removed goes as well. Throws EMFILE with nothing changed, or ENOMEM where a mapping cannot be replaced, and the
  /// device stays held then.
  public func disassociate() throws(VerbsError) {
    let failure = QueueMappings.blanking(of: self) {
      guard !isDisassociated else { return nil }
      // Before Linux 7.3 the files of events hold the device as well.
      let descriptors =
        unsafe [raw.pointee.cmd_fd, raw.pointee.async_fd] + channels.withLock { $0 }
      return RevokedDescriptor.replace(descriptors) {
        // Before anything fails: a thread must know a failure that comes of this when it sees one.
        isGone.store(true, ordering: .releasing)
      }
    }
    if isDisassociated { storage.withLock { $0 }.forEach { $0.whenGone() } }
    let other = isDisassociated ? CMDescriptors.revokeGone() : nil
    if let failure = failure ?? other { throw failure }
  }

  /// A word that a module above keeps with a context, and whom to tell once when the context goes.
  struct Storage {
    let key: UInt
    let word: UInt
    let whenGone: @Sendable () -> Void
  }

  /// The word that `key` keeps with this context, made by the first call; `whenGone` is called at least once
  /// when the context is disassociated, at once if it is already.
  package func storage(
    for key: UInt,
    _ make: () -> (word: UInt, whenGone: @Sendable () -> Void)
  ) -> UInt {
    let (entry, isLate) = storage.withLock { list in
      if let known = list.first(where: { $0.key == key }) { return (known, false) }
      let made = make()
      let entry = Storage(key: key, word: made.word, whenGone: made.whenGone)
      list.append(entry)
      return (entry, isDisassociated)
    }
    if isLate { entry.whenGone() }
    return entry.word
  }
}

extension DeviceContext {
  /// The error of a failed verb: disassociated if the device is gone, whatever the verb says of it.
  private func error(of verb: StaticString, _ code: Errno) -> VerbsError {
    isDisassociated ? .disassociated(verb.description) : VerbsError(verb.description, code: code)
  }

  /// Disassociates if `code` tells that the kernel has: EIO is how Linux 7.3 says so.
  private func followKernel(after code: Errno) {
    if code == .EIO, !isDisassociated, isFileGone { try? disassociate() }
  }

  /// Ends a verb that has failed with `code`: follows the kernel where it has disassociated, then throws.
  func fail(_ verb: StaticString, _ code: Errno) throws(VerbsError) -> Never {
    followKernel(after: code)
    throw error(of: verb, code)
  }

  @inline(__always)
  func check(_ verb: StaticString, _ status: Int32) throws(VerbsError) {
    guard status == 0 else { try fail(verb, Errno(rawValue: status)) }
  }

  /// Throws unless the release went well, or the object has ended with the device.
  func checkRelease(_ verb: StaticString, _ status: Int32) throws(VerbsError) {
    guard let code = Errno(status: status) else { return }
    followKernel(after: code)
    if !isDisassociated { throw error(of: verb, code) }
  }

  func noteRelease(_ verb: StaticString, _ status: Int32) {
    guard let code = Errno(status: status) else { return }
    followKernel(after: code)
    if !isDisassociated { ReleaseFailures.note(verb, code) }
  }
}
