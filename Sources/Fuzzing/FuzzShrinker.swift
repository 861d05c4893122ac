/// Shortens a sequence to what is needed (after Zeller's delta debugging, 2002).
struct FuzzShrinker {
  /// Replays that may be spent.
  var budget = 2000
  /// Replays a sequence from a clean start; whether it still shows the divergence.
  let stillShows: ([FuzzOperation]) throws -> Bool

  /// The shortest sequence found that still shows it: without any one of its steps it does not.
  mutating func shrink(_ operations: [FuzzOperation]) throws -> [FuzzOperation] {
    var best = operations
    var chunk = max(1, best.count / 2)
    while budget > 0 {
      var start = 0
      var hasShrunk = false
      while start < best.count, budget > 0 {
        var candidate = best
        candidate.removeSubrange(start..<min(start + chunk, best.count))
        budget -= 1
        if !candidate.isEmpty, try stillShows(candidate) {
          best = candidate
          hasShrunk = true
        } else {
          start += chunk
        }
      }
      if chunk > 1 {
        chunk = max(1, chunk / 2)
      } else if !hasShrunk {
        break
      }
    }
    return best
  }
}
