// The part of hash-wasm that LZ4 needs: an import() of the package itself would put all its hashes into a bundle.
export { createXXHash32 } from 'hash-wasm'
