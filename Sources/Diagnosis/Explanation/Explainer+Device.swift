import HostMemory
import LinuxSystem
import MemoryRegistration
import Verbs

extension Explainer {
  /// A region longer than the device or its driver takes.
  func explainDriverSize(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy == .verbs, let device, let longest = device.longestRegion,
      attempt.range.length > longest.bytes || attempt.range.pages > device.mostPages ?? .max
    else { return nil }
    let (most, asked) = (SizeText.text(longest.bytes), SizeText.text(attempt.range.length))
    let driver = device.driver.map { "\($0) " } ?? ""
    return FailureExplanation(
      .driverSize,
      "\(driver)on \(device.name) registers \(most) in one region at most, and this is \(asked)",
      evidence: [
        longest.setting == "max_mr_size"
          ? "max_mr_size of \(device.name) is \(longest.bytes)"
          : "the driver keeps a region's pages in one allocation of at most 4 MiB"
      ],
      remedy: "register the memory in regions of \(most) or less"
    )
  }

  /// A device that has as many regions as it allows.
  func explainRegionCount(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy != .ioUring, let device,
      let full = PinBound.device(device).first(where: { $0.kind == .regions && $0.bytes == 0 })
    else { return nil }
    return .insufficient(full, missing: attempt.range.length, ofProcess: pid)
  }

  /// ENOMEM, or EINVAL of soft RoCE from 6.12 (`rxe_add_to_pool()`), for the plainest registration there is.
  func explainDeviceRefusal(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy == .verbs, let code = attempt.code,
      probe?.attemptFreshPage(access: []) == .refused(code)
    else { return nil }
    return FailureExplanation(
      .deviceLimit,
      "not even one fresh page can be registered and the memlock limit is not the reason: the "
        + "driver or the device has no room for another region",
      evidence: budgetEvidence + [
        "one fresh page without any access: "
          + attempt.code.outcome
      ],
      remedy: "count the regions with `rdma resource show mr`, compare with max_mr of "
        + "`ibv_devinfo -v`, and look at dmesg for the driver's own words"
    )
  }

  /// EOPNOTSUPP for ordinary memory and plain access, which every driver registers, and ENOTSUPP, which only an exporter
  /// of a dma-buf or a driver says.
  func explainForeignMemory(_ attempt: RegistrationAttempt) -> FailureExplanation? {
    guard attempt.strategy == .verbs else { return nil }
    if attempt.code == .EOPNOTSUPP, let guest = ConfidentialGuest() {
      return FailureExplanation(
        .confidentialGuest,
        "this is a confidential guest (\(guest.technology)): \(device?.name ?? "a device") cannot reach its private memory, and "
          + "kernels from 7.2 refuse to register what DMA would have to bounce",
        evidence: [guest.evidence],
        remedy: "use a device that the guest trusts with its memory, or run the program on the host"
      )
    }
    guard let device else {
      return FailureExplanation(
        .dmaBufUnsupported,
        "\(attempt.code.outcome) is what registering a dma-buf gives: the device's driver has no method for it"
          + (attempt.code == .ENOTSUPP ? ", or the exporter does not let the device attach" : ""),
        evidence: [
          "no driver says it of ordinary memory, which is registered with ibv_reg_mr",
          "there is no device here to ask",
        ],
        remedy: Self.withoutDMABuf
      )
    }
    let driver = device.driver.map { "the driver \($0)" } ?? "the driver"
    switch (device.registersDMABufs, attempt.code) {
    case (false, _):
      return FailureExplanation(
        .dmaBufUnsupported,
        "\(device.name) registers no dma-buf: \(driver) has no method for it, which is what ibv_reg_dmabuf_mr() says",
        evidence: [
          "ibv_reg_dmabuf_mr with a descriptor that is none gives EOPNOTSUPP, not EBADF",
          "memory of the host is registered with ibv_reg_mr, which this does not concern",
        ],
        remedy: Self.withoutDMABuf
      )
    case (_, .ENOTSUPP):
      return FailureExplanation(
        .dmaBufRefused,
        "the driver that exported the dma-buf, a GPU's for instance, does not let \(device.name) attach: it does no "
          + "PCI peer-to-peer between the two",
        evidence: ["ENOTSUPP (524) is of the exporter's attach; the system has no such errno"],
        remedy:
          "use the device nearest to the GPU (nvidia-smi topo -m, rocm-smi --showtopo), or copy through memory of "
          + "the host"
      )
    default: return nil
    }
  }

  private static var withoutDMABuf: String {
    MappingDriver.loadPeerMemory
      ?? "copy through memory of the host; NCCL_DMABUF_ENABLE=0 keeps NCCL from trying"
  }
}
