/// Where one way of making memory usable becomes cheaper than another as sizes grow.
public enum Crossover {
  /// What one size costs by two ways.
  public struct Point: Equatable, Sendable {
    /// The size in bytes.
    public let bytes: UInt64
    /// Nanoseconds to register and deregister.
    public let registering: Double
    /// Nanoseconds to copy.
    public let copying: Double

    /// Takes both costs of a size.
    public init(bytes: UInt64, registering: Double, copying: Double) {
      self.bytes = bytes
      self.registering = registering
      self.copying = copying
    }
  }

  /// The smallest measured size from which registering is cheaper than copying at every larger size as well.
  ///
  /// `nil` where copying is still cheaper at the largest size, or where nothing was measured.
  public static func size(of points: [Point]) -> UInt64? {
    var found: UInt64?
    for point in points.sorted(by: { $0.bytes > $1.bytes }) {
      guard point.registering < point.copying else { break }
      found = point.bytes
    }
    return found
  }
}
