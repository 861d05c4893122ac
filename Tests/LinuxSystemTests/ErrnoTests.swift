import LinuxSystem
import Testing

struct `An errno` {
  @Test(arguments: [
    (Errno.ENOMEM, "ENOMEM", "Cannot allocate memory"),
    (.EAGAIN, "EAGAIN", "Resource temporarily unavailable"),
    (.EOPNOTSUPP, "EOPNOTSUPP", "Operation not supported"),
    (.EDEADLK, "EDEADLK", "Resource deadlock avoided"),
    (Errno(rawValue: 133), "EHWPOISON", "Memory page has hardware error"),
    (Errno(rawValue: 524), "ENOTSUPP", "Unknown error 524"),
  ])
  func `has a name and the C library's text`(errno: Errno, name: String, text: String) {
    #expect(errno.name == name && errno.text == text)
    #expect(errno.description == "\(text) (\(name))")
    #expect(Errno(name: name) == errno && Errno(name: name.lowercased()) == errno)
  }

  @Test func `without a name shows its number`() {
    #expect(Errno(rawValue: 600).name == "errno 600")
    #expect(Errno(name: "errno 600") == nil && Errno(name: "EWHAT") == nil)
    #expect(Errno(name: "524") == .ENOTSUPP && Errno(name: "12") == .ENOMEM)
    #expect(Errno(name: "0") == nil && Errno(name: "4096") == nil && Errno(name: "-12") == nil)
  }

  @Test func `is absent where a call succeeds`() {
    #expect(Errno(status: 0) == nil && Errno(status: 14) == .EFAULT)
    let (success, failure): (Errno?, Errno?) = (nil, .EFAULT)
    #expect(success.outcome == "success" && success.status == 0)
    #expect(failure.outcome == "EFAULT" && failure.status == 14)
  }
}
