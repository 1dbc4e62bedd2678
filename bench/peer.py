"""The same metrics in numpy and torch, written from their definitions.

  peer.py <file of float32> <layers> <filters per layer>

Reads a line with the name of a function and its arguments, runs it on all layers, answers with the milliseconds of processor
time (one thread).
"""
import sys
import time

import numpy as np

path, layers, filters = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
data = list(np.fromfile(path, np.float32).reshape(layers, filters, 9))
double = {}  # the same filters in float64, by the identity of their float32 array


def entropy(variances):
    q = variances / variances.sum()
    q = q[q > 0]
    return -(q * np.log10(q)).sum()


def moments(x):
    mean = x.mean(0)
    x = x - mean
    return mean, x.T @ x


def expert(w):
    """All that our pass gives, vectorised, products by BLAS in double."""
    tops = np.abs(w).max(1)
    peak = float(tops.max())
    kept = tops > peak / 100
    raw = w.astype(np.float64)
    clean = raw if kept.all() else raw[kept]
    scaled = clean / tops[kept, None].astype(np.float64)
    sets = [moments(x) for x in (scaled, raw, clean)]
    mean = raw.mean()
    return np.abs(raw).sum(), np.abs(raw - mean).sum(), [entropy(np.linalg.eigvalsh(s)) for _, s in sets]


def notebook(w):
    """The paper's way, step by step in float64, which its filters are stored in: sparsity (sparsity.ipynb), scaling of all
    filters, then the entropy of those that are not sparse by a singular value decomposition (pca.ipynb)."""
    w = double[id(w)]
    peak = np.abs(w).max()
    sparse = (np.abs(w).max(axis=1) <= peak / 100).sum()
    top = np.abs(w).max(axis=1, keepdims=True)
    scaled = w / np.where(top == 0, 1, top)
    kept = scaled[np.abs(w).max(axis=1) > peak / 100]
    s = np.linalg.svd(kept - kept.mean(axis=0), full_matrices=False)[1]
    return sparse, entropy(s**2 / (len(kept) - 1))


def authors(w):
    """Both codes of the paper's author, for all that our pass measures."""
    return notebook(w), torch_metrics(w)


def torch_metrics(w):
    """torchconvquality's metrics but orthogonality, in float32 as it runs by default."""
    import torch

    t = torch.from_numpy(w)
    peak = t.abs().max()
    clean = t[t.abs().amax(1) >= peak * 0.01]

    def of(x):
        s = torch.linalg.svd(x - x.mean(0), full_matrices=False).S
        q = s**2 / (s**2).sum()
        return -(q * torch.log10(q)).sum()

    flat = t.flatten()
    standard = (flat - flat.mean()) / flat.std()
    return of(t), of(clean), standard.norm(1), standard.norm(2), flat.norm(1), flat.norm(2)


basis = np.linalg.qr(np.random.default_rng(1).normal(size=(9, 9)))[0]
mean = np.full(9, 0.01)


def coefficients(w):
    scaled = w / np.abs(w).max(1, keepdims=True).astype(np.float64)
    return (scaled - mean) @ basis.T


def expert_coefficients(w):
    """Range of all, then counts: bins by arithmetic, which may differ from numpy.histogram on an edge."""
    c = coefficients(w)
    low, high = c.min(), c.max()
    c = coefficients(w)
    bins = np.minimum(((c - low) * (70 / (high - low))).astype(np.int64), 69) + 70 * np.arange(9)
    return np.bincount(bins.ravel(), minlength=630)


def notebook_coefficients(w):
    c = coefficients(w)
    low, high = c.min(), c.max()
    c = coefficients(w)
    return [np.histogram(c[:, k], bins=70, range=(low, high)) for k in range(9)]


def gram(rows, length, kind):
    w = np.concatenate(data).reshape(-1)[: int(rows) * int(length)].reshape(int(rows), int(length)).astype(kind)
    start = time.process_time()
    w = w / np.linalg.norm(w, axis=1, keepdims=True)
    np.abs(w @ w.T - np.eye(len(w), dtype=kind)).sum()
    return (time.process_time() - start) * 1e3


def run(name, *arguments):
    if name == "gram":
        return gram(*arguments)
    if name in ("torch_metrics", "authors"):
        import torch

        torch.set_num_threads(1)
    if name in ("notebook", "authors") and not double:
        double.update((id(w), w.astype(np.float64)) for w in data)
    function = globals()[name]
    start = time.process_time()
    for w in data:
        function(w)
    return (time.process_time() - start) * 1e3


for line in sys.stdin:
    try:
        print(run(*line.split()), flush=True)
    except ImportError as error:
        print("absent", error.name, flush=True)
