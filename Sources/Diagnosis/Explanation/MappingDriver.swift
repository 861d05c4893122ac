import HostMemory
import LinuxSystem

/// The driver whose memory a mapping shows, and how that memory is registered.
enum MappingDriver: Equatable {
  case nvidia
  case amd
  case graphics
  case dmaBuf
  case other(path: String)

  /// By the mapping's path; `nil` for memory without one.
  init?(_ area: VirtualMemoryArea) {
    let path = area.path
    if path.hasPrefix("/dmabuf:") || path.hasPrefix("anon_inode:dmabuf") {
      self = .dmaBuf
    } else if path.hasPrefix("/dev/nvidia") {
      self = .nvidia
    } else if path == "/dev/kfd" {
      self = .amd
    } else if path.hasPrefix("/dev/dri/") {
      self = .graphics
    } else if path.hasPrefix("/") {
      self = .other(path: path)
    } else {
      return nil
    }
  }

  /// Whether the memory is a GPU's or another device's that exports it.
  var isExporter: Bool {
    if case .other = self { false } else { true }
  }

  /// What the mapping shows, as it follows "the mapping at ... ".
  var verdict: String {
    switch self {
    case .nvidia: "is of NVIDIA's driver: memory of a GPU, which has no pages to pin"
    case .amd: "is of AMD's compute driver: memory of a GPU, which has no pages to pin"
    case .graphics: "is of a graphics driver: memory of a GPU, which has no pages to pin"
    case .dmaBuf: "is of a dma-buf, which has no pages to pin"
    case .other(let path):
      "is of the driver behind \(path) (VM_IO, VM_PFNMAP), which has no pages to pin"
    }
  }

  /// How to register it.
  var remedy: String {
    switch self {
    case .nvidia:
      MappingDriver.loadPeerMemory ?? "\(MappingDriver.export) (cuMemGetHandleForAddressRange)"
    case .amd: "\(MappingDriver.export) (hsa_amd_portable_export_dmabuf)"
    case .graphics: MappingDriver.export
    case .dmaBuf: "register it by its descriptor, with ibv_reg_dmabuf_mr()"
    case .other: "register ordinary memory; device memory goes by dma-buf"
    }
  }

  private static let export =
    "export the memory as a dma-buf and register that with ibv_reg_dmabuf_mr()"

  /// How to load the module by which `ibv_reg_mr()` takes NVIDIA's memory, if the driver is loaded without it.
  static var loadPeerMemory: String? {
    let isLoaded = ["nvidia_peermem", "nv_peer_mem"]
      .contains { Directory.isDirectory("/sys/module/\($0)") }
    guard Directory.isDirectory("/sys/module/nvidia"), !isLoaded else { return nil }
    return "modprobe nvidia-peermem    # as root; then ibv_reg_mr() takes addresses of the GPU"
  }
}
