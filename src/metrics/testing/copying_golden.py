"""Golden values for copying.test.ts: scipy's Mann-Whitney U and Fisher's exact test.

    python3 copying_golden.py > copying_golden.json
"""

import json
import sys

import numpy as np
from scipy import stats


def z_of(generated, held_out):
    """z without continuity correction, from the one-sided p of scipy's asymptotic test, which corrects for ties."""
    p = stats.mannwhitneyu(
        generated, held_out, alternative="less", method="asymptotic", use_continuity=False
    ).pvalue
    return float(stats.norm.ppf(p))


random = np.random.default_rng(5)
pairs = {
    "nearer": (random.gamma(2, 1, 30), random.gamma(2, 1.4, 40)),
    "alike": (random.gamma(2, 1, 25), random.gamma(2, 1, 25)),
    "farther": (random.gamma(2, 1.5, 12), random.gamma(2, 1, 50)),
    "ties": (random.integers(0, 5, 40).astype(float), random.integers(1, 6, 30).astype(float)),
    "copies": (np.concatenate([np.zeros(10), random.gamma(2, 1, 20)]), random.gamma(2, 1, 30)),
}
tables = [(10, 200, 0, 250), (3, 100, 2, 120), (0, 50, 4, 50), (40, 1000, 10, 900), (5, 5, 0, 5), (2, 3000, 0, 3000)]
json.dump(
    {
        "statistics": [
            {"name": name, "generated": one.tolist(), "heldOut": other.tolist(), "z": z_of(one, other)}
            for name, (one, other) in pairs.items()
        ],
        "tables": [
            {
                "counts": [found, count, other, others],
                "probability": float(
                    stats.fisher_exact([[found, count - found], [other, others - other]], alternative="greater").pvalue
                ),
            }
            for found, count, other, others in tables
        ],
    },
    sys.stdout,
    indent=1,
)
print()
