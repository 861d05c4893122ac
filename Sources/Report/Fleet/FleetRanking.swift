import Measurement

/// The hosts of a fleet that lie far from the others, by the largest modified z-score of any metric.
struct FleetRanking {
  /// One metric of one host that is an outlier.
  struct Outlier {
    let host: Int
    let metric: Int
    let value: Double
    let score: Double
  }

  /// A metric with what is usual.
  struct Judged {
    let metric: FleetMetric
    let scale: RobustScale
    let values: [(host: Int, value: Double)]
  }

  let metrics: [Judged]
  /// By host, those that lie farthest first.
  let hosts: [(host: Int, worst: Outlier, count: Int)]
  let outliers: [Outlier]

  init(_ fleet: Fleet) {
    var metrics: [Judged] = []
    var outliers: [Outlier] = []
    for metric in fleet.metrics {
      guard let (scale, values) = metric.judged else { continue }
      for (host, value) in values {
        let score = scale.score(value)
        guard abs(score) > RobustScale.outlierScore else { continue }
        outliers.append(Outlier(host: host, metric: metrics.count, value: value, score: score))
      }
      metrics.append(Judged(metric: metric, scale: scale, values: values))
    }
    var worst: [Int: (outlier: Outlier, count: Int)] = [:]
    for outlier in outliers {
      let known = worst[outlier.host]
      let isWorse = known.map { abs(outlier.score) > abs($0.outlier.score) } ?? true
      worst[outlier.host] = (isWorse ? outlier : known?.outlier ?? outlier, (known?.count ?? 0) + 1)
    }
    self.metrics = metrics
    self.outliers = outliers
    hosts = worst.map { ($0, $1.outlier, $1.count) }
      .sorted { (abs($1.1.score), fleet.hosts[$0.0]) < (abs($0.1.score), fleet.hosts[$1.0]) }
  }
}
