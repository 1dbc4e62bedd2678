import type { CoefficientPass } from '../measure/coefficients.ts'
import type { PrincipalComponents } from '../shift/principal-components.ts'

export { coefficientBins, type Histograms, type LayerCoefficients } from '../measure/coefficients.ts'

/** The coefficients of all compared models' layers, with the basis they are in: its explained variance ratio weighs the shift. */
export interface Coefficients extends CoefficientPass {
  readonly basis: PrincipalComponents
}
