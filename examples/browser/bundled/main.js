import { analyze, isPlainError } from 'filterlens'
import { show } from '../show.js'

const status = document.getElementById('status')
document.getElementById('files').addEventListener('change', async ({ target }) => {
  try {
    const analysis = await analyze(target.files, {
      onProgress: ({ layer }) => {
        status.textContent = `measuring ${layer}`
      },
    })
    status.textContent = `${analysis.layers.length} layers`
    show(analysis, document.getElementById('layers'))
  } catch (error) {
    if (!isPlainError(error)) throw error
    status.textContent = error.message
  }
})
