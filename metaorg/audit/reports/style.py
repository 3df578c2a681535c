"""How the page looks: on paper, on a phone, in light and dark, without a file beside it."""

from metaorg.audit.reports.elements import Markup

CSS = """
:root{color-scheme:light dark;
--bg:#faf9f5;--panel:#fff;--ink:#1d2125;--muted:#555d64;--line:#dcd8ce;--faint:#efece4;
--link:#0a5a69;--good:#14603a;--good-bg:#e3f1e8;--bad:#9c2117;--bad-bg:#fae7e3;
--unknown:#6f4b00;--unknown-bg:#faefd6;
--s0:#0b6e7f;--s1:#bf5413;--s2:#6554ad;--s3:#6f7d18;--s4:#ad3468;--s5:#336bb0;--s6:#86662f;
--s7:#5f6b76;
--yes:#13724a;--no:#b03326;--abstain:#5f6b76;--mark:#1d2125;
--h0:transparent;--h1:#d9ecef;--h2:#a9d3da;--h3:#5fa9b5;--h4:#0b6e7f;--on-h:#11171a;--on-h4:#fff}
@media screen and (prefers-color-scheme:dark){:root{
--bg:#14171a;--panel:#1b2024;--ink:#e7e5df;--muted:#a7afb6;--line:#3a4148;--faint:#23292e;
--link:#7cc9d7;--good:#86d5a6;--good-bg:#15301f;--bad:#ff9d90;--bad-bg:#3b1b18;
--unknown:#f1c66f;--unknown-bg:#34290f;
--s0:#4fb6c7;--s1:#f0925a;--s2:#aa9cec;--s3:#bccb5c;--s4:#ec86b0;--s5:#86b0ee;--s6:#cbab72;
--s7:#a3abb3;
--yes:#5cc796;--no:#f58374;--abstain:#a3abb3;--mark:#e7e5df;
--h1:#163339;--h2:#1d4f59;--h3:#2b7d8c;--h4:#7cc9d7;--on-h:#f4f3ef;--on-h4:#0c1315}}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans",sans-serif;
-webkit-text-size-adjust:100%;scroll-padding-top:4rem}
body{margin:0;background:var(--bg);color:var(--ink);overflow-wrap:break-word}
code,pre,bdi,blockquote,summary{overflow-wrap:anywhere}time{white-space:nowrap}
h1,h2,h3{line-height:1.25;margin:0}
h1{font-size:clamp(1.6rem,1.2rem + 2.4vw,2.5rem);letter-spacing:-.02em}
h2{font-size:1.4rem;letter-spacing:-.01em;padding-top:.7rem;border-top:3px solid var(--ink)}
h3{font-size:1.05rem;margin-top:1.8rem}
p{margin:.6rem 0;max-width:44rem}
a{color:var(--link)}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{margin:.35rem 0;padding:.55rem .7rem;background:var(--faint);border-radius:4px;
white-space:pre-wrap;overflow-wrap:anywhere}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--panel);
padding:.5rem;z-index:9}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.page{max-width:61rem;margin:0 auto;padding:0 1rem 4rem}
.kicker{margin:0 0 .3rem;color:var(--muted);font-size:.82rem;letter-spacing:.08em;
text-transform:uppercase}
header{padding:1.6rem 0 .4rem}
.verdict{display:flex;gap:.8rem;align-items:flex-start;max-width:none;margin:1rem 0;
padding:.9rem 1rem;
border-left:6px solid;border-radius:3px;font-size:1.15rem;font-weight:600;line-height:1.35}
.verdict svg{flex:none;width:1.5rem;height:1.5rem;fill:none;stroke:currentColor;stroke-width:2.5;
stroke-linecap:round}
.good{color:var(--good);background:var(--good-bg)}
.bad{color:var(--bad);background:var(--bad-bg)}
.unknown{color:var(--unknown);background:var(--unknown-bg)}
.facts{margin:.8rem 0;display:grid;gap:.1rem 1.6rem;
grid-template-columns:repeat(auto-fill,minmax(min(22rem,100%),1fr))}
.facts>div{display:grid;grid-template-columns:7.5rem minmax(0,1fr);gap:.6rem;padding:.35rem 0;
border-top:1px solid var(--line)}
dt{color:var(--muted);font-size:.9rem}dd{margin:0}
nav{position:sticky;top:0;z-index:2;background:var(--bg);border-bottom:1px solid var(--line);
margin:0 -1rem;padding:0 1rem}
nav ul{display:flex;gap:.9rem;list-style:none;margin:0;padding:.55rem 0;overflow-x:auto;
font-size:.88rem}
nav li{flex:none}nav a{display:inline-block;padding:.2rem 0;text-decoration:none}nav a:hover{
text-decoration:underline}
section{margin-top:2.4rem}
.finding{margin:1rem 0;padding:.9rem 1rem;background:var(--panel);border:1px solid var(--line);
border-left:6px solid var(--bad);border-radius:3px}
.finding.is-unknown{border-left:6px dashed var(--unknown)}
.finding h3{margin:0 0 .4rem}.finding .facts{display:block}
.finding .id{color:var(--muted);font-size:.85rem}
.badge{display:inline-block;padding:.05rem .5rem;border:1px solid currentColor;border-radius:9rem;
font-size:.78rem;font-weight:600;
line-height:1.45;white-space:nowrap;vertical-align:.08em}
.badge.plain{color:var(--muted)}
.absent{color:var(--muted);font-style:italic}
.note{color:var(--muted);font-size:.92rem}
.n{font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;margin:.8rem 0;font-size:.93rem}
caption{text-align:left;padding:.2rem 0;color:var(--muted);font-size:.9rem}
.scroll caption{position:sticky;left:0;max-width:calc(100vw - 2rem)}
td ol{margin:0;padding-left:1.1rem}td details{margin:0}td summary{padding:0}
th small{font-weight:400;color:var(--muted)}
th,td{text-align:left;vertical-align:top;padding:.4rem .7rem .4rem 0;
border-top:1px solid var(--line)}
thead th{border-top:0;border-bottom:2px solid var(--ink);font-size:.85rem;color:var(--muted);
vertical-align:bottom;overflow-wrap:normal}
tbody th{font-weight:600}
.scroll{overflow-x:auto;margin:.8rem 0}.scroll table{margin:0;width:auto;
min-width:min(100%,32rem)}
.wide td,.wide thead th:not(:first-child){text-align:right;font-variant-numeric:tabular-nums;
overflow-wrap:normal}
.wide tbody th{font-weight:400;min-width:9rem}
.heat td,.heat thead th:not(:first-child){text-align:center;vertical-align:middle;
padding:.4rem .5rem;min-width:3rem;border-left:1px solid var(--line)}
.heat tbody th{padding-right:1rem}
.heat thead th{font-weight:400}
.heat thead bdi{font-size:.8rem;line-height:1.15}
.heat thead th:not(:first-child):not(:last-child){vertical-align:bottom}
.heat thead th:not(:first-child):not(:last-child)>bdi{writing-mode:vertical-rl;rotate:180deg;
max-height:12rem;display:inline-block}
.h1{background:var(--h1);color:var(--on-h)}.h2{background:var(--h2);color:var(--on-h)}.h3{
background:var(--h3);color:var(--on-h)}.h4{background:var(--h4);color:var(--on-h4)}
details{margin:.6rem 0}
summary{cursor:pointer;padding:.3rem 0;color:var(--link)}
details>div{padding:.1rem 0 .4rem}
.decision{margin:0;border-top:1px solid var(--line)}
.decision>summary{color:var(--ink);padding:.6rem 0;display:grid;
grid-template-columns:1.1rem minmax(0,1fr);gap:.1rem .4rem;list-style:none}
.decision>summary::-webkit-details-marker{display:none}
.decision>summary::before{content:"+";font-weight:700;color:var(--link)}
.decision[open]>summary::before{content:"\\2212"}
.decision>summary>*{grid-column:2}
.decision>summary>:first-child{grid-row:1}
.decision>div{padding:0 0 1rem 1.5rem}
.decision h3{margin:0;font-size:1rem;display:inline}
.decision svg{margin-top:.2rem}
blockquote{margin:.6rem 0;padding:.1rem 0 .1rem .9rem;border-left:3px solid var(--line);
white-space:pre-line;max-width:44rem}
figure{margin:1rem 0}figcaption{max-width:44rem;font-weight:600}
figcaption small{display:block;font-weight:400;color:var(--muted);font-size:.9rem}
svg{display:block;max-width:100%;height:auto}
.on-wide{display:none}.on-narrow svg{width:100%;max-width:26rem}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;margin:.5rem 0;padding:0;
font-size:.9rem}
.legend li{display:flex;gap:.45rem;align-items:center}.legend svg{flex:none}
.chart{font:12px system-ui,"Segoe UI",Roboto,Arial,"Noto Sans",sans-serif;overflow:visible}
.chart text{fill:var(--ink)}.chart .soft{fill:var(--muted)}
.chart .grid{stroke:var(--line);stroke-width:1}.chart .axis{stroke:var(--ink);stroke-width:1}
.chart .edge{fill:none;stroke-width:2;stroke-linejoin:round}
.chart .mark{stroke:var(--mark);stroke-width:2}.chart .halo{stroke:var(--bg);stroke-width:5}
.chart .track{fill:var(--faint)}
.chart .hollow{fill:var(--faint);stroke:var(--muted);stroke-width:1}
.chart .range{stroke:var(--mark);stroke-width:2}
.dash{stroke-dasharray:7 4}
footer{margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--line);color:var(--muted);
font-size:.9rem}
@media (min-width:60rem){.on-wide{display:block}.on-narrow{display:none}}
@media (min-width:50rem){.page{padding:0 2rem 4rem}nav{margin:0 -2rem;padding:0 2rem}
.decision>summary{grid-template-columns:1.1rem minmax(0,1fr) 320px;align-items:center;
column-gap:.8rem}
.decision>summary>:last-child{grid-column:3;grid-row:1}}
@media screen and (max-width:49.99rem){
.cards,.cards tbody,.cards tr,.cards th,.cards td{display:block}
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards caption{display:block}
.cards tr{padding:.5rem 0;border-top:1px solid var(--line)}
.cards th,.cards td{border:0;padding:.12rem 0}
.cards td{display:grid;grid-template-columns:7.5rem minmax(0,1fr);gap:.6rem}
.cards td::before{content:attr(data-label);color:var(--muted);font-size:.9rem}
.facts>div{grid-template-columns:6.2rem minmax(0,1fr)}}
@media print{
:root{--bg:#fff;--panel:#fff;--faint:#f3f3f0}
html{font-size:10.5pt}.page{max-width:none;padding:0}nav,.skip{display:none}
h2,h3,caption,figcaption,summary{break-after:avoid}
tr,figure,.finding,.decision>summary,.facts>div,pre{break-inside:avoid}
thead{display:table-header-group}.scroll{overflow:visible}.scroll table{font-size:.8em}
details::details-content{content-visibility:visible;display:block;height:auto}
.decision>summary::before{content:""}
.on-wide{display:block}.on-narrow{display:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
@page{margin:16mm 14mm}}
@media (forced-colors:active){.badge,.verdict,.finding{border:1px solid}}
"""
"""Colours are in pairs that have a contrast of 4.5 or more for text and 3 for marks."""

_PALE = '<rect width="8" height="8" fill="var(--{0})" fill-opacity="{1}"/>'
_LINE = '<path d="{1}" stroke="var(--{0})" stroke-width="2" fill="none"/>'
_DOTS = (
    '<circle cx="2" cy="2" r="1.4" fill="var(--{0})"/>'
    '<circle cx="6" cy="6" r="1.4" fill="var(--{0})"/>'
)
_RISING = "M-2 2 2-2M0 8 8 0M6 10 10 6"
_FALLING = "M-2 6 2 10M0 0 8 8M6-2 10 2"
FILLS: dict[str, tuple[str | None, float]] = {
    "s0": ("", 1),
    "s1": (_RISING, 0.35),
    "s2": (None, 0.6),
    "s3": (_FALLING, 0.2),
    "s4": ("M0 4H8", 0.75),
    "s5": (_RISING + _FALLING, 0.45),
    "s6": ("M4 0V8", 0.15),
    "s7": ("M0 2H8M4 4V8", 0.9),
    "yes": ("", 1),
    "no": (_RISING, 0.45),
    "abstain": (None, 0.15),
}
"""What tells fills apart where colours do not: lines (None: dots), and on paper how dark they are.

Browsers print patterns as images, of which a report would need a hundred megabytes.
"""


def rules() -> str:
    """All of CSS."""
    screen = (f".fill-{key}{{fill:url(#fill-{key})}}" for key in FILLS)
    paper = (
        f".fill-{key}{{fill:var(--{key});fill-opacity:{opacity}}}"
        for key, (_, opacity) in FILLS.items()
    )
    return f"{CSS}{''.join(screen)}@media print{{{''.join(paper)}}}"


def patterns() -> Markup:
    """The patterns that charts are filled with."""
    drawn = "".join(_pattern(key, lines) for key, (lines, _) in FILLS.items())
    return Markup(
        '<svg width="0" height="0" aria-hidden="true" focusable="false" '
        f'style="position:absolute"><defs>{drawn}</defs></svg>'
    )


def _pattern(key: str, lines: str | None) -> str:
    over = _DOTS if lines is None else _LINE if lines else ""
    inside = (_PALE + over).replace("{0}", key).replace("{1}", "1" if lines == "" else "{1}")
    inside = inside.replace("{1}", "0.22", 1).replace("{1}", lines or "")
    head = f'id="fill-{key}" width="8" height="8" patternUnits="userSpaceOnUse"'
    return f"<pattern {head}>{inside}</pattern>"
