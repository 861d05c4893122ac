import Testing

@testable import Tracing

@Suite struct `The assembler` {
  // Compared with what clang's BPF target makes of the same lines.
  @Test func `encodes instructions as the kernel reads them`() {
    var code = Assembler()
    code.move(.r6, .r1)
    code.set(.r2, -8)
    code.load(.r1, .r7, 16)
    code.load(.r1, .r7, 40, width: .word)
    code.store(.stack, -8, .r0)
    code.store(.r7, 8, zeroing: .double)
    code.apply(.add, .r2, -8)
    code.apply(.subtract, .r0, .r9)
    code.apply(.shiftRightSigned, .r1, 32)
    code.increase(.r0, 0, by: .r1)
    code.call(.clock)
    code.end()
    #expect(
      code.instructions == [
        0x0000_0000_0000_16BF, 0xFFFF_FFF8_0000_02B7, 0x0000_0000_0010_7179,
        0x0000_0000_0028_7161, 0x0000_0000_FFF8_0A7B, 0x0000_0000_0008_077A,
        0xFFFF_FFF8_0000_0207, 0x0000_0000_0000_901F, 0x0000_0020_0000_01C7,
        0x0000_0000_0000_10DB, 0x0000_0005_0000_0085, 0x0000_0000_0000_00B7,
        0x0000_0000_0000_0095,
      ]
    )
  }

  @Test func `puts descriptors of maps and long constants into two words`() {
    var code = Assembler()
    code.load(.r1, map: 7)
    code.load(.r2, constant: 0x1122_3344_5566_7788)
    #expect(
      code.instructions == [0x0000_0007_0000_1118, 0, 0x5566_7788_0000_0218, 0x1122_3344_0000_0000]
    )
  }

  @Test func `fills in the distances of jumps in both directions`() {
    var code = Assembler()
    let (start, end) = (code.label(), code.label())
    code.place(start)
    code.jump(end, if: .r0, .equals, 0)
    code.jump(start, if: .r1, .differs, .r8)
    code.place(end)
    code.end()
    #expect(code.instructions[0] == 0x0000_0000_0001_0015)
    #expect(code.instructions[1] == 0x0000_0000_FFFE_815D)
  }
}
