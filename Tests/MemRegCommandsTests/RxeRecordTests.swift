import Testing

@testable import MemRegCommands

@Suite struct `A record of a soft-RoCE link` {
  @Test(arguments: [nil, 12] as [Int32?])
  func `reads what it wrote`(made: Int32?) throws {
    let record = RxeRecord(name: "rxe0", deviceIndex: 3, netdev: "eth0", madeNetdevIndex: made)
    #expect(RxeRecord(name: "rxe0", parsing: record.text) == record)
  }

  @Test(arguments: [
    "", "device_index 3\n", "netdev eth0\n", "device_index x\nnetdev eth0\n",
    "device_index 3\nnetdev\n", "device_index 3\nnetdev eth0\nmade_netdev_index many\n",
    "device_index -1\nnetdev eth0\n", "nonsense",
  ])
  func `is none where the file is damaged`(text: String) {
    #expect(RxeRecord(name: "rxe0", parsing: text) == nil)
  }
}
