/** How a job report looks, on the screen and on A4 or Letter paper. */
export const JOB_REPORT_STYLE = `
:root { color-scheme: light; --ink: #15262a; --soft: #4d5c5e; --line: #cfc8ba; --accent: #0b5d63; --good: #1b6a3c; --warn: #7d4e00; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); font: 10.5pt/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 780px; margin: 0 auto; padding: 32px 28px 48px; }
header { padding-bottom: 14px; border-bottom: 3px solid var(--accent); }
h1 { margin: 0; font-size: 24pt; letter-spacing: -0.02em; line-height: 1.1; }
.name { margin: 4px 0 2px; font-size: 14pt; font-weight: 600; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--soft); }
header .name { color: var(--ink); }
section { margin-top: 22px; }
h2 { margin: 0 0 8px; font-size: 13pt; }
h3 { margin: 14px 0 6px; font-size: 11pt; }
p { margin: 0 0 4px; }
.verdict { padding: 12px 16px; border: 1px solid var(--line); border-left: 6px solid var(--warn); border-radius: 6px; break-inside: avoid; }
.verdict[data-met="yes"] { border-left-color: var(--good); }
.verdict h2 { font-size: 10pt; color: var(--soft); text-transform: uppercase; letter-spacing: 0.05em; margin: 0 0 4px; }
.mind { color: var(--warn); font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(130px, 190px) 1fr; gap: 4px 16px; margin: 8px 0 0; break-inside: avoid; }
dl + dl { padding-top: 8px; border-top: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
table { width: 100%; margin-top: 8px; border-collapse: collapse; break-inside: avoid; }
th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: right; overflow-wrap: anywhere; }
th { font-weight: 600; }
thead th { color: var(--soft); font-weight: 500; }
tr > :first-child { padding-left: 0; text-align: left; }
.matrix { width: auto; }
.matrix th[colspan] { text-align: center; }
.matrix td { min-width: 56px; text-align: center; }
.matrix td[data-kind="right"] { font-weight: 700; background: #e0f0e2; }
.matrix td[data-kind="wrong"] { font-weight: 700; background: #fae3dc; }
.matrix td[data-kind="none"] { color: var(--soft); }
ul { margin: 0; padding-left: 18px; }
code { font: 8.5pt ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { margin-top: 28px; padding-top: 10px; border-top: 1px solid var(--line); color: var(--soft); break-inside: avoid; }
.signature { margin-top: 44px; padding-top: 4px; border-top: 1px solid var(--ink); width: 280px; }
@page { size: A4; margin: 16mm 15mm; }
@media print { main { max-width: none; padding: 0; } body { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
`;
