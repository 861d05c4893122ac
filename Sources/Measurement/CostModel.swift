/// The linear cost of registering: a fixed part and a part per base page.
public struct CostModel: Equatable, Sendable {
  /// Nanoseconds that a registration of any size takes.
  public let base: Double
  /// Nanoseconds that each base page adds.
  public let perPage: Double
  /// The share of the variance that the line explains, 1 for a perfect line.
  public let rSquared: Double

  /// Base pages registered, and the typical time.
  public typealias Point = (pages: UInt64, nanoseconds: Double)

  /// Fits by least squares of the relative error, so that one page counts as much as 16384.
  ///
  /// A fixed part below zero is no cost: the line then goes through the origin.
  /// `nil` for fewer than three points, fewer than two sizes, or a time that is not positive: two points always
  /// lie on a line and prove nothing.
  public init?(fitting points: [Point]) {
    guard points.count >= 3, points.allSatisfy({ $0.nanoseconds > 0 }) else { return nil }
    var (weights, sumX, sumY) = (0.0, 0.0, 0.0)
    for point in points {
      let weight = 1 / (point.nanoseconds * point.nanoseconds)
      weights += weight
      sumX += weight * Double(point.pages)
      sumY += weight * point.nanoseconds
    }
    let (meanX, meanY) = (sumX / weights, sumY / weights)
    var (varianceX, varianceY, covariance) = (0.0, 0.0, 0.0)
    for point in points {
      let weight = 1 / (point.nanoseconds * point.nanoseconds)
      let (x, y) = (Double(point.pages) - meanX, point.nanoseconds - meanY)
      varianceX += weight * x * x
      varianceY += weight * y * y
      covariance += weight * x * y
    }
    guard varianceX > 0 else { return nil }
    let slope = covariance / varianceX
    let intercept = meanY - slope * meanX
    (base, perPage) = intercept < 0 ? (0, CostModel.slopeThroughOrigin(points)) : (intercept, slope)
    var residual = 0.0
    for point in points {
      let relative = 1 - (base + perPage * Double(point.pages)) / point.nanoseconds
      residual += relative * relative
    }
    rSquared = varianceY > 0 ? 1 - residual / varianceY : 1
  }

  /// Minimises the relative error of a line without a fixed part.
  private static func slopeThroughOrigin(_ points: [Point]) -> Double {
    var (sum, squares) = (0.0, 0.0)
    for point in points {
      let pagesPerTime = Double(point.pages) / point.nanoseconds
      sum += pagesPerTime
      squares += pagesPerTime * pagesPerTime
    }
    return squares > 0 ? sum / squares : 0
  }
}
