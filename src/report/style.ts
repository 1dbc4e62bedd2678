import { fontRules } from '../figures/fonts.ts'
import { darkRules, fontFamily } from '../figures/theme.ts'

const light = '--paper:#fffffd;--ink:#1a222c;--muted:#56616f;--line:#dfe3e8;--soft:#f5f6f8;--a:#1f5fa6;--b:#a65705;--warn:#a3242b'
const dark = '--paper:#12161c;--ink:#e7ebf0;--muted:#a3adba;--line:#2c3540;--soft:#1a2028;--a:#5a9fe6;--b:#ffb35c;--warn:#ff8f8a'

/** The report's style sheet: fonts, one text column, wide figures, dark on dark screens, black on white on paper. */
export const reportStyle: string = [
  ...fontRules,
  `:root{${light};color-scheme:light dark}`,
  `@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${dark}}${darkRules(':root:not([data-theme=light]) ')}}`,
  `@media screen{:root[data-theme=dark]{${dark}}${darkRules(':root[data-theme=dark] ')}}`,
  `*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;font:400 1.0625rem/1.62 ${fontFamily};font-feature-settings:"tnum","cv11";overflow-wrap:break-word}
main,header,footer{max-width:calc(42rem + 3rem);margin:0 auto;padding:0 1.5rem}
header{padding-top:4.5rem}
.brand{font-size:.8125rem;letter-spacing:.02em;color:var(--muted);margin:0 0 1.25rem}
h1{font-size:2.125rem;line-height:1.18;letter-spacing:-.022em;font-weight:600;margin:0 0 1.5rem;text-wrap:balance}
h2{font-size:1.375rem;line-height:1.3;letter-spacing:-.014em;font-weight:600;margin:4rem 0 1rem}
h3{font-size:1.0625rem;line-height:1.4;font-weight:600;margin:2rem 0 .5rem}
p{margin:0 0 1.05rem;max-width:72ch}
.lede{font-size:1.25rem;line-height:1.5;letter-spacing:-.008em;text-wrap:pretty}
.small{font-size:.875rem;line-height:1.5;color:var(--muted)}
.a{color:var(--a)}.b{color:var(--b)}.warn{color:var(--warn)}
a{color:inherit;text-underline-offset:.15em}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.86em;overflow-wrap:anywhere}
pre{background:var(--soft);border-radius:.5rem;padding:.875rem 1rem;white-space:pre-wrap;margin:0 0 1.25rem;line-height:1.5}
figure{margin:2.25rem 0 2.75rem;--w:42rem}
figure.wide{--w:60rem;width:min(60rem,100vw - 3rem);margin-left:calc((100% - min(60rem,100vw - 3rem))/2)}
.drawing{overflow-x:auto;overflow-y:hidden}
.drawing>svg{display:block;width:100%;height:auto;min-width:34rem}
.wide .drawing>svg{min-width:46rem}
figcaption{font-size:.9375rem;line-height:1.55;margin-top:.875rem;max-width:42rem}
.wide figcaption{margin-left:auto;margin-right:auto}
figcaption b{font-weight:600}
.scroll{overflow-x:auto;margin:1.5rem 0 2rem}
table{border-collapse:collapse;width:100%;font-size:.9375rem;line-height:1.4}
caption{text-align:left;color:var(--muted);font-size:.875rem;padding:0 0 .5rem}
th{font-weight:400;text-align:left;vertical-align:baseline}
thead th{color:var(--muted);font-size:.8125rem;border-bottom:1px solid var(--ink);padding:.375rem .75rem .375rem 0;white-space:nowrap}
tbody th,td{padding:.4375rem .75rem .4375rem 0;border-bottom:1px solid var(--line);vertical-align:baseline}
tr>:last-child{padding-right:0}
.n,.numbers td,.numbers thead th:not(:first-child){text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.answer tbody th{font-weight:600}
.scroll:has(.answer){margin-bottom:1rem}
.dense{font-size:.8125rem}
.dense tbody th,.dense td{padding-top:.25rem;padding-bottom:.25rem}
details{border-bottom:1px solid var(--line)}
details>summary{cursor:pointer;padding:.5625rem 0;font-size:.9375rem;list-style-position:outside}
details>summary:hover{color:var(--a)}
details[open]>summary{font-weight:600}
summary .facts{float:right;color:var(--muted);font-weight:400;font-size:.875rem;font-variant-numeric:tabular-nums;padding-left:1rem}
summary::after{content:"";display:block;clear:both}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.375rem 1.25rem;font-size:.9375rem;line-height:1.5;margin:0 0 1.5rem}
dt{color:var(--muted)}dd{margin:0;min-width:0}
ul{padding-left:1.25rem;margin:0 0 1.25rem}
li{margin:.25rem 0}
footer{padding-top:3rem;padding-bottom:5rem}
:focus-visible{outline:2px solid var(--a);outline-offset:3px;border-radius:2px}
@media(max-width:40rem){body{font-size:1rem}header{padding-top:2.5rem}main,header,footer{padding-left:1.125rem;padding-right:1.125rem}details>summary{list-style-position:inside}h1{font-size:1.625rem}.lede{font-size:1.125rem}h2{margin-top:3rem}figure.wide{width:calc(100vw - 2.25rem);margin-left:0}summary .facts{float:none;display:block;padding-left:0}dl{grid-template-columns:1fr;gap:.125rem}dd{margin-bottom:.625rem}}
@page{margin:18mm 16mm}
@media print{html{color-scheme:light;font-size:12px}body{font-size:1rem;line-height:1.45}header{padding-top:0}main,header,footer{max-width:none;padding-left:0;padding-right:0}h1{font-size:2rem}h2{margin-top:2.25rem}h1,h2,h3{break-after:avoid}figure,figure.wide{width:100%;margin:12pt 0 16pt;break-inside:avoid}.drawing{overflow:visible}.drawing>svg{min-width:0;max-width:120mm;max-height:215mm}.wide .drawing>svg{min-width:0;max-width:none}.aside:not([open]){display:none}figcaption,p{max-width:none}.scroll{overflow:visible}tr{break-inside:avoid}details:not([open]){break-inside:avoid}}`,
].join('\n')
