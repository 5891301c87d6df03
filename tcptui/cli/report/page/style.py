"""The style sheet of the page, and the policy that allows nothing but it."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from tcptui.charts.svg import CHART_CSS

STYLE: Final = (
    CHART_CSS
    + """
:root{color-scheme:light dark;--ink:#1f2328;--soft:#57606a;--paper:#fff;--card:#f6f8fa;--edge:#d0d7de;--error:#b3122d;
--warning:#7d5200;--note:#0757ba;--client:#0550ae;--server:#7238bd;--good:#146c31;--p0:#8c959f;--p1:#7238bd;
--p2:#0550ae;--p3:#9a6700;--p4:#0757ba;--p5:#146c31;--p6:#c00d2b;--p7:#d0d7de;--p8:#afb8c1;--on:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#dbe2ea;--soft:#9aa4b0;--paper:#10151b;--card:#161d26;--edge:#3b4754;
--error:#ff7f7f;--warning:#f2b84b;--note:#8ac8ff;--client:#74bbff;--server:#d2a8ff;--good:#7ee787;--p0:#9aa4b0;
--p1:#d2a8ff;--p2:#74bbff;--p3:#f2b84b;--p4:#8ac8ff;--p5:#7ee787;--p6:#ff7f7f;--p7:#3b4754;--p8:#57606a;--on:#10151b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);
font:1rem/1.55 system-ui,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
overflow-wrap:anywhere}
h1{font-size:1.25rem;margin:0}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}h3{font-size:1.05rem;margin:0}
h4{font-size:1rem;margin:1.2rem 0 .2rem}p{margin:.4rem 0}ul{margin:.3rem 0;padding-left:1.3rem}
a{color:var(--note)}.soft{color:var(--soft)}.small{font-size:.9rem}
.verdict{font-size:1.25rem;line-height:1.4;margin:1rem 0;padding:.8rem 1rem;border-left:.4rem solid var(--good);
background:var(--card)}.verdict.error{border-color:var(--error)}.verdict.warning{border-color:var(--warning)}
.card{margin:1rem 0;padding:.9rem 1rem;border:1px solid var(--edge);border-radius:.4rem;background:var(--card)}
.mark{font-weight:700}.error .mark,.mark.error{color:var(--error)}.warning .mark,.mark.warning{color:var(--warning)}
.sure{font-size:.85rem;font-weight:400;color:var(--soft);white-space:nowrap}
dl{margin:.3rem 0 0;display:grid;grid-template-columns:max-content 1fr;gap:.15rem .8rem}dt{color:var(--soft)}
dd{margin:0}@media (max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}
.wide{overflow-x:auto;margin:.6rem 0}table{border-collapse:collapse;font-size:.9rem}
th,td{text-align:left;padding:.15rem .9rem .15rem 0;vertical-align:top}th{color:var(--soft);font-weight:400}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:auto;font:12px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
svg.ladder,svg.tc{min-width:44rem;max-width:60rem}svg text{fill:var(--ink)}svg .soft{fill:var(--soft)}
svg line{stroke:var(--edge)}svg .client{stroke:var(--client)}svg .server{stroke:var(--server)}
svg path.client{fill:var(--client)}svg path.server{fill:var(--server)}svg .error{stroke:var(--error)}
svg path.error{fill:var(--error)}svg text.error{fill:var(--error);stroke:none;font-weight:700}
svg .warning{stroke:var(--warning)}svg path.warning{fill:var(--warning)}
svg text.warning{fill:var(--warning);stroke:none;font-weight:700}
.ladder text.end{font-weight:700;stroke:none}
svg text.end.client{fill:var(--client)}svg text.end.server{fill:var(--server)}
svg text.on{fill:var(--on);font-weight:700}
.p0{fill:var(--p0)}.p1{fill:var(--p1)}.p2{fill:var(--p2)}.p3{fill:var(--p3)}.p4{fill:var(--p4)}.p5{fill:var(--p5)}
.p6{fill:var(--p6)}.p7{fill:var(--p7)}.p8{fill:var(--p8)}.p9{fill:var(--p3)}.p10{fill:var(--p7)}
svg text.p7{fill:var(--ink)}
svg.bar{min-height:1.1rem}@media (max-width:40rem){svg.bar text{display:none}}
svg.key{display:inline-block;width:1em;height:1em;vertical-align:-.15em;margin-right:.3em}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;margin:.3rem 0;padding:0;list-style:none;font-size:.9rem}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--paper:#fff;--card:#fff;--edge:#bbb;--error:#b3122d;
--warning:#7d5200;--note:#0757ba;--client:#0550ae;--server:#7238bd;--good:#146c31;--p0:#8c959f;--p1:#7238bd;
--p2:#0550ae;--p3:#9a6700;--p4:#0757ba;--p5:#146c31;--p6:#c00d2b;--p7:#d0d7de;--p8:#afb8c1;--on:#fff}
body{max-width:none;padding:0;font-size:10pt}.card{break-inside:auto}h2,h3,h4{break-after:avoid}
svg,.group,tr,dd{break-inside:avoid}a{color:inherit;text-decoration:none}svg.ladder,svg.tc{min-width:0}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
)


def policy() -> str:
    """The content security policy: nothing may be loaded or run, and no style applied but `STYLE`."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
