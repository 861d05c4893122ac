import Testing

@Suite struct `Exported files` {
  private static let bench = "bench --strategy io_uring --sizes 4K -n 5"

  @Test func `follow no link that stands where they are written`() async throws {
    let result = try await Memreg.shell(
      """
      d=$(mktemp -d) && cd $d && m=$OLDPWD/\(Memreg.path) && echo precious > victim
      for name in out.json.part .out.json out.json; do ln -s victim $name; done
      $m \(Self.bench) --export-json out.json > /dev/null && cat victim && head -c 1 out.json
      ls -A; stat -c %a out.json; rm -r $d
      """
    )
    #expect(result.status == 0)
    #expect(
      result.output == "precious\n{.out.json\nout.json\nout.json.part\nvictim\n644\n",
      "\(result.error)"
    )
  }

  @Test func `of eight writers at a time are all written, and one of them stays`() async throws {
    let result = try await Memreg.shell(
      """
      d=$(mktemp -d) && m=$PWD/\(Memreg.path) && cd $d && for i in 1 2 3 4 5 6 7 8; do
        { $m \(Self.bench) --export-json x.json > /dev/null 2> error$i; echo $? > status$i; } & done; wait
      cat status* error*; ls; tail -c 2 x.json; rm -r $d
      """
    )
    let files = (1...8).map { "error\($0)\n" } + (1...8).map { "status\($0)\n" }
    #expect(
      result.output == String(repeating: "0\n", count: 8) + files.joined() + "x.json\n}\n"
    )
  }

  @Test func `may be standard output`() async throws {
    let result = try await Memreg.shell(
      "\(Memreg.path) \(Self.bench) --export-json /dev/stdout | grep -o '^{\"access\"'"
    )
    #expect(result.output.hasPrefix("{\"access\"\n"))
  }
}
