// Builds what is stale: node scripts/build.mjs [step or group of steps …] [--force]; without a name: all that `npm run build` makes.
// Steps and groups are in scripts/build/steps.mjs.
import { build } from './build/run.mjs'

const words = process.argv.slice(2)
const names = words.filter((word) => !word.startsWith('-'))
process.exitCode = (await build(names.length > 0 ? names : ['all'], { force: words.includes('--force') })) ? 0 : 1
