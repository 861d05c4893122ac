import Fixtures
import Testing

@testable import Conformance

@Suite struct `The limits of an rdma control group` {
  @Test func `are lifted for every resource of each device that has one`() {
    let text = """
      rxe0 hca_handle=max hca_object=3
      rxe1 hca_handle=max hca_object=max
      mlx5_0 hca_handle=0 hca_object=max hca_later=7

      """
    #expect(
      RDMALimits.lifting(text) == [
        "rxe0 hca_handle=max hca_object=max",
        "mlx5_0 hca_handle=max hca_object=max hca_later=max",
      ]
    )
  }

  @Test(arguments: ["", "\n", "rxe0\n", "rxe0 hca_handle=max hca_object=max\n"])
  func `are none in a text without numbers`(text: String) {
    #expect(RDMALimits.lifting(text) == [])
  }
}
