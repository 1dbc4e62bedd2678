import type { Command } from './command.ts'

/** A command as the help lists it; its module is loaded when it is called for. */
export interface CommandEntry {
  /** As yargs wants it: "analyze <inputs..>". */
  readonly usage: string
  readonly summary: string
  load(): Promise<Command>
}

/** Every command, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    usage: 'analyze [inputs..]',
    summary: 'measure every layer of models, of folders of models, or of a filter database',
    load: async () => (await import('./analyze.ts')).analyzeCommand,
  },
  {
    usage: 'inspect <inputs..>',
    summary: 'list every convolution that a file holds, and what cannot be measured, with the reason',
    load: async () => (await import('./inspect.ts')).inspectCommand,
  },
  {
    usage: 'compare <inputs..>',
    summary: 'two models layer by layer, or two groups of models',
    load: async () => (await import('./compare.ts')).compareCommand,
  },
  {
    usage: 'track <checkpoints..>',
    summary: 'checkpoints of a training as a series: how every layer changes from the first and the previous',
    load: async () => (await import('./track.ts')).trackCommand,
  },
  {
    usage: 'check <inputs..>',
    summary: 'exit with 1 when a layer is flagged, beyond limits, or worse than a baseline: for a training pipeline',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  {
    usage: 'report <results>',
    summary: 'one HTML file that can be sent to anyone: the answer, the tables, the figures',
    load: async () => (await import('./report.ts')).reportCommand,
  },
  {
    usage: 'view [inputs..]',
    summary: 'open the page in a browser with models or results loaded; nothing leaves this computer',
    load: async () => (await import('./view.ts')).viewCommand,
  },
  {
    usage: 'activate <model>',
    summary: "run a model's first convolution on an image and on a changed copy, and draw what changes",
    load: async () => (await import('./activate.ts')).activateCommand,
  },
  {
    usage: 'figure <kind> <inputs..>',
    summary: 'one figure of any model, layer or channel, or of results: SVG, PNG or PDF',
    load: async () => (await import('./figure.ts')).figureCommand,
  },
  {
    usage: 'export <results>',
    summary: 'every table of a results folder as CSV, Parquet, Arrow or LaTeX',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  {
    usage: 'extract <inputs..>',
    summary: 'write all 3×3 filters as a filter database: three Arrow files that any Arrow reader opens',
    load: async () => (await import('./extract.ts')).extractCommand,
  },
  {
    usage: 'verify <results>',
    summary: 'check the hashes of a results folder; with --inputs, measure them again and compare bit for bit',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  {
    usage: 'plan <inputs..>',
    summary: 'spread a run over many machines: lists what is to be measured, and cuts it into shards of equal work',
    load: async () => (await import('./plan.ts')).planCommand,
  },
  {
    usage: 'merge <plan>',
    summary: 'put the parts of all shards of a plan together: the results that one machine gives, with the same number to quote',
    load: async () => (await import('./merge.ts')).mergeCommand,
  },
  {
    usage: 'slurm <plan>',
    summary: 'carry out a plan on a Slurm cluster: print the jobs, or submit them',
    load: async () => (await import('./slurm.ts')).slurmCommand,
  },
  {
    usage: 'status <plan>',
    summary: 'how far a plan is: what is done, what runs, what failed and why',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  {
    usage: 'pack <results>',
    summary: 'results as one zip: the same files give the same zip, and verify, report and export read it as it is',
    load: async () => (await import('./pack.ts')).packCommand,
  },
]
