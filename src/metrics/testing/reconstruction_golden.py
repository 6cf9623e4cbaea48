"""Golden values for reconstruction.test.ts: errors and structural similarity by numpy and scipy.

    python3 reconstruction_golden.py > reconstruction_golden.json
"""

import json
import sys

import numpy as np
from scipy import ndimage

SIDE = 11
HALF = SIDE // 2


def window():
    row, column = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1]
    weights = np.exp(-(row**2 + column**2) / (2 * 1.5**2))
    return weights / weights.sum()


def similarity(x, y):
    """Of one plane each: the mean over the places at which the whole window lies inside."""
    weights = window()

    def mean(values):
        return ndimage.correlate(values, weights, mode="constant")[HALF:-HALF, HALF:-HALF]

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    quotient = ((2 * mx * my + c1) * (2 * cov + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return quotient.mean()


random = np.random.default_rng(11)
cases = []
for channels, height, width in [(1, 11, 11), (1, 16, 13), (3, 12, 14)]:
    images = ndimage.gaussian_filter(random.uniform(0, 255, (3, channels, height, width)), (0, 0, 1, 1))
    images = np.clip((images - 127.5) * 2.5 + 127.5, 0, 255).round()
    others = images.copy()
    others[0] = np.clip(others[0] + random.normal(0, 12, others[0].shape), 0, 255).round()
    others[1] = np.clip(others[1] * 0.7 + 20, 0, 255).round()
    others[2] = 255 - others[2]
    error = ((images - others) ** 2).mean((1, 2, 3)) / 255**2
    cases.append(
        {
            "channels": channels,
            "height": height,
            "width": width,
            "images": images.astype(int).ravel().tolist(),
            "others": others.astype(int).ravel().tolist(),
            "meanSquaredError": error.tolist(),
            "peakSignalToNoise": (10 * np.log10(1 / error)).tolist(),
            "structuralSimilarity": [
                float(np.mean([similarity(one, other) for one, other in zip(image, pair)]))
                for image, pair in zip(images, others)
            ],
        }
    )
json.dump({"cases": cases}, sys.stdout)
print()
