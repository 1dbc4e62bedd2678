import type { PrincipalComponents } from '../../shift/principal-components.ts'
import { percent } from '../../words.ts'
import { Tile } from './tile.tsx'

const MOST = 25

/** Principal components as tiles, with the share of the variance that each explains. */
export function BasisTiles({ basis, columns }: { basis: PrincipalComponents; columns: number }) {
  const taps = basis.mean.length
  return (
    <ol class="tiles nine">
      {Array.from({ length: Math.min(taps, MOST) }, (_, k) => (
        <li key={`component ${k + 1}`} class="tile">
          <Tile
            weights={basis.components.subarray(k * taps, (k + 1) * taps)}
            columns={columns}
            size={46}
            label={`Component ${k + 1}`}
          />
          {percent(basis.explainedVarianceRatio[k]!)}
        </li>
      ))}
    </ol>
  )
}
