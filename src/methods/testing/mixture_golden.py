"""Golden values for mixture-fit.test.ts: a Gaussian mixture fitted by numpy and scipy.

    python3 mixture_golden.py > mixture_golden.json
"""

import json
import sys

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

WEIGHTS = np.array([0.5, 0.3, 0.2])
MEANS = np.array([[-3.0, 1.0], [2.0, 4.0], [2.5, -2.0]])
COVARIANCES = np.array([[[1.0, 0.6], [0.6, 0.8]], [[0.5, -0.3], [-0.3, 1.2]], [[2.0, 0.0], [0.0, 0.3]]])
RIDGE = 1e-4


def log_densities(codes, weights, means, covariances):
    """Of each component, weighted: [codes, components]."""
    each = [multivariate_normal(mean, covariance).logpdf(codes) for mean, covariance in zip(means, covariances)]
    return np.log(weights) + np.stack(each, axis=1)


def main():
    random = np.random.default_rng(5)
    chosen = random.choice(3, size=240, p=WEIGHTS)
    codes = np.stack([random.multivariate_normal(MEANS[k], COVARIANCES[k]) for k in chosen])
    codes = codes.round(3).astype(np.float32).astype(np.float64)
    ridge = RIDGE * codes.var(axis=0).mean() + 1e-12
    weights, means, covariances = WEIGHTS, MEANS, COVARIANCES
    for _ in range(2000):
        logs = log_densities(codes, weights, means, covariances)
        shares = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        counts = shares.sum(axis=0)
        weights = counts / len(codes)
        means = shares.T @ codes / counts[:, None]
        covariances = np.stack(
            [
                (shares[:, k, None] * (codes - means[k])).T @ (codes - means[k]) / counts[k] + ridge * np.eye(2)
                for k in range(3)
            ]
        )
    logs = log_densities(codes, weights, means, covariances)
    json.dump(
        {
            "codes": codes.round(3).tolist(),
            "weights": weights.tolist(),
            "means": means.tolist(),
            "covariances": covariances.tolist(),
            "logLikelihood": float(logsumexp(logs, axis=1).mean()),
        },
        sys.stdout,
    )


main()
