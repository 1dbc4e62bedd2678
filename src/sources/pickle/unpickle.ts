import { instructions, STOP } from './instructions.ts'
import { PickleMachine, type UnpickleOptions } from './machine.ts'
import type { PyValue } from './values.ts'

/**
 * Reads one pickle (protocols 0 to 5) as inert data and tells where it ends. A stack machine that only ever makes the values of
 * values.ts: no name in the file is resolved, nothing is executed, and nesting of any depth costs no recursion.
 * @throws PickleProblem when it is damaged, PickleCut when the bytes end before the pickle does
 */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): { value: PyValue; end: number } {
  const machine = new PickleMachine(bytes, options)
  const { cursor, budget } = machine
  for (;;) {
    budget.step()
    const opcode = cursor.byte()
    if (opcode === STOP) return { value: machine.stack.pop(), end: cursor.at }
    const run = instructions[opcode]
    if (!run) cursor.fail(`0x${opcode.toString(16)} is no pickle instruction`)
    else run(machine)
  }
}
