"""How the page looks: one style sheet for screen, phone, dark rooms and paper."""

CSS = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #59636e; --line: #d5dae0;
  --panel: #f5f7f9; --accent: #0072b2; --loss: #b34700; --alarm: #fdf3e3; --alarm-line: #b87400; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ink: #e8ebee; --soft: #a3adb8; --line: #343b44; --panel: #1c2229; --accent: #58aee0;
    --loss: #f08a4b; --alarm: #2b2313; --alarm-line: #d39a35; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; font-size: 1rem;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-top: 2.25rem; }
header { border-top: 4px solid var(--accent); padding-top: .9rem; margin-bottom: 1.5rem; }
h1 { font-size: 1rem; font-weight: 600; color: var(--soft); margin: 0 0 .3rem; overflow-wrap: anywhere; }
header p { font-size: 1.6rem; line-height: 1.25; font-weight: 650; margin: 0; max-width: 46rem; text-wrap: balance;
  overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 45%), 1fr)); gap: .75rem;
  margin: 1.5rem 0; }
.figures div { background: var(--panel); border-radius: 6px; padding: .75rem .9rem; min-width: 0; }
.figures dt { color: var(--soft); font-size: .85rem; }
.figures dd { margin: 0; overflow-wrap: anywhere; }
.figures .value { font-size: 1.35rem; font-weight: 650; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures .unit { font-size: .75rem; white-space: nowrap; }
.figures .note { color: var(--soft); font-size: .8rem; }
section, figure { margin: 2rem 0; min-width: 0; }
h2, figcaption { font-size: 1.1rem; font-weight: 650; margin: 0 0 .6rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
figure svg { display: block; width: 100%; min-width: 32rem; max-width: 46rem; height: auto; }
figure svg text { font-family: "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .32rem .5rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { vertical-align: bottom; font-weight: 600; border-bottom: 2px solid var(--ink); }
thead small { display: block; color: var(--soft); font-weight: 400; }
tbody th { font-weight: 400; min-width: 9rem; overflow-wrap: anywhere; }
tbody td:not(.number) { min-width: 5.5rem; }
.whole { white-space: nowrap; }
th:first-child { padding-left: 0; position: sticky; left: 0; background: var(--paper); }
td:last-child, th:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; }
thead .number { white-space: normal; }
.loss { color: var(--loss); }
tfoot th, tfoot td { font-weight: 650; border-bottom: 0; border-top: 2px solid var(--ink); }
tbody tr:last-child th, tbody tr:last-child td { border-bottom: 0; }
.remark { color: var(--soft); font-size: .88rem; margin: .6rem 0 0; }
aside { border-left: 4px solid var(--line); background: var(--panel); padding: .6rem .9rem; margin: .75rem 0;
  border-radius: 0 6px 6px 0; overflow-wrap: anywhere; }
aside.warning { border-color: var(--alarm-line); background: var(--alarm); }
footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1rem; padding-bottom: 2.5rem;
  color: var(--soft); font-size: .82rem; }
footer dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: 0; }
footer dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { header p { font-size: 1.3rem; } .figures .value { font-size: 1.05rem; }
  main { padding-top: 1rem; } }
@page { margin: 16mm 14mm; }
@page wide { size: landscape; }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #111; --soft: #444; --line: #ccc; --panel: #f4f4f4;
    --loss: #a03c00; --alarm: #fdf3e3; --alarm-line: #b87400; }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding: .2rem .4rem; }
  th:first-child { position: static; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  tr, figure, aside, .figures div { break-inside: avoid; }
  h2, figcaption { break-after: avoid; }
  figure svg { min-width: 0; max-width: 100%; max-height: 120mm; }
  .wide { page: wide; }
}
"""
