"""Golden values of precision, recall, density and coverage, from all distances at once in whole numbers.

python3 -m pip install numpy
python3 src/metrics/testing/manifold_golden.py > src/metrics/testing/manifold_golden.json
"""

import json

import numpy as np


def grid(count, dimension, seed, shift=0):
    """As in drawn-features.ts: whole numbers, so that rims of neighbourhoods are met exactly."""
    index = np.arange(count * dimension, dtype=np.uint32) + np.uint32(1000003 * seed)
    once = index * np.uint32(0x9E3779B1)
    # JavaScript shifts the same bits, without sign.
    mixed = (once ^ (once >> np.uint32(15))) * np.uint32(0x85EBCA6B)
    return (mixed >> np.uint32(28)).astype(np.int64).reshape(count, dimension) + shift


def squares(one, other):
    return ((one[:, None, :] - other[None, :, :]) ** 2).sum(axis=2)


def radii(points, neighbour):
    distances = squares(points, points)
    np.fill_diagonal(distances, np.iinfo(np.int64).max)
    return np.sort(distances, axis=1)[:, neighbour - 1]


def case(count, dimension, shift):
    real, generated = grid(count, dimension, 1), grid(count, dimension, 2, shift)
    between = squares(real, generated)
    wide = between <= radii(real, 5)[:, None]
    scores = {
        "precision": (between <= radii(real, 3)[:, None]).any(axis=0).mean(),
        "recall": (between <= radii(generated, 3)[None, :]).any(axis=1).mean(),
        "density": wide.sum(axis=0).mean() / 5,
        "coverage": wide.any(axis=1).mean(),
    }
    rim = int((between == radii(real, 5)[:, None]).sum())
    return {"count": count, "dimension": dimension, "shift": shift, "rim": rim, **scores}


if __name__ == "__main__":
    cases = [case(40, 3, 0), case(200, 5, 2), case(200, 16, 1), case(1100, 4, 3)]
    print(json.dumps({"cases": cases}))
