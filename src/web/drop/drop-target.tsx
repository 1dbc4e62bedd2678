import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { openAndKeep } from '../state/kept.ts'
import { showToast } from '../state/toast.ts'
import { filesOfDrop, filesOfInput } from './files.ts'

const over = signal(false)

/** The whole window takes drops; while something is dragged over it, it says so. */
export function DropTarget() {
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
    const onOver = (event: DragEvent): void => {
      if (!hasFiles(event)) return
      event.preventDefault()
      over.value = true
    }
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) over.value = false
    }
    const onDrop = (event: DragEvent): void => {
      if (!hasFiles(event) || !event.dataTransfer) return
      event.preventDefault()
      over.value = false
      filesOfDrop(event.dataTransfer)
        .then(openAndKeep)
        .catch((error) => showToast(String(error instanceof Error ? error.message : error)))
    }
    addEventListener('dragover', onOver)
    addEventListener('dragleave', onLeave)
    addEventListener('drop', onDrop)
    return () => {
      removeEventListener('dragover', onOver)
      removeEventListener('dragleave', onLeave)
      removeEventListener('drop', onDrop)
    }
  }, [])
  return over.value ? <div class="over">Drop to look inside</div> : null
}

function take(input: HTMLInputElement): void {
  const files = filesOfInput(input.files!)
  input.value = '' // so that the same file can be chosen again
  void openAndKeep({ files })
}

/** Hidden inputs behind the buttons that choose files and folders; one pair for the whole page. */
export function FileInputs() {
  return (
    <>
      <input id="choose-files" type="file" multiple hidden aria-label="Files" onChange={(event) => take(event.currentTarget)} />
      <input
        id="choose-folder"
        type="file"
        hidden
        aria-label="Folder"
        ref={(element) => element?.setAttribute('webkitdirectory', '')}
        onChange={(event) => take(event.currentTarget)}
      />
    </>
  )
}

export function chooseFiles(): void {
  document.getElementById('choose-files')!.click()
}

export function chooseFolder(): void {
  document.getElementById('choose-folder')!.click()
}
