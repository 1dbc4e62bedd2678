import { useEffect, useRef } from 'preact/hooks'
import { chooseFiles, DropTarget, FileInputs } from './drop/drop-target.tsx'
import { Copyable } from './parts/copy-button.tsx'
import { HelpDialog, helpOpen } from './parts/help.tsx'
import { AddIcon, CloseIcon, HelpIcon, ThemeIcon } from './parts/icons.tsx'
import { lazy } from './parts/lazy.tsx'
import { SaveMenu } from './save/save-menu.tsx'
import { useKeys } from './state/keys.ts'
import { calledIn } from './state/layer-names.ts'
import { modelNamed, models } from './state/models.ts'
import { formatRoute, route } from './state/route.ts'
import { droppedSeries, hasSeries, seriesChoice } from './state/series.ts'
import { toggleTheme } from './state/theme.ts'
import { endToast, type Toast, toast } from './state/toast.ts'
import { Figures } from './views/figures.tsx'
import { LayerPane } from './views/layer.tsx'
import { ModelPane, Waiting } from './views/model.tsx'
import { ModelList } from './views/model-list.tsx'
import { Overview } from './views/overview.tsx'
import { tabs } from './views/tabs.ts'
import { Welcome } from './views/welcome.tsx'

const Compare = lazy(async () => (await import('./views/compare.tsx')).Compare)
const Groups = lazy(async () => (await import('./views/groups.tsx')).Groups)
const SeriesView = lazy(async () => (await import('./views/series.tsx')).SeriesView)

export function App() {
  useKeys()
  const empty = models.value.length === 0 && droppedSeries.value.length === 0
  return (
    <div class="shell">
      <Top empty={empty} />
      {empty ? <Welcome /> : <View />}
      <FileInputs />
      <DropTarget />
      <HelpDialog />
      <div class="unseen" role="status" aria-live="polite">
        {toast.value && `${toast.value.text} ${toast.value.copy ?? ''}`}
      </div>
      {toast.value && <ToastBox {...toast.value} />}
    </div>
  )
}

function ToastBox({ text, copy }: Toast) {
  return (
    <aside class="toast row apart" aria-label="Message">
      <div>
        {text}
        {copy && <Copyable text={copy} label="results.sha256" />}
      </div>
      {copy && (
        <button type="button" class="icon tiny" aria-label="Put this message away" onClick={endToast}>
          <CloseIcon />
        </button>
      )}
    </aside>
  )
}

function Top({ empty }: { empty: boolean }) {
  const { page } = route.value
  const current = page === 'model' || page === 'compare' ? 'models' : page
  const nav = useRef<HTMLElement>(null)
  // On a phone not all views fit: the one that is shown is in sight.
  useEffect(() => {
    const link = nav.current?.querySelector<HTMLElement>('[aria-current]')
    if (nav.current && link)
      nav.current.scrollLeft = link.offsetLeft - nav.current.offsetLeft - nav.current.clientWidth + link.offsetWidth
  }, [current, empty])
  return (
    <header class="top">
      <a class="brand" href="#/models" aria-label="filterlens: all models">
        <img src="./icon.svg" width="22" height="22" alt="" />
        <span>filterlens</span>
      </a>
      {!empty && (
        <nav aria-label="Views" ref={nav}>
          {tabs
            .filter((tab) => tab.page !== 'series' || page === 'series' || hasSeries.value)
            .map((tab) => (
              <a
                key={tab.page}
                href={formatRoute({ page: tab.page, q: tab.page === 'series' ? seriesChoice() : {} })}
                {...(tab.page === current && { 'aria-current': 'page' as const })}
              >
                {tab.title}
              </a>
            ))}
        </nav>
      )}
      <span class="push" />
      {!empty && (
        <>
          <button type="button" class="button plain wide-only" onClick={chooseFiles}>
            <AddIcon /> Add models
          </button>
          <SaveMenu />
        </>
      )}
      <button type="button" class="icon" aria-label="Keys and help" onClick={() => (helpOpen.value = true)}>
        <HelpIcon />
      </button>
      <button type="button" class="icon" aria-label="Light or dark" onClick={toggleTheme}>
        <ThemeIcon />
      </button>
    </header>
  )
}

function View() {
  const { page, a, b, layer } = route.value
  // Where the panes are pages, a page that is opened is seen from its beginning.
  useEffect(() => window.scrollTo({ top: 0 }), [page, a, b, layer])
  const model = modelNamed(a)
  if (page === 'groups') return <Groups />
  if (page === 'figures') return <Figures />
  if (page === 'series') return <SeriesView />
  if (page === 'compare') {
    const other = modelNamed(b)
    if (model?.table || other?.table)
      return (
        <main class="wide stack">
          <Waiting />
        </main>
      )
    if (model && other) return <Compare first={model} second={other} />
  }
  if (page !== 'model' || !model) return <Overview />
  const row = model.layers.find((one) => one.layer_id === layer)
  return (
    <main class={`panes${row ? '' : ' two'}`}>
      <h1 class="unseen">
        {model.name}
        {row ? `, layer ${calledIn(model.layers)(row)}` : ''}
      </h1>
      <ModelList />
      <ModelPane model={model} />
      {row && <LayerPane model={model} row={row} />}
    </main>
  )
}
