"""How the page of a model looks besides what all pages share: numbers to follow, and the panel that they open."""

CSS = """
a { color: inherit; text-decoration: underline dotted var(--soft); text-underline-offset: .2em; }
a:hover { color: var(--accent); text-decoration-style: solid; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .88em;
  overflow-wrap: anywhere; }
.of { display: inline-block; white-space: nowrap; margin-right: .8em; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(32rem, 100%), 1fr)); gap: 0 2rem;
  margin: 2rem 0; }
.pictures figure { margin: 1rem 0; }
details { margin-top: .5rem; }
summary { cursor: pointer; color: var(--soft); font-size: .88rem; width: max-content; max-width: 100%; }
th small { display: block; color: var(--soft); font-weight: 400; overflow-wrap: anywhere; }
.inputs td { overflow-wrap: anywhere; }
.inputs .from { min-width: 11rem; max-width: 22rem; }
.checks { list-style: none; padding: 0; margin: 0; font-size: .92rem; }
.checks li { display: grid; grid-template-columns: 4.5rem minmax(0, 1fr); gap: .2rem .7rem; padding: .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.checks b { font-weight: 650; }
.checks .no { color: var(--loss); }
.checks small { color: var(--soft); display: block; }
.q { display: none; position: fixed; z-index: 2; inset: 0 0 0 auto; width: 25rem; margin: 0;
  padding: 1.2rem 1.3rem 2rem; overflow-y: auto; overscroll-behavior: contain; background: var(--paper);
  border-left: 4px solid var(--accent); box-shadow: 0 0 2.5rem rgb(0 0 0 / .28); font-size: .92rem;
  overflow-wrap: anywhere; }
.q:target { display: block; }
.q:focus { outline: 0; }
.q h2 { margin-right: 2.2rem; }
.q h3 { font-size: .82rem; font-weight: 650; color: var(--soft); margin: 1.1rem 0 .25rem; }
.q p { margin: .2rem 0; }
.q b { font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.q pre { margin: 0; overflow-x: auto; }
.q code { display: block; background: var(--panel); border-radius: 6px; padding: .55rem .7rem; }
.q ul { list-style: none; margin: 0; padding: 0; }
.q li { padding: .3rem 0; border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 0 1rem;
  justify-content: space-between; }
.q i { font-style: normal; font-variant-numeric: tabular-nums; margin-left: auto; text-align: right; }
.q small { flex-basis: 100%; color: var(--soft); }
.q .x { float: right; text-decoration: none; font-size: 1.5rem; line-height: 1; padding: .25rem .6rem; }
@media (max-width: 44rem) {
  .q { inset: auto 0 0 0; width: auto; max-height: 72vh; border-left: 0; border-top: 4px solid var(--accent); }
}
@media print {
  .pictures { display: block; }
  .q { display: none !important; }
  a { text-decoration: none; }
  summary { display: none; }
  .checks { break-before: avoid; }
  .checks li { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""
