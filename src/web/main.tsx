import { render } from 'preact'
import { App } from './app.tsx'
import { openKept } from './state/kept.ts'
import { openPreloaded } from './state/preloaded.ts'
import { followAddress } from './state/route.ts'
import { followTitle } from './state/title.ts'

followAddress()
followTitle()
render(<App />, document.getElementById('app')!)
void openPreloaded().then((isServed) => (isServed ? undefined : openKept()))
