/// A mapping's being watched on somebody's behalf, until `MonitorCore.release(_:)`.
struct MappingHold: Equatable, Sendable {
  /// The mapping is watched until nobody watches anything, or was not watched at all.
  static let none = MappingHold(index: .max, generation: 0)

  var index: UInt32
  var generation: UInt32

  init(index: UInt32, generation: UInt32) {
    self.index = index
    self.generation = generation
  }
}
