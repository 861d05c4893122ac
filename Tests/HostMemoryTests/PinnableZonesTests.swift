import LinuxSystem
import Testing

@testable import HostMemory

@Suite struct `Memory that long-term pins can use` {
  private let page = UInt64(BasePage.size)

  private func zone(
    _ node: Int,
    _ name: String,
    free: Int,
    freeCMA: Int = 0,
    cma: Int = 0,
    file: Int = 0,
    anonymous: Int = 0,
    protection: Int = 0,
    slab: Int? = nil
  ) -> String {
    """
    Node \(node), zone \(name)
    \(slab.map { "  per-node stats\n      nr_slab_reclaimable \($0)" } ?? "")
      pages free     \(free)
            min      10
            low      20
            high     30
            spanned  1000
            managed  1000
            cma      \(cma)
            protection: (0, \(protection))
          nr_free_pages \(free)
          nr_zone_inactive_anon \(anonymous)
          nr_zone_active_anon 0
          nr_zone_inactive_file \(file)
          nr_zone_active_file 0
          nr_free_cma  \(freeCMA)
      pagesets
        cpu: 0
                  count:    1
                  high:     400

    """
  }

  @Test func `leaves out ZONE_MOVABLE and what the kernel keeps`() {
    let zones = PinnableZones(
      parsing: zone(0, "Normal", free: 500, file: 100, slab: 60)
        + zone(0, "Movable", free: 900, file: 50)
    )
    // 500 free less 30; 100 of page cache less 20; 60 of slab less 20.
    #expect(zones.reclaimable == (470 + 80 + 40) * page)
    #expect(zones.certain == (470 + 80 + 30) * page)
    #expect(zones.movable == 1000 * page)
  }

  @Test func `leaves out CMA, and takes page cache to be in it where it must be sure`() {
    let zones = PinnableZones(
      parsing: zone(0, "Normal", free: 500, freeCMA: 300, cma: 350, file: 100)
    )
    #expect(zones.reclaimable == (170 + 80) * page)
    #expect(zones.certain == (170 + 30) * page)
    #expect(zones.contiguous == 350 * page)
  }

  @Test
  func `leaves out free blocks of CMA that no area of CMA counts, as kexec handover has them`() {
    let zones = PinnableZones(parsing: zone(0, "Normal", free: 500, freeCMA: 300))
    #expect(zones.reclaimable == 170 * page)
    #expect(zones.contiguous == 300 * page)
  }

  @Test func `is of the nodes that the process may use`() {
    let text = zone(0, "Normal", free: 130) + zone(1, "Normal", free: 230, anonymous: 7)
    #expect(PinnableZones(parsing: text, nodes: [1]).reclaimable == 200 * page)
    #expect(PinnableZones(parsing: text, nodes: [1]).anonymous == 7 * page)
    #expect(PinnableZones(parsing: text).reclaimable == 300 * page)
    #expect(
      PinnableZones.allowedNodes(parsing: "Mems_allowed:\t3\nMems_allowed_list:\t0-1,3\n")
        == [0, 1, 3]
    )
    #expect(PinnableZones.allowedNodes(parsing: "Mems_allowed_list:\t9-2,x\n") == nil)
  }

  @Test func `is nothing where the reserve for lower allocations takes all`() {
    #expect(PinnableZones(parsing: zone(0, "DMA", free: 400, protection: 5000)).reclaimable == 0)
  }
}
