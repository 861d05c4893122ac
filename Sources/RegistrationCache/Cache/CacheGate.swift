/// Whether requests may be served without the lock.
enum CacheGate: UInt32 {
  /// Nothing changes that the cache does not know of.
  case open = 0
  /// Changes are being delivered, or are seen no longer.
  case shut = 1
  /// As open, but every request asks the kernel first (`CachePolicy.Ordering.strict`).
  case strict = 2
}
