internal import CVerbs
import Glibc
import LinuxSystem

/// An IPv4 or IPv6 address with a port, as `getaddrinfo(3)` makes it of a name.
public struct SocketAddress: Sendable {
  let storage: sockaddr_storage

  /// Looks up `host`, a name or a number; throws EADDRNOTAVAIL where it has no address.
  public init(host: String, port: UInt16) throws(VerbsError) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let failure = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard failure == 0, let first = unsafe list else {
      throw VerbsError("getaddrinfo", code: .EADDRNOTAVAIL)
    }
    defer { unsafe freeaddrinfo(first) }
    var storage = sockaddr_storage()
    let length = Int(unsafe first.pointee.ai_addrlen)
    unsafe withUnsafeMutableBytes(of: &storage) { bytes in
      unsafe bytes.copyMemory(
        from: UnsafeRawBufferPointer(start: first.pointee.ai_addr, count: length)
      )
    }
    self.storage = storage
  }

  func withPointer<Value>(
    _ body: (UnsafeMutablePointer<sockaddr>) -> Value
  ) -> Value {
    var copy = storage
    return unsafe withUnsafeMutablePointer(to: &copy) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
    }
  }
}
