import Tracing

extension TraceLosses {
  /// What is missing, each part after a comma; empty if nothing is.
  var text: String {
    var text = calls > 0 ? ", \(calls) lost" : ""
    if missedCalls > 0 { text += ", up to \(missedCalls)\(calls > 0 ? " more" : "") lost" }
    if missedStages > 0 { text += ", up to \(missedStages) with parts that are too short" }
    if missedStarts > 0 { text += ", up to \(missedStarts) started processes not followed" }
    return text
  }
}
