import Glibc
import HostMemory

/// A block of memory of one thread, with a tag in every page that no other page has had.
struct ChurnBlock {
  enum Origin {
    case mapped
    case allocated
  }

  let origin: Origin
  let start: UInt64
  let pages: Int
  var tags: [UInt64]

  func cell(_ page: Int) -> UnsafeMutablePointer<UInt64>? {
    unsafe UnsafeMutablePointer(bitPattern: UInt(start) + UInt(page) * 4096)
  }

  func address(_ page: Int) -> UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: UInt(start) + UInt(page) * 4096)
  }

  mutating func tag(_ page: Int, _ value: UInt64) {
    unsafe cell(page)?.pointee = value
    tags[page] = value
  }
}

/// `mremap(2)`, which is variadic in C and so not imported.
func remap(_ old: UnsafeMutableRawPointer?, _ length: Int) -> UInt64 {
  typealias Remap = @convention(c) (UnsafeMutableRawPointer?, Int, Int, Int) -> Int
  guard let symbol = unsafe dlsym(nil, "mremap") else { return .max }
  let mayMove = 1
  let moved = unsafe unsafeBitCast(symbol, to: Remap.self)(old, length, length, mayMove)
  return UInt64(bitPattern: Int64(moved))
}
