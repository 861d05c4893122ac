import ArgumentParser
import HostMemory
import Report

/// `memreg report`: makes one page of the JSON documents of the other commands.
struct ReportCommand: MemRegSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Turn memreg's JSON documents into one page.",
    discussion: """
      Reads what bench, check, coherence, cache, fuzz and limits write as JSON; of a directory, every \
      file that ends in .json. The HTML page needs no network and no script, and holds each figure as a \
      table as well; Markdown has the same tables, and goes to standard output without --html and \
      --markdown. A second benchmark of the same cases is compared with the first.

      --by host compares hosts instead: what differs between them, and which lie far from the others. \
      Of each document it keeps no more than what it compares.

      A file that is none of these documents gets a line on standard error and the exit status 65; \
      the page is made of the others.
      """
  )

  /// What documents are put together by.
  enum Grouping: String, ExpressibleByArgument, CaseIterable {
    case host
  }

  @Argument(
    help: ArgumentHelp(
      "Documents, - for standard input, and directories of documents.",
      valueName: "file"
    ),
    completion: .file(extensions: ["json"])
  )
  var files: [String]

  @Option(help: ArgumentHelp("Write a page of HTML to this file.", valueName: "file"))
  var html: String?

  @Option(help: ArgumentHelp("Write the tables to this file, in Markdown.", valueName: "file"))
  var markdown: String?

  @Option(
    help: ArgumentHelp("What to compare instead of showing each document.", valueName: "what")
  )
  var by: Grouping?

  func execute() throws {
    let html = try html.map { try OutputPlace($0, option: "--html") }
    let markdown = try markdown.map { try OutputPlace($0, option: "--markdown") }
    try OutputPlace.checkDistinct([html, markdown])
    var reading = DocumentReading()
    let page = by == .host ? fleetPage(&reading) : documentsPage(&reading)
    if let page {
      if let html { try AtomicFile.write(page.html, to: html) }
      if let markdown { try AtomicFile.write(page.markdown, to: markdown) }
      if html == nil && markdown == nil { StandardOutput.write(page.markdown) }
    }
    try reading.finish()
  }

  private func fleetPage(_ reading: inout DocumentReading) -> Page? {
    var fleet = Fleet()
    reading.forEach(of: files) { fleet.add($0) }
    return fleet.isEmpty ? nil : fleet.page
  }

  private func documentsPage(_ reading: inout DocumentReading) -> Page? {
    var documents: [ReportDocument] = []
    reading.forEach(of: files) { documents.append($0) }
    return documents.isEmpty ? nil : Page(of: documents)
  }
}
