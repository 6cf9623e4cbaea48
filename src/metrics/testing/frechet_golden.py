"""Golden values for the Fréchet distance and for eigenvalues, by scipy and by singular values.

    python3 src/metrics/testing/frechet_golden.py > src/metrics/testing/frechet_golden.json

Features are whole numbers of eighths, cut off at 0 as a rectifier does, and correlated; float32 holds them exactly.
"""

import json
import sys

import numpy as np
import scipy.linalg

random = np.random.default_rng(20)
DIMENSION = 12


def features(count, dead=0):
    mixing = random.normal(size=(DIMENSION, DIMENSION)) * np.logspace(0, -1, DIMENSION)[:, None]
    drawn = 0.5 + random.normal(size=(count, DIMENSION)) @ mixing
    eighths = np.maximum(0, np.round(8 * drawn)).astype(int)
    if dead:
        eighths[:, :dead] = 0
        eighths[:, -1] = eighths[:, -2]
    return eighths


def distance(x, y, full_rank):
    x, y = x / 8, y / 8
    first, second = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    apart = np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2)
    if full_rank:
        root = np.trace(scipy.linalg.sqrtm(first @ second)).real
    else:
        cross = (x - x.mean(axis=0)) @ (y - y.mean(axis=0)).T
        root = np.linalg.norm(cross, "nuc") / np.sqrt((len(x) - 1) * (len(y) - 1))
    return apart + np.trace(first) + np.trace(second) - 2 * root


def case(name, n, m, dead=0):
    real, generated = features(n, dead), features(m, dead)
    full_rank = min(n, m) > DIMENSION and not dead
    return {
        "name": name,
        "real": real.tolist(),
        "generated": generated.tolist(),
        "distance": distance(real, generated, full_rank),
    }


def spectrum(name, matrix):
    return {"name": name, "matrix": matrix.tolist(), "eigenvalues": scipy.linalg.eigvalsh(matrix).tolist()}


whole = random.integers(-9, 10, size=(13, 13))
graded = np.outer(10.0 ** -np.arange(7), 10.0 ** -np.arange(7)) * (1 + np.eye(7))
golden = {
    "distances": [
        case("more images than features", 40, 31),
        case("fewer images than features", 7, 9),
        case("few real images, many generated ones", 8, 40),
        case("many real images, few generated ones", 31, 5),
        case("features that never vary, and two that are equal", 40, 31, dead=3),
    ],
    "spectra": [
        spectrum("whole numbers", whole + whole.T),
        spectrum("of rank 5", (whole[:, :5] @ whole[:, :5].T)),
        spectrum("Hilbert's matrix", scipy.linalg.hilbert(9)),
        spectrum("rows of very different size", graded),
    ],
}
json.dump(golden, sys.stdout, separators=(",", ":"))
print()
