import type { Described } from './report-types.ts'
import type {
  columnCorrelationSchema,
  columnStudySchema,
  studiesSchema,
  studyBasisSchema,
  studyDistributionSchema,
  studyPairSchema,
  studyTestSchema,
  studyValueSchema,
} from './study-schema.ts'

/** All studies of a run by columns of its metadata. */
export interface Studies extends Described<typeof studiesSchema> {}

/** The models by the values of one column: sizes, metrics with tests, bases, histograms and shifts. */
export interface ColumnStudy extends Described<typeof columnStudySchema> {}

/** The models that have one value. */
export interface StudyValue extends Described<typeof studyValueSchema> {}

/** A metric over the models that have one value. */
export interface StudyDistribution extends Described<typeof studyDistributionSchema> {}

/** An unpaired test of a metric. */
export interface StudyTest extends Described<typeof studyTestSchema> {}

/** Two values of a column that are compared. */
export interface StudyPair extends Described<typeof studyPairSchema> {}

/** The basis of the models that have one value; null: of all. */
export interface StudyBasis extends Described<typeof studyBasisSchema> {}

/** A rank correlation with a numeric column. */
export interface ColumnCorrelation extends Described<typeof columnCorrelationSchema> {}
