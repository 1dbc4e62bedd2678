/** The table of a series, as `track` writes it. */
export const TRAJECTORY = 'trajectory.arrow'

/** Files beside it, in the folder it lies in. */
const beside = /^(trajectory\.(csv|parquet|tex)|figures\/(trajectory-heat-map|first-layer-filmstrip)\.svg)$/
/** Those of several runs, in the folder above. */
const above = /^(sweep-(runs|layers|tests)\.(arrow|csv|parquet|tex)|figures\/sweep-heat-map\.svg)$/

/** True for a file that `track` wrote with a table in one of the folders. */
export function isOfTrack(path: string, folders: readonly string[]): boolean {
  const within = (folder: string): string | undefined =>
    folder === '' ? path : path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined
  return folders.some((folder) => {
    const name = within(folder)
    if (name === TRAJECTORY || (name !== undefined && beside.test(name))) return true
    const upper = within(folder.includes('/') ? folder.slice(0, folder.lastIndexOf('/')) : '')
    return upper !== undefined && above.test(upper)
  })
}
