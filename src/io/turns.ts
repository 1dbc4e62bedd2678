const TURN_MS = 10 // work may keep messages, timers and signals waiting this long

let lastTurn = 0

/**
 * Lets what else waits in this thread have its turn, every so often: messages, timers and signals. For reading and computing
 * that waits for nothing itself.
 */
export async function takeTurns(): Promise<void> {
  if (performance.now() - lastTurn < TURN_MS) return
  await nextTurn()
  lastTurn = performance.now()
}

/** A timer would wait four milliseconds each time in a browser, which has no setImmediate. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve)
      return
    }
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
