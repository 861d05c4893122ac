/// Room for noncopyable values by number.
@safe
struct ReplaySlots<Element: ~Copyable>: ~Copyable {
  private let storage: UnsafeMutablePointer<Element?>
  private let count: Int

  init(_ count: Int) {
    self.count = count
    unsafe storage = .allocate(capacity: count)
    for slot in 0..<count { unsafe (storage + slot).initialize(to: nil) }
  }

  func put(_ slot: Int, _ element: consuming Element) {
    unsafe storage[slot] = consume element
  }

  func take(_ slot: Int) -> Element? { unsafe storage[slot].take() }

  deinit {
    unsafe storage.deinitialize(count: count)
    unsafe storage.deallocate()
  }
}
