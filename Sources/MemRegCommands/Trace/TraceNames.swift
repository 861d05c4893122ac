import Tracing

extension CallKind {
  /// As text and JSON name it.
  var name: String {
    switch self {
    case .register: "register"
    case .reregister: "reregister"
    case .deregister: "deregister"
    case .fault: "fault"
    case .charge: "charge"
    }
  }
}

extension Backing {
  /// As text and JSON name it.
  var name: String {
    switch self {
    case .unknown: "-"
    case .pinned: "pinned"
    case .onDemand: "on-demand"
    case .dmabuf: "dmabuf"
    case .deviceMemory: "device"
    case .ioUring: "io_uring"
    case .vfio: "vfio"
    }
  }
}

extension Stage {
  /// As text and JSON name it.
  var name: String { "\(self)" }
}
