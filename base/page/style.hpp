#pragma once

namespace flashcell {

/// The style sheet of our pages: light and dark by the reader's system, one column on narrow screens, plain on paper.
constexpr const char* kPageStyle = R"css(
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b2330;--soft:#5d6878;--rule:#e2e6ec;--accent:#0b6fb8;
--s0:#0b6fb8;--s1:#d55e00;--s2:#00866b;--s3:#a8518a;--s4:#b08900;--s5:#5a6472;--s6:#7a4fc0;--warn:#a33b00}
@media(prefers-color-scheme:dark){:root{--page:#10141a;--card:#181e27;--ink:#e4e9f0;--soft:#94a1b3;--rule:#2a3340;
--accent:#6cb8f0;--s0:#6cb8f0;--s1:#f08a4b;--s2:#3cc3a3;--s3:#dd92bf;--s4:#e6c34a;--s5:#a7b2c1;--s6:#b297ee;--warn:#ffb08a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 20px 48px}
header p{margin:.2em 0 0;color:var(--soft)}
h1{font-size:1.9rem;line-height:1.2;margin:0;overflow-wrap:anywhere;letter-spacing:-.01em}
h2{font-size:1.05rem;margin:0 0 .1rem}
.kicker{font-size:.8rem;font-weight:600;letter-spacing:.08em;text-transform:uppercase;color:var(--accent)!important;margin:0 0 .3em!important}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px;margin:24px 0}
.figure{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:14px 16px;container-type:inline-size}
.figure b{display:block;font-size:1.75rem;font-size:min(1.75rem,14.5cqi);line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums;white-space:nowrap}
.figure span{color:var(--soft);font-size:.85rem;display:block;line-height:1.35}
.figure.warn b{color:var(--warn)}
section{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:18px 20px;margin:0 0 16px;min-width:0}
section>p{margin:.1em 0 .9em;color:var(--soft);font-size:.88rem}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:16px}
svg{display:block;width:100%;height:auto}
.scene{max-height:760px;overflow:hidden}
.scene image{filter:brightness(.62)}
.scene .heat{filter:none;image-rendering:pixelated}
.scene.tiny image{image-rendering:pixelated}
.scale-row{display:flex;flex-wrap:wrap;gap:.2em .7em;align-items:center;margin:.7em 0 0!important}
.scale-row svg{width:9em;height:.8em;flex:none}.scale-row span:last-child{color:var(--soft)}
.scene path{fill:none;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke;opacity:.95}
.scene.many path{stroke-width:1.1;opacity:.8}
.scene .scale{fill:#fff;stroke:#fff;opacity:1}.scene text.scale{text-anchor:middle;font-family:system-ui,sans-serif;stroke:#000;paint-order:stroke}
.scene path.scale{stroke-width:3;stroke-linecap:butt}.scene path.scale.under{stroke:#000;stroke-width:6}
.tick,.label{font:12px system-ui,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
.label{fill:var(--ink)}.marked{fill:var(--ink)}
.mid{text-anchor:middle}.end{text-anchor:end}
.grid{stroke:var(--rule);fill:none}.axis{stroke:var(--soft);fill:none}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round}.dashed{stroke-dasharray:5 5}.band{stroke:none;opacity:.2}.bar{opacity:.85}
.marker{stroke:var(--ink);stroke-dasharray:3 3;fill:none;opacity:.75}
)css"
                                   // String literals have a length limit that compilers must support; hence two.
                                   R"css(
.line.s0{stroke:var(--s0)}.line.s1{stroke:var(--s1)}.line.s2{stroke:var(--s2)}.line.s3{stroke:var(--s3)}
.line.s4{stroke:var(--s4)}.line.s5{stroke:var(--s5)}.line.s6{stroke:var(--s6)}
.band.s0,.bar.s0,.dot.s0{fill:var(--s0)}.band.s1,.dot.s1{fill:var(--s1)}.band.s2,.dot.s2{fill:var(--s2)}.band.s3,.dot.s3{fill:var(--s3)}
.band.s4,.dot.s4{fill:var(--s4)}.band.s5,.dot.s5{fill:var(--s5)}.band.s6,.dot.s6{fill:var(--s6)}
.seen{fill:var(--s0);background:var(--s0)}.partly{fill:var(--s0);background:var(--s0);opacity:.45}
.merged{fill:var(--s1);background:var(--s1)}.predicted{fill:var(--s5);background:var(--s5);opacity:.35}
.legend{margin:.4em 0 0!important;font-size:.85rem;color:var(--soft)}.legend span{margin-right:1.2em;white-space:nowrap}
.legend i{display:inline-block;width:1.1em;height:3px;border-radius:2px;margin-right:.45em;vertical-align:middle}
i.s0{background:var(--s0)}i.s1{background:var(--s1)}i.s2{background:var(--s2)}i.s3{background:var(--s3)}
i.s4{background:var(--s4)}i.s5{background:var(--s5)}i.s6{background:var(--s6)}
.csv{float:right;margin:0 0 .3em .8em;font-size:.78rem;font-weight:600;color:var(--accent);text-decoration:none;border:1px solid var(--rule);border-radius:6px;padding:.1em .6em}
.csv:hover,.csv:focus{border-color:var(--accent)}
.warnings{border-color:var(--warn);border-left-width:6px;margin-top:20px}.warnings h2{color:var(--warn)}
.warnings ul{margin:.4em 0 0;padding-left:1.2em}.warnings li{margin:.35em 0;overflow-wrap:anywhere}
h2.part{margin:28px 0 0;font-size:1.25rem}
.pick input{position:absolute;opacity:0;pointer-events:none}
.pick label{display:inline-block;font-size:.85rem;padding:.15em .7em;margin:0 .4em .4em 0;border:1px solid var(--rule);border-radius:99px;cursor:pointer;color:var(--soft)}
.pick label i{display:inline-block;width:1em;height:3px;border-radius:2px;margin-right:.45em;vertical-align:middle}
.pick input:checked+label{border-color:var(--accent);color:var(--ink)}.pick input:focus-visible+label{outline:2px solid var(--accent)}
#pick-0:checked~.lines .line:not(.s0),#pick-1:checked~.lines .line:not(.s1),#pick-2:checked~.lines .line:not(.s2),
#pick-3:checked~.lines .line:not(.s3),#pick-4:checked~.lines .line:not(.s4),#pick-5:checked~.lines .line:not(.s5),
#pick-6:checked~.lines .line:not(.s6){opacity:.07}
.lines{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:10px 22px}
th.sorts{cursor:pointer}th[aria-sort=ascending]::after{content:" ▲"}th[aria-sort=descending]::after{content:" ▼"}
.tracks td:first-child,.tracks th:first-child{position:sticky;left:0;background:var(--card)}.tracks th:first-child{z-index:1}
.scroll{overflow:auto;max-height:440px;margin:0 -20px -18px;border-top:1px solid var(--rule);border-radius:0 0 12px 12px}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:6px 14px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
th{position:sticky;top:0;background:var(--card);font-weight:600;color:var(--soft)}
th:first-child,td:first-child{padding-left:20px}
.text{text-align:left}
td i{display:inline-block;width:.75em;height:.75em;border-radius:50%;margin-right:.55em;box-shadow:0 0 0 1px rgba(0,0,0,.2)}
tr:last-child td{border-bottom:0}
details summary{cursor:pointer;font-weight:600}
pre{overflow:auto;font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace;background:var(--page);border-radius:8px;padding:12px 14px;margin:.7em 0 0}
pre.command{white-space:pre-wrap;overflow-wrap:anywhere}
.empty{color:var(--soft);padding:24px 0;text-align:center}
footer{color:var(--soft);font-size:.85rem;margin-top:20px}
@media(max-width:760px){main{padding:20px 12px}.pair{grid-template-columns:minmax(0,1fr)}section{padding:14px}.scroll{margin:0 -14px -14px}
.figures{grid-template-columns:1fr 1fr;gap:10px}.figure b{font-size:1.4rem;font-size:min(1.4rem,14.5cqi)}.chart .tick,.chart .label{font-size:15px}h1{font-size:1.5rem}}
@media(max-width:360px){.lines{grid-template-columns:minmax(0,1fr)}}
@media print{section{break-inside:avoid}.scroll{max-height:none;overflow:visible}.csv,.pick label{display:none}}
)css";

}  // namespace flashcell
