/// The looks of pages and figures: colours as custom properties, which light, dark and paper each define.
///
/// The six colours of lines are told apart with every common kind of colour blindness, and have a contrast of 4.5 to 1
/// and more with the paper, so that labels may have them too.
enum StyleSheet {
  static let text =
    """
    :root {
    color-scheme: light dark;
    --paper: #ffffff; --ink: #1b1f24; --muted: #57606a; --grid: #e3e7eb; --rule: #8c959f;
    \(onWhite)
    }
    @media (prefers-color-scheme: dark) {
    :root {
    --paper: #14181d; --ink: #e6e9ed; --muted: #a3acb6; --grid: #2b323a; --rule: #6b757f;
    --c0: #62b6f7; --c1: #ff9f5e; --c2: #45cba3; --c3: #e59bdb; --c4: #e3c14f; --c5: #c3c9d0;
    --good: #143a57; --warn: #5c4700; --bad: #78301a; --error: #4d2f60; --none: #2b323a;
    }
    }
    body {
    margin: 0 auto; padding: 1rem 1.25rem 4rem; max-width: 64rem;
    background: var(--paper); color: var(--ink);
    font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
    }
    h1 { font-size: 1.7rem; margin: 1rem 0 .25rem; }
    h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--grid); }
    h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
    header p { color: var(--muted); margin: .25rem 0; }
    h1, h2, h3, p, li, figcaption, summary, caption { overflow-wrap: anywhere; }
    nav ol { padding-left: 1.5rem; columns: 2; }
    a { color: var(--c0); }
    figure { margin: .5rem 0 1.5rem; }
    figcaption { color: var(--muted); font-size: .875em; max-width: 60rem; }
    :focus-visible { outline: 3px solid var(--c0); outline-offset: 3px; }
    .picture, .scroll { overflow-x: auto; }
    svg { display: block; width: 100%; min-width: 52rem; height: auto; }
    svg.stacked { display: none; min-width: 0; max-width: 40rem; }
    details { margin: .5rem 0; }
    summary { cursor: pointer; color: var(--c0); font-size: .875em; }
    table { border-collapse: collapse; margin: .75rem 0; font-size: .8125em; }
    caption { text-align: left; font-weight: 600; padding-bottom: .25rem; }
    th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--grid); text-align: left; vertical-align: top; }
    thead th { border-bottom: 1px solid var(--rule); white-space: nowrap; }
    tbody th { font-weight: 500; }
    .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    pre { overflow-x: auto; padding: .75rem; background: var(--none); font-size: .8125em; }
    @media screen and (max-width: 45rem) {
    body { padding: .5rem .75rem 3rem; }
    h1 { font-size: 1.4rem; }
    h2 { font-size: 1.15rem; margin-top: 2rem; }
    nav ol { columns: 1; }
    nav li { padding: .2rem 0; }
    svg.across { display: none; }
    svg.stacked { display: block; }
    tbody th:first-child { position: sticky; left: 0; background: var(--paper); min-width: 6rem; max-width: 40vw; overflow-wrap: anywhere; }
    }
    \(figures)@media print {
    :root {
    color-scheme: light;
    --paper: #ffffff; --ink: #000000; --muted: #3d444d; --grid: #d0d7de; --rule: #57606a;
    \(onWhite)
    }
    body { max-width: none; padding: 0; font-size: 11px; }
    svg { min-width: 0; }
    svg.stacked { display: none; }
    nav, details:not([open]) { display: none; }
    figure, tr { break-inside: avoid; }
    h2, h3 { break-after: avoid; }
    * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }

    """

  /// The colours of lines and of cells on white paper, on a screen and in print.
  private static let onWhite =
    """
    --c0: #0063b1; --c1: #c04a00; --c2: #00785a; --c3: #9a3d90; --c4: #7a5f00; --c5: #4a4f57;
    --good: #d3e8f8; --warn: #ffe7a8; --bad: #f8b8a2; --error: #e6d2ee; --none: #e8eaed;
    """

  /// What a figure needs of it, so that one may stand alone. No rule names what an element is in: a panel that is shown by
  /// `use` is in nothing.
  private static let figures =
    """
    text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); font-size: 12px; }
    .paper { fill: var(--paper); }
    .grid { stroke: var(--grid); stroke-width: 1; fill: none; }
    .minor { stroke: var(--grid); stroke-width: .5; fill: none; }
    .rule { stroke: var(--rule); stroke-width: 1; fill: none; }
    .frame { stroke: var(--ink); stroke-width: 2; fill: none; }
    .tick { fill: var(--muted); font-size: 11px; }
    .note { fill: var(--muted); font-size: 12px; }
    .title { font-weight: 600; font-size: 13px; }
    .small { font-size: 10.5px; }
    .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .model { fill: none; stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 2 4; stroke-linecap: round; }
    .wide { opacity: .14; }
    .narrow { opacity: .22; }
    .hollow { fill: var(--paper); stroke-width: 1.5; }
    .good { fill: var(--good); }
    .warn { fill: var(--warn); }
    .bad { fill: var(--bad); }
    .error { fill: var(--error); }
    .none { fill: var(--none); }
    \((0..<6).map(colour).joined())
    """

  private static func colour(_ number: Int) -> String {
    ".s\(number) { stroke: var(--c\(number)); } .f\(number) { fill: var(--c\(number)); }\n"
  }
}
