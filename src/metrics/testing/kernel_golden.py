"""Golden values of the kernel distance and the inception score.

python3 -m pip install numpy
python3 src/metrics/testing/kernel_golden.py > src/metrics/testing/kernel_golden.json
"""

import json

import numpy as np

from manifold_golden import grid


def kernel(one, other):
    return (one @ other.T / one.shape[1] + 1) ** 3


def unbiased(real, generated):
    n, m = len(real), len(generated)
    among_real, among_generated = kernel(real, real), kernel(generated, generated)
    return (
        (among_real.sum() - np.trace(among_real)) / (n * (n - 1))
        + (among_generated.sum() - np.trace(among_generated)) / (m * (m - 1))
        - 2 * kernel(real, generated).mean()
    )


def distance(n, m, dimension, shift):
    real, generated = grid(n, dimension, 1) / 8, grid(m, dimension, 2, shift) / 8
    return {"real": n, "generated": m, "dimension": dimension, "shift": shift, "value": unbiased(real, generated)}


def inception(count, classes):
    logits = grid(count, classes, 3) / 4
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    divergence = (shares * np.log(shares / shares.mean(axis=0))).sum(axis=1)
    return {"count": count, "classes": classes, "value": np.exp(divergence.mean())}


if __name__ == "__main__":
    distances = [distance(30, 30, 5, 1), distance(50, 80, 7, 0), distance(1100, 1030, 6, -2)]
    print(json.dumps({"distances": distances, "inception": [inception(60, 10), inception(7, 3)]}))
