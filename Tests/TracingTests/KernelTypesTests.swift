import Testing

@testable import Tracing

@Suite struct `The types of a kernel` {
  /// A kernel with `struct ib_pd { struct ib_device *device; }`, its table of operations, and a module with a driver.
  private func files() throws -> [TypeFile] {
    var kernel = TypeBytes()
    let u64 = kernel.add("u64", kind: 1, link: 8, [64])
    let device = kernel.add("ib_device", kind: 4, count: 0, link: 64)
    let toDevice = kernel.add("", kind: 2, link: device)
    let pages = kernel.text("pages")
    let union = kernel.add("", kind: 5, count: 1, link: 8, [pages, u64, 0])
    let member = kernel.text("device")
    let domain = kernel.add(
      "ib_pd",
      kind: 4,
      count: 2,
      link: 24,
      [0, union, 64, member, toDevice, 128]
    )
    let toDomain = kernel.add("", kind: 2, link: domain)
    let region = kernel.add("ib_mr", kind: 4, link: 64)
    let toRegion = kernel.add("", kind: 2, link: region)
    let start = kernel.text("start")
    let prototype = kernel.add(
      "",
      kind: 13,
      count: 2,
      link: toRegion,
      [0, toDomain, start, u64]
    )
    let toPrototype = kernel.add("", kind: 2, link: prototype)
    let operation = kernel.text("reg_user_mr")
    kernel.add("ib_device_ops", kind: 4, count: 1, link: 8, [operation, toPrototype, 0])
    let int = kernel.add("int", kind: 1, link: 4, [32])
    let void = kernel.add("", kind: 13, count: 1, link: int, [start, u64])
    kernel.add("ib_uverbs_reg_mr", kind: 12, link: void)
    let base = try #require(TypeFile(kernel.bytes))
    var module = TypeBytes(after: 14, stringsBefore: kernel.stringCount)
    let own = module.add("", kind: 13, count: 2, link: toRegion, [0, toDomain, start, u64])
    module.add("some_reg_user_mr", kind: 12, link: own)
    module.add("other", kind: 12, link: void)
    return [base, try #require(TypeFile(module.bytes, module: "some_driver", after: base))]
  }

  private func types(_ wanted: Set<String>) throws -> KernelTypes {
    KernelTypes(try files(), wanted: wanted)
  }

  @Test func `give the distance of a member, also of one in an anonymous part`() throws {
    let types = try types(["ib_pd"])
    #expect(types.offset(of: "device", in: "ib_pd") == 16)
    #expect(types.offset(of: "pages", in: "ib_pd") == 8)
    #expect(types.offset(of: "none", in: "ib_pd") == nil)
    #expect(types.offset(of: "device", in: "ib_mr") == nil)
  }

  @Test func `give a function with its parameters, its result and its module`() throws {
    let types = try types(["ib_uverbs_reg_mr", "other"])
    let function = try #require(types.function("ib_uverbs_reg_mr"))
    #expect(function.parameters == ["start"])
    #expect(function.result == .int)
    #expect(function.module == nil)
    #expect(types.function("other")?.module == "some_driver")
    #expect(types.function("none") == nil)
  }

  @Test func `find the driver's function by the table that it fits`() throws {
    let types = try types(["ib_device_ops"])
    let found = types.functions(
      like: "reg_user_mr",
      in: "ib_device_ops",
      beside: "ib_uverbs_reg_mr"
    )
    #expect(found.map(\.name) == ["some_reg_user_mr"])
    #expect(found.first?.module == "some_driver")
    #expect(found.first?.result == .long)
    #expect(found.first?.type == 16)
  }

  @Test func `are refused if a file is cut or is none`() throws {
    var kernel = TypeBytes()
    kernel.add("u64", kind: 1, link: 8, [64])
    let bytes = kernel.bytes
    #expect(TypeFile(bytes) != nil)
    for length in 0..<bytes.count { #expect(TypeFile(Array(bytes.prefix(length))) == nil) }
    #expect(TypeFile([UInt8](repeating: 0, count: 64)) == nil)
    var unknown = TypeBytes()
    unknown.add("", kind: 31, link: 0)
    #expect(TypeFile(unknown.bytes) == nil)
  }
}
