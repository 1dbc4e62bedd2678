/** Milliseconds of processor time that this process has used: what others do on the machine does not count. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Milliseconds of processor time to sort so many numbers: a yardstick that grows with a slow or busy machine as what is measured does. */
export function sortingTime(numbers: number): number {
  let state = 1
  const array = Float64Array.from({ length: numbers }, () => (state = (state * 48271) % 2147483647))
  const before = processorTime()
  array.sort()
  return processorTime() - before
}
