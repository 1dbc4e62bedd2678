// All benchmarks, one after the other: npm run bench. Options as in end-to-end.ts.
await import('./module.ts')
await import('./end-to-end.ts')
