import HostMemory
package import LinuxSystem
package import MemoryRegistration
package import Verbs

/// Registrations of one base page each that only have to exist, as in a process that has much registered already.
package struct ResidentRegistrations: ~Copyable, Sendable {
  // Released before the memory goes: properties end in the order of their declaration.
  private var slots: RegistrationSlots
  private let memory: HostBuffer
  private let access: AccessFlags
  /// How many are registered.
  package private(set) var count = 0

  /// Maps and populates memory for `capacity` registrations; throws ENOMEM where it does not fit.
  package init(capacity: Int, access: AccessFlags) throws(SystemError) {
    let length = UInt64(capacity) * UInt64(BasePage.size)
    let memory = try HostBuffer(.anonymous, length: length)
    try memory.populate()
    self.memory = memory
    slots = RegistrationSlots(capacity: capacity)
    self.access = access
  }

  /// Registers the next page by `strategy`; throws with the earlier ones still registered.
  package mutating func add(by strategy: any RegistrationStrategy) throws(RegistrationError) {
    let page = UInt64(BasePage.size)
    let range = AddressRange(start: memory.range.start + UInt64(count) * page, length: page)
    slots.append(try strategy.register(range, access: access))
    count += 1
  }
}
