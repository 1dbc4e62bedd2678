/** Fills a table with the layers of an analysis. */
export function show({ layers }, table) {
  const columns = ['model', 'layer', 'filters', 'sparsity', 'variance_entropy', 'orthogonality']
  const text = (value) => (typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : (value ?? '–'))
  table.replaceChildren(
    row(
      'th',
      columns.map((name) => name.replace('_', ' ')),
    ),
    ...layers.map((layer) =>
      row(
        'td',
        columns.map((name) => text(layer[name])),
      ),
    ),
  )
}

function row(tag, cells) {
  const tr = document.createElement('tr')
  for (const cell of cells) tr.appendChild(document.createElement(tag)).textContent = cell
  return tr
}
