/// Nanoseconds per operation, in the order of taking.
package struct BenchSamples: Sendable {
  package var register: [UInt64] = []
  package var deregister: [UInt64] = []
  package var pair: [UInt64] = []
  package var copy: [UInt64] = []

  static func += (all: inout BenchSamples, part: BenchSamples) {
    all.register += part.register
    all.deregister += part.deregister
    all.pair += part.pair
    all.copy += part.copy
  }
}
