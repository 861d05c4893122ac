import Glibc
import LinuxSystem
import Testing

@testable import Tracing

@Suite struct `A record of a traced call` {
  @Test func `has what the programs have noted`() throws {
    var words = RecordWords()
    words.setHalf(RecordLayout.backing, Backing.pinned.rawValue)
    words.setHalf(RecordLayout.device, 3)
    words.setHalf(RecordLayout.access, 7)
    words.set(RecordLayout.address, 0x7F00_0000_1000)
    words.set(RecordLayout.length, 8192)
    words.set(RecordLayout.command, 0x6574_6972_775F_6269)
    words.set(RecordLayout.command + 8, 0x7762_5F)
    words.set(RecordLayout.place(of: .pin as Part), 900)
    words.set(.pin, sum: 2)
    let record = try #require(words.record)
    #expect(record.kind == .register && record.backing == .pinned)
    #expect(record.process == 1234 && record.thread == 1235)
    #expect(record.command == "ib_write_bw")
    #expect(record.nanoseconds == 2_500)
    #expect(record.device == 2 && record.access == 7)
    #expect(record.address == 0x7F00_0000_1000 && record.length == 8192)
    #expect(record[.pin] == 900 && record.result(of: .pin)?.sum == 2)
    #expect(record.errno == nil && record.failure == nil)
  }

  @Test func `without stages has neither parts nor a device that nobody noted`() throws {
    let record = try #require(RecordWords(isLight: true).record)
    #expect(!record.hasParts && record[.pin] == 0)
    #expect(record.result(of: .pin) == nil)
    #expect(record.device == nil)
  }

  @Test func `takes a pointer for a success and only the last 4095 values for an errno`() {
    func errno(_ result: Int64) -> Errno? { RecordWords(result: result).record?.errno }
    #expect(errno(-0x7FFF_0000) == nil)
    #expect(errno(-4096) == nil)
    #expect(errno(-4095) == Errno(rawValue: 4095))
    #expect(errno(512) == nil)
  }

  @Test func `of an unknown kind, or too short, is none`() {
    var words = RecordWords()
    words.setHalf(RecordLayout.operation, 99)
    #expect(words.record == nil)
    #expect(TraceRecord([1, 2, 3]) == nil)
  }
}
