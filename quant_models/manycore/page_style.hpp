#pragma once

namespace flashcell::quant::manycore {

/// What the page adds to the style sheet of all our pages.
constexpr const char* kManycoreStyle = R"css(
.maps{display:grid;grid-template-columns:repeat(3,1fr);gap:22px}.maps h3{margin:0 0 .5em;font-size:.95rem}
.maps .scale-row{font-size:.82rem;color:var(--soft)}
.chip .load{fill:var(--s1)}.chip .memory{fill:var(--s0)}.chip .traffic{fill:var(--s2)}.chip .wire{stroke:var(--s2);stroke-linecap:round}
.chip .unused{fill:none;stroke:var(--rule)}.chip .special{fill:none;stroke:var(--soft);stroke-dasharray:3 3}
.chip rect:hover,.chip line:hover{stroke:var(--ink);stroke-width:2}
.w0{fill:var(--s3);background:var(--s3)}.w1{fill:var(--s0);background:var(--s0)}.w2{fill:var(--s6);background:var(--s6)}
.w3{fill:var(--s4);background:var(--s4)}.w4{fill:var(--s1);background:var(--s1)}.w5{fill:var(--s2);background:var(--s2)}
.w6{fill:var(--s5);background:var(--s5)}.w7{fill:var(--rule);background:var(--rule)}
.step{max-width:860px}
.figure b{font-size:1.45rem}
.stack{display:flex;height:30px;border-radius:6px;overflow:hidden;margin:.5em 0}.stack i{display:block;min-width:0}
.keys{font-size:.85rem;color:var(--soft);margin:.4em 0 0!important}.keys span{margin-right:1.2em;white-space:nowrap}
.keys i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.45em}
td.marked{font-weight:650}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:10px 22px}
.charts h3{font-size:.92rem;margin:.6em 0 0}
@media(max-width:760px){.maps{grid-template-columns:minmax(0,1fr)}}
)css";

}  // namespace flashcell::quant::manycore
