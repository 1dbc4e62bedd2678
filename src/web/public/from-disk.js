// Browsers refuse to load modules and workers from file:// addresses: say so instead of showing an empty page.
if (location.protocol === 'file:') {
  document.getElementById('app').textContent =
    'This page has to be served, even from this computer: run "npx filterlens view", or any static file server in this folder.'
}
