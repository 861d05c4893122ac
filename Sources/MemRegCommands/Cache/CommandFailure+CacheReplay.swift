import Benchmarking

extension CommandFailure {
  init(_ error: CacheReplayError) {
    switch error {
    case .noMemory:
      self.init("cannot replay: the trace uses no memory", status: .dataError)
    case .tooLarge(let length, let available):
      self.init(
        "cannot replay: the trace touches \(ByteSize.text(length)), and this machine has "
          + "\(ByteSize.text(available)) to spare; record less or replay on a larger machine",
        status: .refused
      )
    case .noOnDemand:
      self.init("io_uring has no on-demand paging; leave odp out", status: .usage)
    }
  }
}
