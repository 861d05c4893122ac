import Foundation
import Testing

/// The programs of the distribution that read the metrics.
enum Prometheus {
  static let isInstalled = ["prometheus", "promtool", "prometheus-node-exporter"]
    .allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)") }

  /// Unprivileged, with a memlock limit of 256 KiB: from 7.3 who has CAP_IPC_LOCK is not charged by io_uring. A user of
  /// its own, as io_uring counts all processes of a user together.
  static let limited =
    "prlimit --memlock=262144:262144 "
    + "$(test \"$(id -u)\" != 0 || echo setpriv --reuid 65531 --clear-groups --inh-caps=-all --bounding-set=-all)"

  /// What every script begins with: a directory, and the end of all that was started.
  static let prologue = """
    dir=$(mktemp -d); pids=
    trap 'kill $pids 2>/dev/null; wait; rm -rf $dir' EXIT
    free_port() { perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }
    # Half a minute at most.
    await() { n=0; until eval "$1"; do n=$((n + 1)); test $n -lt 300 || { echo "in vain: $1" >&2; return 1; }; sleep 0.1; done; }
    hold() {
      \(limited) \(Memreg.path) register --strategy io_uring --size $1 --hold > $dir/held & holder=$!
      pids="$pids $holder"; await 'grep -q held $dir/held'
    }

    """
}

@Suite(.enabled(if: !RXE.isPresent, "this machine has an RDMA device"), .serialized)
struct `memreg export` {
  @Test(
    .enabled(
      if: Prometheus.isInstalled,
      "prometheus and prometheus-node-exporter are not installed"
    )
  )
  func `is scraped by Prometheus and node_exporter, and the alert for low headroom fires and ends`()
    async throws
  {
    let result = try await Memreg.shell(
      Prometheus.prologue + """
        hold 240K
        \(Memreg.path) export --listen 127.0.0.1:0 2> $dir/said & pids="$pids $!"
        await 'grep -q metrics $dir/said'
        own=$(sed 's|.*127.0.0.1:\\([0-9]*\\)/metrics|\\1|' $dir/said)
        mkdir $dir/text
        \(Memreg.path) export --textfile $dir/text/memreg.prom --interval 0.5 & pids="$pids $!"
        node=$(free_port); web=$(free_port)
        prometheus-node-exporter --web.listen-address=127.0.0.1:$node --collector.disable-defaults \\
          --collector.textfile --collector.textfile.directory=$dir/text 2> $dir/node.log & pids="$pids $!"
        sed 's/for: 2m/for: 0s/' Examples/prometheus-alerts.yml > $dir/alerts.yml
        cat > $dir/prometheus.yml <<END
        global: { scrape_interval: 1s, evaluation_interval: 1s }
        rule_files: [ $dir/alerts.yml ]
        scrape_configs:
          - { job_name: memreg, static_configs: [ { targets: [ "127.0.0.1:$own" ] } ] }
          - { job_name: node, static_configs: [ { targets: [ "127.0.0.1:$node" ] } ] }
        END
        prometheus --config.file=$dir/prometheus.yml --storage.tsdb.path=$dir/data \\
          --web.listen-address=127.0.0.1:$web 2> $dir/prometheus.log & pids="$pids $!"
        query() { promtool query instant http://127.0.0.1:$web "$1" 2> /dev/null; }
        firing="ALERTS{alertname=\\"PinnedMemoryHeadroomLow\\",alertstate=\\"firing\\",job=\\"memreg\\",pid=\\"$holder\\"}"
        await 'query "$firing" | grep -q firing' || { cat $dir/prometheus.log >&2; exit 1; }
        await 'query "up{job=\\"node\\"} == 1" | grep -q up' || { cat $dir/node.log >&2; exit 1; }
        await 'query "memreg_process_pinned_bytes{job=\\"node\\",pid=\\"$holder\\"}" | grep -q 245760'
        query "up{job=\\"memreg\\"}"
        query "memreg_process_pinned_bytes{job=\\"memreg\\",pid=\\"$holder\\"}"
        query "memreg_process_limit_bytes{job=\\"node\\",pid=\\"$holder\\"}"
        query "sum(memreg_process_headroom_bytes{pid=\\"$holder\\"})"
        query "memreg_registration_failures_total{job=\\"memreg\\"}"
        query "$firing"
        kill $holder
        await '! query "$firing" | grep -q firing' && echo resolved
        """
    )
    #expect(result.status == 0, "\(result.error)")
    let values = result.output.split(separator: "\n")
      .map { line in
        line.split(separator: " ").drop { $0 != "=>" }.dropFirst().first.map(String.init)
          ?? String(line)
      }
    #expect(
      values == ["1", "245760", "262144", "32768", "0", "1", "resolved"],
      "\(result.output)"
    )
  }

  @Test(.enabled(if: Prometheus.isInstalled, "promtool is not installed"))
  func `comes with alerts that fire after two minutes and not before`() async throws {
    let result = try await Memreg.shell(
      Prometheus.prologue + """
        cp Examples/prometheus-alerts.yml $dir/alerts.yml
        promtool check rules $dir/alerts.yml || exit 1
        cat > $dir/test.yml <<'END'
        rule_files: [ alerts.yml ]
        evaluation_interval: 30s
        tests:
          - interval: 30s
            input_series:
              - { series: 'memreg_process_headroom_ratio{pid="7",name="low",user="u",instance="a"}', values: '0.0999x20' }
              - { series: 'memreg_process_headroom_ratio{pid="8",name="fine",user="u",instance="a"}', values: '0.1001x20' }
              - { series: 'memreg_registration_works{device="rxe0",instance="a"}', values: '1x20' }
            alert_rule_test:
              - { alertname: PinnedMemoryHeadroomLow, eval_time: 90s, exp_alerts: [] }
              - alertname: PinnedMemoryHeadroomLow
                eval_time: 3m
                exp_alerts:
                  - exp_labels: { severity: warning, pid: "7", name: low, user: u, instance: a }
                    exp_annotations:
                      summary: low (pid 7) on a can pin only 9.99% of its memlock limit more
                      remedy: see `memreg limits --pid 7` on the host
              - { alertname: RegistrationFails, eval_time: 9m, exp_alerts: [] }
        END
        cd $dir && promtool test rules test.yml
        """
    )
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.output.contains("SUCCESS"))
  }

  @Test func `replaces a file at one stroke and counts a registration that fails`() async throws {
    let result = try await Memreg.shell(
      Prometheus.prologue + """
        \(Memreg.path) export --textfile $dir/memreg.prom --once || exit 1
        ls $dir; grep registration_works $dir/memreg.prom | tail -n 1
        \(Prometheus.limited) prlimit --memlock=0:0 \(Memreg.path) export | grep '^memreg_registration'
        """
    )
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 5, "\(result.output)\(result.error)")
    #expect(lines.first == "memreg.prom")
    #expect(lines.dropFirst().first == "memreg_registration_works{device=\"io_uring\"} 1")
    #expect(lines.contains("memreg_registration_works{device=\"io_uring\"} 0"))
    #expect(
      lines.last?.hasPrefix("memreg_registration_failures_total{device=\"io_uring\",errno=\"E")
        == true
    )
    #expect(lines.last?.hasSuffix("\"} 1") == true)
  }

  @Test func `answers one scrape after another, and clients that say nothing or too much`()
    async throws
  {
    let result = try await Memreg.shell(
      Prometheus.prologue + """
        \(Memreg.path) export --listen 127.0.0.1:0 2> $dir/said & server=$!; pids="$pids $server"
        await 'grep -q metrics $dir/said'
        url=$(sed 's|.*serving ||' $dir/said)
        curl -s -o $dir/page -w '%{http_code} %{content_type}\\n' $url; tail -n 1 $dir/page
        curl -s -o /dev/null -w '%{http_code}\\n' ${url%/metrics}/other
        curl -s -o /dev/null -w '%{http_code}\\n' -X POST $url
        head -c 20000 /dev/zero | curl -s -m 20 telnet://${url#http://} > /dev/null
        curl -s -o /dev/null -w '%{http_code}\\n' $url
        kill -INT $server; wait $server; echo $?
        """
    )
    #expect(
      result.output == """
        200 application/openmetrics-text; version=1.0.0; charset=utf-8
        # EOF
        404
        405
        200
        130

        """,
      "\(result.error)"
    )
  }

  /// Holds 1,000 connections to a port: silent ones, ones that send a byte now and then, and ones that read no answer.
  private static let crowd = """
    perl -MIO::Socket::INET -e '$SIG{PIPE} = "IGNORE"; my @all;
      for (1 .. 1000) { push @all, IO::Socket::INET->new("127.0.0.1:$ARGV[0]") || die "connection $_: $!"; $all[-1]->autoflush(1);
        $all[-1]->print("GET /metrics HTTP/1.1\\r\\n\\r\\n") if $_ % 3 == 0; }
      print "held\\n"; STDOUT->flush;
      for (1 .. 300) { select undef, undef, undef, 0.1; for my $i (0 .. 999) { $all[$i]->print("G") if $i % 3 == 0 } }'
    """

  @Test(.timeLimit(.minutes(5)))
  func
    `answers beside 1,000 connections that are silent, slow or unread, in bounded descriptors and memory`()
    async throws
  {
    let result = try await Memreg.shell(
      Prometheus.prologue + """
        ulimit -n 4096
        \(Memreg.path) export --listen 127.0.0.1:0 2> $dir/said & server=$!; pids="$pids $server"
        await 'grep -q metrics $dir/said'
        url=$(sed 's|.*serving ||' $dir/said); port=$(sed 's|.*:\\([0-9]*\\)/.*|\\1|' $dir/said)
        scrape() { curl -s -m 20 -o /dev/null -w '%{http_code}\\n' $url; }
        rss() { awk '/VmRSS/ { print $2 }' /proc/$server/status; }
        scrape; before=$(rss)
        \(Self.crowd) $port > $dir/crowd & pids="$pids $!"
        await 'grep -q held $dir/crowd'
        for n in 1 2 3 4 5; do scrape; done
        curl -s -m 20 -o /dev/null -w '%{time_total} s beside 1,000 connections\\n' $url >&2
        printf 'GET /metrics HTTP/1.0\\n\\n' | curl -s -m 20 telnet://127.0.0.1:$port | tail -n 1
        test $(ls /proc/$server/fd | wc -l) -le 300 && echo "descriptors bounded"
        test $(($(rss) - before)) -le 16384 && echo "memory bounded"
        kill -INT $server; wait $server; echo $?
        """
    )
    #expect(
      result.output == """
        200
        200
        200
        200
        200
        200
        # EOF
        descriptors bounded
        memory bounded
        130

        """,
      "\(result.error)"
    )
  }

  @Test func `answers with room for a single connection left in its descriptors`() async throws {
    let result = try await Memreg.shell(
      Prometheus.prologue + """
        (ulimit -n 40; exec \(Memreg.path) export --listen 127.0.0.1:0 2> $dir/said) & server=$!; pids="$pids $server"
        await 'grep -q metrics $dir/said'
        url=$(sed 's|.*serving ||' $dir/said)
        perl -MIO::Socket::INET -e 'my @all = map { IO::Socket::INET->new($ARGV[0]) } 1 .. 50; print "held\\n"; STDOUT->flush; sleep 60' \\
          $(sed 's|.*//\\(.*\\)/.*|\\1|' $dir/said) > $dir/crowd & pids="$pids $!"
        await 'grep -q held $dir/crowd'
        curl -s -m 20 -o /dev/null -w '%{http_code}\\n' $url
        """
    )
    #expect(result.output == "200\n", "\(result.error)")
  }

  @Test(
    arguments: [
      ["--listen", "9953"], ["--listen", ":9953"], ["--listen", "127.0.0.1:x"],
      ["--listen", "127.0.0.1:99999"], ["--listen", "127.0.0.1:0", "--textfile", "x"],
      ["--interval", "0"], ["--max-processes", "0"],
    ]
  )
  func `refuses nonsense in one line`(arguments: [String]) async throws {
    try await Memreg.expectRefusal(of: ["export"] + arguments)
  }
}
