import { shellWord } from './shell-word.ts'
import type { SlurmJob } from './slurm-jobs.ts'

/** The jobs that a plan was given to Slurm as: a line for each, its name and number. Below the plan's folder. */
export const SUBMITTED_JOBS = 'slurm-jobs.txt'

const END = 'END_OF_JOB'

/**
 * A script of bash that submits jobs, each after those that it waits for, prints their numbers, and takes back what it has
 * submitted when Slurm refuses one.
 * @param folder the plan's, absolute
 * @param inFiles the jobs' scripts lie beside this one as NAME.sbatch; without it they stand in it
 */
export function submitScript(folder: string, jobs: readonly SlurmJob[], inFiles = false): string {
  const submitted = jobs.map((job) => {
    const after = job.after.map((name) => `:\${${name}}`).join('')
    const words = `sbatch --parsable${after === '' ? '' : ` --dependency=afterok${after}`}`
    const call = inFiles ? `${words} "$here/${job.name}.sbatch"` : `${words} <<'${END}'\n${job.script}${END}\n`
    return `${job.name}=$(${call})
${job.name}=\${${job.name}%%;*} # behind the number stands the cluster
jobs+=("$${job.name}")
echo "${job.name} $${job.name}" | tee -a "$list"
`
  })
  return `#!/bin/bash
# Submits what is left of a filterlens plan: ${jobs.map(({ name }) => name).join(', ')}.
set -eu
list=${shellWord(folder)}/${SUBMITTED_JOBS}
${inFiles ? 'here=$(cd "$(dirname "$0")" && pwd)\n' : ''}jobs=()
trap 'if [ \${#jobs[@]} -gt 0 ]; then scancel "\${jobs[@]}"; echo "Slurm refused a job: those before it are taken back" >&2; fi' ERR

${submitted.join('\n')}`
}
