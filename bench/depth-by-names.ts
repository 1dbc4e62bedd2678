/**
 * How often an order that is read from names puts layers where their network defines them: the table of docs/decisions/depth-by-names.md.
 *
 *   python3 bench/depth-by-names.py 1 > names.json && node dist/bench/depth-by-names.js names.json [--each]
 *
 * A layer is in a wrong bucket when its tenth of the depth is another than in the order of definition. --each: the networks with the most.
 */
import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { comparePaths, type NamedShape } from '../src/sources/state-dict/module-tree.ts'
import { orderByNames } from '../src/sources/state-dict/order.ts'

const BUCKETS = 10
const SHOWN = 25
const Names = v.object({
  timm: v.string(),
  networks: v.array(v.object({ name: v.string(), tensors: v.array(v.tuple([v.string(), v.array(v.number())])) })),
})

/** Positions in the order of definition, first to last. */
type Order = (tensors: readonly NamedShape[]) => number[]

const orders: Readonly<Record<string, Order>> = {
  alphabet: (tensors) => sorted(tensors, (a, b) => (a.name < b.name ? -1 : 1)),
  'natural order': (tensors) => sorted(tensors, (a, b) => comparePaths(a.name.split('.'), b.name.split('.'))),
  'order.ts': orderByNames,
}

function sorted(tensors: readonly NamedShape[], compare: (a: NamedShape, b: NamedShape) => number): number[] {
  return tensors.map((_, k) => k).sort((a, b) => compare(tensors[a]!, tensors[b]!))
}

function bucketOf(position: number, count: number): number {
  return Math.min(BUCKETS - 1, Math.floor((BUCKETS * position) / (count - 1)))
}

/** Layers whose tenth of the depth is wrong. */
function wrongIn(order: readonly number[]): number {
  return order.filter((k, position) => bucketOf(k, order.length) !== bucketOf(position, order.length)).length
}

const [path, each] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: node dist/bench/depth-by-names.js names.json [--each]')
const { timm, networks } = v.parse(Names, JSON.parse(readFileSync(path, 'utf8')))
const layers = networks.reduce((sum, { tensors }) => sum + tensors.length, 0)
console.log(`timm ${timm}: ${networks.length} networks, ${layers} layers\n`)
console.log(`| order | layers in a wrong depth bucket | wrong first layer, of ${networks.length} |\n|---|---|---|`)
const worst: { readonly name: string; readonly wrong: number; readonly share: number }[] = []
for (const [title, order] of Object.entries(orders)) {
  let [wrong, first] = [0, 0]
  for (const { name, tensors } of networks) {
    const found = order(tensors.map(([own, shape]) => ({ name: own, shape })))
    const own = wrongIn(found)
    wrong += own
    if (found[0] !== 0) first++
    if (order === orderByNames && own > 0) worst.push({ name, wrong: own, share: own / tensors.length })
  }
  console.log(`| ${title} | ${((100 * wrong) / layers).toFixed(1)} % | ${first} |`)
}
if (each === '--each') {
  console.log('\nlayers in a wrong bucket, the networks with the most of order.ts:')
  for (const { name, wrong, share } of worst.sort((a, b) => b.wrong - a.wrong).slice(0, SHOWN))
    console.log(`  ${name}: ${wrong} (${(100 * share).toFixed(0)} %)`)
}
