"""The look of the report: one style sheet for the screen and for A4."""

STYLE = """
:root{--ink:#26282b;--soft:#5c6066;--faint:#d9dade;--paper:#fff;--ground:#f6f5f2;
--accent:#b40d74;--blue:#2f5f8f;--alarm:#b3261e;--band:#e6efe2}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 "Segoe UI","Noto Sans",
"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC","Hiragino Sans GB",
"WenQuanYi Micro Hei",system-ui,sans-serif}
main{max-width:1000px;margin:0 auto;padding:40px 52px 60px;background:var(--paper)}
h1,h2,h3,p,figure,table,ul,dl{margin:0}
h1{font-size:34px;line-height:1.15;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:22px;line-height:1.25;margin:0 0 6px}
h3{font-size:15px;margin:26px 0 6px}
a{color:var(--blue)}
bdi,td,dd{unicode-bidi:isolate;overflow-wrap:anywhere}
.kicker{display:flex;justify-content:space-between;gap:20px;color:var(--accent);font-weight:600;
font-size:13px;border-top:4px solid var(--accent);padding-top:10px;margin-bottom:18px}
.kicker span+span{color:var(--soft);font-weight:400}
.verdict{font-size:18px;line-height:1.45;margin:12px 0 24px;max-width:56em}
.verdict strong{font-weight:650}.verdict .bad{color:var(--alarm);font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);border:solid var(--faint);
border-width:1px 0;margin:0 0 26px;padding:0;list-style:none}
.tiles li{padding:12px 10px 11px 14px;border-left:1px solid var(--faint)}
.tiles li:first-child{border-left:0;padding-left:0}
.tiles b{display:block;font-size:25px;line-height:1.15;font-weight:650;white-space:nowrap;
font-variant-numeric:tabular-nums}
.tiles b small{font-size:14px;font-weight:400;color:var(--soft)}
.tiles span{display:block;color:var(--soft);font-size:12.5px;line-height:1.3;margin-top:3px}
.tiles .missed small{color:var(--alarm);font-weight:600}
.two{display:grid;grid-template-columns:1fr 1fr;gap:30px 40px;align-items:start;margin-bottom:26px}
.block>h2,.two h2{font-size:15px;border-bottom:1px solid var(--ink);padding-bottom:4px;
margin-bottom:10px}
.lead{color:var(--soft);max-width:62em;margin-bottom:12px}
dl.asked{display:grid;grid-template-columns:auto 1fr;gap:5px 16px;font-size:14px}
dl.asked dt{color:var(--soft)}dl.asked dd{margin:0}
dl.asked em{font-style:normal;color:var(--soft)}
svg{display:block;width:100%;height:auto}
svg text{font-size:11px;fill:var(--soft);text-anchor:middle;font-family:inherit;
font-variant-numeric:tabular-nums}
svg .band{fill:var(--band)}svg .bar{fill:var(--blue)}svg .bar.out,svg .dot.out{fill:var(--alarm)}
svg .axis{stroke:var(--ink);stroke-width:1}svg .rule{stroke:var(--faint);stroke-width:.7}
svg .target{stroke:#8fae85;stroke-width:1;stroke-dasharray:3 3}
svg .dot{fill:var(--blue);stroke:#fff;stroke-width:.8}
svg text.range{fill:#3f6435;font-weight:600}svg text.out,svg text.mark{fill:var(--alarm)}
svg text.mark{text-anchor:start;font-weight:600}svg text.count{fill:var(--ink)}
svg text.count.out{fill:var(--alarm);font-weight:600}
svg text.name{text-anchor:end;fill:var(--ink);font-size:11.5px}
svg .area{stroke:none}svg .grid{fill:none;stroke:var(--accent);stroke-width:.7}
svg .gridout{fill:url(#hatch);stroke:var(--alarm);stroke-width:1.1}
svg .community{fill:none;stroke:var(--ink);stroke-width:1.1;stroke-linejoin:round}
svg.overview{max-height:360px}
svg.sharebar{width:110px;height:8px;display:inline-block;vertical-align:1px;margin-right:9px}
svg .share{fill:var(--blue)}svg .ground{fill:#e6e8ec}
table{width:100%;border-collapse:collapse;font-size:13.5px;line-height:1.4;
font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:13px;padding:0 0 7px;caption-side:top}
th{text-align:left;font-weight:600;vertical-align:bottom;border-bottom:1.5px solid var(--ink);
padding:4px 10px 5px 0}
tbody th{font-weight:400;border-bottom:1px solid var(--faint);vertical-align:top}
td{padding:5px 10px 5px 0;border-bottom:1px solid var(--faint);vertical-align:top}
tfoot td,tfoot th{border-top:1.5px solid var(--ink);border-bottom:0;font-weight:600}
.n{text-align:right;white-space:nowrap}td.n,th.n{padding-right:14px}
td:last-child,th:last-child{padding-right:0}
.link{margin-right:12px}.scroll+p{margin-top:7px}
.quiet{color:var(--soft)}.bad{color:var(--alarm)}.nowrap{white-space:nowrap}
.tag{display:inline-block;font-size:12px;line-height:1.5;padding:0 7px;border-radius:3px;
background:#eceef1;color:var(--ink);white-space:nowrap;font-weight:400}
.tag.good{background:#dfeedd;color:#224d1c}.tag.warn{background:#fbe8c4;color:#5e4300}
.tag.bad{background:#f9dcd6;color:#8a1a12}
ul.decide{list-style:none;padding:0;display:grid;grid-template-columns:1fr 1fr;gap:12px 40px;
align-items:start}
ul.decide li{padding:0 0 0 14px;border-left:3px solid var(--alarm);padding-block:1px}
.figures{max-width:34rem;margin-bottom:1.2rem}
ul.decide b{display:block}ul.decide .cure::before{content:"→ ";color:var(--alarm);font-weight:600}
.analyst{border-top:4px solid var(--ink);margin-top:44px;padding-top:14px}
.analyst>p{color:var(--soft);font-weight:600;font-size:13px;margin-bottom:4px}
nav ol{columns:2;gap:40px;padding-left:20px;margin:6px 0 0;font-size:14px}
section.part{margin-top:44px}
section.part>h2{border-bottom:1px solid var(--ink);padding-bottom:5px;margin-bottom:10px}
.chart{margin-bottom:14px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
details{margin-top:10px}summary{cursor:pointer;color:var(--blue);font-size:14px;margin-bottom:8px}
.code{color:var(--soft);display:block;font-size:12px}.stack>*+*{margin-top:24px}
.block{margin-bottom:26px}
.hash{font:12px/1.45 ui-monospace,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
footer{color:var(--soft);font-size:12.5px;margin-top:44px;border-top:1px solid var(--faint);
padding-top:10px}
@media screen and (max-width:760px){main{padding:24px 18px}.two{grid-template-columns:1fr}
.tiles{grid-template-columns:repeat(3,1fr)}.tiles li:nth-child(4){border-left:0;padding-left:0}
.scroll{overflow-x:auto}nav ol{columns:1}ul.decide{grid-template-columns:1fr}}
@page{size:A4;margin:15mm 15mm 16mm}
@media print{body{background:#fff;font-size:9.5pt}main{max-width:none;padding:0}
h1{font-size:23pt}h2{font-size:14pt}.verdict{font-size:11.5pt;margin:7pt 0 12pt}
.tiles{margin-bottom:13pt}.tiles b{font-size:16pt}.tiles span{font-size:8pt}
.two{gap:14pt 22pt;margin-bottom:13pt}.two h2,.block>h2{font-size:10.5pt}
dl.asked,table,.lead,caption,ul.decide{font-size:8.5pt}.tag{white-space:normal;font-size:7.5pt}
details,.screen{display:none}.code{font-size:7pt}.stack>*+*{margin-top:12pt}svg.overview{max-height:72mm}
.analyst{break-before:page;margin-top:0}section.part{margin-top:20pt}
h2,h3,caption{break-after:avoid}tr,li,.chart,figure,.tiles{break-inside:avoid}
thead{display:table-header-group}tfoot{display:table-row-group}a{color:inherit;text-decoration:none}
nav{display:none}.hash{font-size:7pt}}
"""
