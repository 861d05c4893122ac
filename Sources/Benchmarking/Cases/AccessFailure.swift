package import Verbs

/// An RDMA WRITE to a page that did not succeed.
package struct AccessFailure: Error, CustomStringConvertible {
  package let state: AccessBench.State
  package let status: CompletionStatus

  /// "RDMA WRITE to a warm page ended as ...".
  package var description: String { "RDMA WRITE to a \(state) page ended as \(status)" }
}
