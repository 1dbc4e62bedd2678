import type { Figure } from '../figures/figure.ts'
import type { DrawingTask } from './task.ts'

/** What a figure can be asked to show: keys of DrawingTask. */
export type DrawingOption = 'layer' | 'channels' | 'first' | 'components'

/** A figure that is made of models alone: what it shows, and how it is drawn. */
interface DrawingKind {
  readonly shows: string
  /** The options that choose what is drawn, beside the model. */
  readonly takes: readonly DrawingOption[]
  readonly draw: (task: DrawingTask) => Promise<Figure>
}

/** Every figure of models by its name, in the order of the help. */
export const drawingKinds = {
  grid: {
    shows: 'the first filters of each layer of a model, or of one layer (--layer) of any kernel size',
    takes: ['layer', 'channels', 'first'],
    draw: async (task) => (await import('./filters.ts')).drawFilterGrid(task),
  },
  rgb: {
    shows: 'the first layer of each model in colour, of any kernel size',
    takes: ['layer', 'channels', 'first'],
    draw: async (task) => (await import('./filters.ts')).drawRgb(task),
  },
  bases: {
    shows: 'the principal components of each model, or of one layer of each',
    takes: ['layer'],
    draw: async (task) => (await import('./statistics.ts')).drawBases(task),
  },
  ridges: {
    shows: 'distributions of the coefficients, a row a model; of a single model a row a tenth of its depth',
    takes: ['layer'],
    draw: async (task) => (await import('./statistics.ts')).drawRidges(task),
  },
  histogram: {
    shows: 'histograms of the coefficients, a panel a component, up to seven models over one another',
    takes: ['layer'],
    draw: async (task) => (await import('./statistics.ts')).drawHistogram(task),
  },
  covariance: {
    shows: 'covariance of the coefficients of each model, of a single model by depth',
    takes: ['layer'],
    draw: async (task) => (await import('./statistics.ts')).drawCovariance(task),
  },
  density: {
    shows: 'density of two coefficients (--components 1,2), a square a model, of a single model by depth',
    takes: ['layer', 'components'],
    draw: async (task) => (await import('./density.ts')).drawDensity(task),
  },
  deciles: {
    shows: 'distribution shift between the tenths of the depth, all models together',
    takes: [],
    draw: async (task) => (await import('./deciles.ts')).drawDeciles(task),
  },
} as const satisfies Record<string, DrawingKind>

export type DrawingName = keyof typeof drawingKinds
