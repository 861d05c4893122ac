/// Nanoseconds per operation, in the order of taking.
package struct BenchSamples: Sendable {
  package var register: [UInt64] = []
  package var deregister: [UInt64] = []
  package var pair: [UInt64] = []
  package var copy: [UInt64] = []
}
