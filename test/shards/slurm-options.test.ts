import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { UsageError } from '../../src/errors.ts'
import { checkedSlurmOptions, type SlurmOptions, slurmDirectives } from '../../src/shards/slurm-options.ts'

const plain: SlurmOptions = { cpusPerTask: 1, grace: 120, extra: [] }

/** The sentence of a refusal; undefined when the options pass. */
function refusal(options: Partial<SlurmOptions>): string | undefined {
  try {
    checkedSlurmOptions({ ...plain, ...options })
    return undefined
  } catch (error) {
    assert.instance(error, UsageError)
    return (error as Error).message
  }
}

test('what sbatch takes passes: names, lists of partitions, every form of a time and of a size', () => {
  for (const partition of ['cpu', 'cpu,long', 'all_2.b-c', 'grp@site']) assert.is(refusal({ partition }), undefined, partition)
  for (const time of ['10', '4:00', '1:00:00', '2-0', '2-12', '1-2:30', '1-2:30:15', 'unlimited'])
    assert.is(refusal({ time }), undefined, time)
  for (const mem of ['4G', '800M', '1024', '2t']) assert.is(refusal({ mem }), undefined, mem)
  for (const extra of ['--exclusive', '--constraint=avx2', '--comment=a b', '--gres=license:x:1', '--exclude=n[1-3]'])
    assert.is(refusal({ extra: [extra] }), undefined, extra)
})

test('what would be more than a value, or no value of Slurm, is refused with the option that holds it', () => {
  const bad: [Partial<SlurmOptions>, RegExp][] = [
    ...['a\n#SBATCH --uid=0', 'a b', '$(id)', '`id`', 'a;b', '-a', '', 'a"b', "a'b", 'a\u2028b'].flatMap(
      (value): [Partial<SlurmOptions>, RegExp][] => [
        [{ partition: value }, /^--partition "/],
        [{ account: value }, /^--account "/],
        [{ qos: value }, /^--qos "/],
      ],
    ),
    ...['', '0', '1:2:3:4', '1h', '-5', '1-', '10\n', '5 '].map((time): [Partial<SlurmOptions>, RegExp] => [
      { time },
      /^--time "/,
    ]),
    ...['', '0', '4GB', '4 G', '-1', '1G\n'].map((mem): [Partial<SlurmOptions>, RegExp] => [{ mem }, /^--mem "/]),
    ...['constraint=x', '-p', '--a=', '--a=b\n#SBATCH --uid=0', '-- --x', '--A=b'].map(
      (text): [Partial<SlurmOptions>, RegExp] => [{ extra: [text] }, /^--extra "/],
    ),
    [{ extra: ['--array=0-9'] }, /the scripts set --array themselves/],
    [{ extra: ['--no-requeue'] }, /the scripts set --no-requeue themselves/],
  ]
  for (const [options, expected] of bad) assert.match(refusal(options) ?? 'it passed', expected, JSON.stringify(options))
})

test('a time limit must leave room before the signal', () => {
  assert.match(refusal({ time: '2', grace: 120 })!, /ends 120 s before its limit/)
  assert.is(refusal({ time: '2', grace: 30 }), undefined)
  assert.match(refusal({ time: '2:59' })!, /leaves a shard no time/)
  assert.is(refusal({ time: '3:00' }), undefined)
})

test('a value with blanks or quotes stands in quotes as sbatch reads them', () => {
  const lines = slurmDirectives({ ...plain, partition: 'cpu', extra: ['--comment=a "b" \\c', '--exclusive'] })
  assert.equal(lines, ['#SBATCH --partition=cpu', '#SBATCH --comment="a \\"b\\" \\\\c"', '#SBATCH --exclusive'])
})

test.run()
