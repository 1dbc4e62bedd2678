import { render } from 'preact'
import { App } from './app.tsx'
import { openAddressed } from './state/addressed.ts'
import { openKept } from './state/kept.ts'
import { openPreloaded } from './state/preloaded.ts'
import { followAddress } from './state/route.ts'
import { followTitle } from './state/title.ts'
import { prepareToMeasure } from './state/work.ts'

followAddress()
followTitle()
render(<App />, document.getElementById('app')!)
prepareToMeasure()
void openAtStart()

/** What the address or the page's server names, else what this tab had before it was loaded anew. */
async function openAtStart(): Promise<void> {
  if (!(await openPreloaded()) && !(await openAddressed())) await openKept()
}
