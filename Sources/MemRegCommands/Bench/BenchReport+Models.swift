import Benchmarking
import Documents
import HostMemory
import Measurement
import MemoryRegistration

extension BenchReport {
  /// Fits models, factors and crossovers to the cases.
  mutating func conclude() {
    models = series.flatMap { BenchReport.models(of: $0.cases) }
    factors = BenchReport.factors(of: models)
    crossovers = environment.emulated ? [] : BenchReport.crossings(of: cases)
  }

  private static func models(of cases: [Case]) -> [Model] {
    guard let first = cases.first else { return [] }
    return Phase.Name.allCases.compactMap { name in
      let points = cases.compactMap { benchCase in
        benchCase.phase(name)
          .map {
            (
              pages: AddressRange(start: 0, length: benchCase.sizeBytes).pages,
              nanoseconds: Double($0.p50Ns)
            )
          }
      }
      guard let model = CostModel(fitting: points) else { return nil }
      return Model(
        strategy: first.strategy,
        memory: first.memory,
        pages: first.pages,
        threads: first.threads,
        resident: first.resident,
        phase: Word(name),
        baseNs: Int(model.base.rounded()),
        perPagePs: Int((model.perPage * 1000).rounded()),
        rSquaredPpm: Ratio(model.rSquared)
      )
    }
  }

  private static func factors(of models: [Model]) -> [Factor] {
    models.compactMap { model in
      var reference = model
      let kind: Factor.Kind
      if model.strategy == .odp {
        reference.strategy = Word(.verbs)
        kind = .onDemand
      } else if model.strategy != .copy, model.memory == "thp" || model.memory.hasPrefix("hugetlb")
      {
        reference.memory = "anonymous"
        kind = .hugePages
      } else {
        return nil
      }
      guard let other = models.first(where: { $0.isOfSameSeries(as: reference) }),
        model.perPagePs > 0, other.perPagePs > 0, let phase = model.phase.kind
      else { return nil }
      return Factor(
        kind: kind,
        phase: phase,
        series: model.seriesName,
        reference: other.seriesName,
        ratioPpm: Ratio(Double(model.perPagePs) / Double(other.perPagePs))
      )
    }
  }

  private static func crossings(of cases: [Case]) -> [Crossing] {
    let copies = cases.filter { $0.strategy == .copy }
    var crossings: [Crossing] = []
    var seen: [String] = []
    for first in cases where first.strategy != .copy && !seen.contains(first.seriesName) {
      seen.append(first.seriesName)
      let points = cases.filter { $0.seriesName == first.seriesName }
        .compactMap { registered in
          point(registered, copies)
        }
      guard !points.isEmpty else { continue }
      crossings.append(
        Crossing(series: first.seriesName, sizeBytes: Crossover.size(of: points))
      )
    }
    return crossings
  }

  private static func point(_ registered: Case, _ copies: [Case]) -> Crossover.Point? {
    let copy = copies.first {
      $0.memory == registered.memory && $0.pages == registered.pages
        && $0.threads == registered.threads && $0.resident == registered.resident
        && $0.sizeBytes == registered.sizeBytes
    }
    guard let copying = copy?.phase(.copy)?.p50Ns, let cost = registered.pairCost else {
      return nil
    }
    return Crossover.Point(
      bytes: registered.sizeBytes,
      registering: Double(cost),
      copying: Double(copying)
    )
  }
}

extension BenchReport.Case {
  /// Nanoseconds to register and deregister: in the tight loop, or by both medians where there is none.
  var pairCost: UInt64? {
    if let pair = phase(.pair) { return pair.p50Ns }
    guard let register = phase(.register), let deregister = phase(.deregister) else { return nil }
    return register.p50Ns + deregister.p50Ns
  }
}

extension BenchReport.Model {
  func isOfSameSeries(as other: BenchReport.Model) -> Bool {
    seriesName == other.seriesName && phase == other.phase
  }
}
