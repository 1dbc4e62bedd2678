import { openAndKeep } from './kept.ts'
import { showToast } from './toast.ts'

/** Networks that ship with the page, below examples/. */
export interface Example {
  readonly id: string
  readonly title: string
  readonly text: string
  readonly files: readonly string[]
}

const [normal, robust] = ['vgg_w16_cifar10_normal.onnx', 'vgg_w16_cifar10_robust.onnx']

export const examples: readonly Example[] = [
  {
    id: 'normal',
    title: 'A normal model',
    text: 'A small VGG trained on CIFAR-10 as usual.',
    files: [normal],
  },
  {
    id: 'robust',
    title: 'A robust model',
    text: 'The same network, trained against adversarial perturbations.',
    files: [robust],
  },
  {
    id: 'pair',
    title: 'Normal beside robust',
    text: 'Both, layer by layer: where does robustness show?',
    files: [normal, robust],
  },
]

/** Fetches an example's files from beside the page and analyses them. */
export async function openExample(example: Example): Promise<void> {
  try {
    const files = await Promise.all(
      example.files.map(async (path) => {
        const answer = await fetch(`examples/${path}`)
        if (!answer.ok) throw new Error(`examples/${path} is not beside this page (${answer.status})`)
        return { path, blob: await answer.blob() }
      }),
    )
    await openAndKeep({ files })
  } catch (error) {
    showToast(error instanceof Error ? error.message : String(error))
  }
}
