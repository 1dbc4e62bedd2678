/** What the weights of a darknet configuration may be called. */
export function weightNames(configuration: string): string[] {
  const stem = configuration.replace(/\.cfg$/i, '')
  return ['', '_final', '_best', '_last'].map((more) => `${stem}${more}.weights`)
}

/** What the configuration of darknet weights may be called: training adds _best, _last, _final or the number of steps. */
export function configurationNames(weights: string): string[] {
  const stem = weights.replace(/\.weights$/i, '')
  const plain = stem.replace(/[_-](best|last|final|\d+)$/i, '')
  return stem === plain ? [`${stem}.cfg`] : [`${stem}.cfg`, `${plain}.cfg`]
}
