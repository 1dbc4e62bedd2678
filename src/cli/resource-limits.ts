/**
 * The sentence for an error that says nothing of an input, but of what this process may use: open files, memory, addresses.
 * Undefined for any other.
 */
export function limitProblem(error: unknown): string | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'EMFILE' || code === 'ENFILE')
      return 'too many files are open at a time: this shell (ulimit -n) or this system allows too few; 256 are enough'
    if (
      code === 'ENOMEM' ||
      code === 'ERR_WORKER_OUT_OF_MEMORY' ||
      /out of memory|could not allocate|allocation failed/i.test(message)
    )
      return 'there is too little memory, or this shell (ulimit -v) allows too few addresses: WebAssembly takes 12 GB of them, most of which are never memory'
  }
  return undefined
}
