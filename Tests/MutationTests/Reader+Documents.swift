import Documents
import LinuxSystem

@testable import MemRegCommands
@testable import Report

extension Reader {
  static let documents = [
    Reader("documents", count: 1500, texts: documentSeeds, tokens: documentTokens) { bytes in
      guard let document = try? ReportDocument(parsing: bytes, of: "a<img>.json") else { return }
      var fleet = Fleet()
      for _ in 0..<2 { fleet.add(document) }
      for page in [Page(of: [document, document]), fleet.page] {
        let html = page.html
        try require(html.printableLines == html, "a page steers a terminal")
        try require(!html.utf8.contains("<img".utf8), "a page has an element of the document's")
        // Indented lines are code, in which Markdown has no elements.
        let prose = page.markdown.split(separator: "\n").filter { !$0.hasPrefix("    ") }
        try require(
          !prose.contains { $0.utf8.contains("<img".utf8) },
          "Markdown has an element of the document's"
        )
      }
      guard let report = document.bench else { return }
      let plot = TerminalPlot(report, width: 80, isUnicode: true).text
      try require(plot.printableLines == plot, "a plot steers a terminal")
    },
    Reader("results to compare with", texts: [documentSeeds[0]], tokens: documentTokens) { bytes in
      try withFile(bytes) { path in
        do {
          let base = try BenchComparison.base(at: path)
          _ = BenchComparison(base, to: base).text
          _ = base.text + base.csv + base.markdown
        } catch let failure as CommandFailure {
          try require(failure.status == .dataError, "a broken result gets \(failure.status)")
        }
      }
    },
  ]

  private static let documentTokens = [
    "{", "}", "[", "]", "[[[[[[[[", "null", "true", "{\"a\":", "\"memreg.bench/1\"",
    "\"memreg.check/1\"",
    "\"memreg.coherence/1\"", "\"memreg.cache/1\"", "\"memreg.limits/1\"", "\"memreg.fuzz/1\"",
    "\"register\"",
    "\"deregister\"", "\"copy\"", "\"pair\"", "\\ud800", "\\u0000",
  ]

  private static let documentSeeds = [
    """
    {"schema":"memreg.bench/1","host":"h","access":"local-write","clock_read_ps":37000,"interrupted":false,
    "environment":{"kernel":"6.1","architecture":"x86_64","processor":"p","processors":2,"hypervisor":"kvm","emulated":true,
    "device":"rxe0","driver":"rxe","rdma_core":"44.0","page_bytes":4096,"transparent_huge_pages":"always",
    "memlock_limit_bytes":8388608,"memlock_limit_binds":true,"memreg":"0.1.0"},"cases":[{"strategy":"verbs","memory":"anonymous",
    "pages":"populated","threads":1,"resident":0,"size_bytes":4096,"batch":1,"pair_batch":1,"charged_pages":1,"expected_pages":1,
    "warnings":[{"kind":"drift","text":"t"}],"phases":[{"phase":"register","samples":2,"min_ns":10,"p50_ns":20,"p90_ns":30,
    "p99_ns":40,"p999_ns":50,"max_ns":60,"mean_ns":20,"per_page_ps":20000,"bytes_per_second":1000,"samples_ns":[10,20,30]},
    {"phase":"deregister","samples":2,"min_ns":10,"p50_ns":20,"p90_ns":30,"p99_ns":40,"p999_ns":50,"max_ns":60,"mean_ns":20,
    "per_page_ps":20000,"bytes_per_second":1000,"samples_ns":[10,20,30]}]},{"strategy":"verbs","memory":"anonymous",
    "pages":"populated","threads":1,"resident":0,"size_bytes":65536,"batch":1,"pair_batch":1,"failure":"f","warnings":[],
    "phases":[{"phase":"register","samples":1,"min_ns":10,"p50_ns":90,"p90_ns":95,"p99_ns":99,"p999_ns":99,"max_ns":99,
    "mean_ns":90,"per_page_ps":5000,"bytes_per_second":1000,"samples_ns":[90,91]}]}],
    "models":[{"strategy":"verbs","memory":"anonymous","pages":"populated","threads":1,"resident":0,"phase":"register",
    "base_ns":17000,"per_page_ps":240000,"r_squared_ppm":999000}],"crossovers":[{"series":"s","size_bytes":4096}],
    "vm_pin_before_bytes":0,"vm_pin_after_bytes":0}
    """,
    """
    {"schema":"memreg.check/1","host":"h","kernel":"6.1","device":"rxe0","driver":"rxe","seed":1,"interrupted":true,
    "checks":[{"name":"a.b","group":"a","verdict":"passed","promise":"P.","elapsed_ns":5,"defect_gone":true},
    {"name":"a.c","group":"a","verdict":"failed","promise":"P.","subject":"s","expected":"1","observed":"2"},
    {"name":"d.e","group":"d","verdict":"known_defect","subject":"s","expected":"1","observed":"2"},
    {"name":"d.f","group":"d","verdict":"skipped","reason":"r"}]}
    """,
    """
    {"schema":"memreg.coherence/1","device":"rxe0","kernel":"6.1","counts":{"coherent":2,"stale":1},"unexplained":["a/b/c"],
    "cells":[{"operation":"none","registration":"pinned","memory":"anonymous","verdict":"coherent"},
    {"operation":"remap","registration":"pinned","memory":"anonymous","verdict":"stale"},
    {"operation":"remap","registration":"odp","memory":"thp","verdict":"error","status":"IBV_WC_REM_ACCESS_ERR"}]}
    """,
    """
    {"schema":"memreg.cache/1","trace":"ring","uses":5,"touched_bytes":4096,"strategy":"io_uring","kernel":"6.1","winner":"cache",
    "interrupted":true,"policies":[{"policy":"cache","elapsed_ns":5,"ns_per_use":1,"hits_per_mille":987,"registrations":1,
    "evictions":2,"invalidations":3,"uncached":4,"pinned_peak_bytes":4096,"failures":0,"pinned_bytes":[0,4096,4096]},
    {"policy":"none","elapsed_ns":9,"ns_per_use":2,"pinned_peak_bytes":4096,"failures":1,"pinned_bytes":[4096,0,4096,1]}]}
    """,
    """
    {"schema":"memreg.limits/1","host":"h","process":"p","pid":7,"user":"u","memlock":{"soft_bytes":65536,"hard_bytes":65536},
    "limit_binds":true,"pinned_bytes":4096,"headroom_bytes":61440,"max_mappings":65530,"memory_total_bytes":1073741824,
    "hugetlb_pools":[{"page_bytes":2097152,"total_pages":0}],"origin":{"kind":"process","summary":"s","remedy":"r"}}
    """,
    """
    {"schema":"memreg.fuzz/1","kernel":"6.1","device":"rxe0","seed":1,"threads":2,"operations":100,"divergences":1,
    "elapsed_ns":5000000,"answers":{"success":5,"EINVAL":2},"found":[{"difference":"d","seed":3,"original_steps":9,
    "script":["map anonymous 0 1 read-write","register 0 0 4096 0x1"]}]}
    """,
  ]
}
