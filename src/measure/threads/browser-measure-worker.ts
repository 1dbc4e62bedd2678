// A thread of the measuring pool in a browser.

import { openOrigin } from '../../io/browser.ts'
import type { PoolRequest } from '../pool-protocol.ts'
import { servePool } from '../pool-worker.ts'

const scope = globalThis as unknown as DedicatedWorkerGlobalScope
const handle = servePool((reply) => scope.postMessage(reply), openOrigin)
scope.addEventListener('message', (event: MessageEvent<PoolRequest>) => handle(event.data))
