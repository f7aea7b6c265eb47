"""Maximum likelihood by Newton's method, for the models that no library fits as wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

STEPS = 30
SMALL = 1e-8  # a step below this has arrived: Newton's next one is its square
FLAT = 1e-10  # curvature below this share of the largest counts as that much
ROUNDING = 1e-9  # a fall of the value by less is its rounding
NO_GAIN = 1e-15  # log-likelihood still to be gained, by the quadratic form
WEAK = 1e-6  # all rows together tell less than this of a scaled direction only where it has no finite estimate
WIDTH = 1e-5  # of a difference, as a share of the parameter

Point = tuple[float, np.ndarray, np.ndarray]  # log-likelihood, gradient, observed information (minus its curvature)


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where Newton's method ended: parameters (K), log-likelihood, information (K by K), arrived or not."""

    theta: np.ndarray
    value: float
    information: np.ndarray
    converged: bool


def maximise(function: Callable[[np.ndarray], Point], start: np.ndarray) -> Maximum:
    """Climb to a maximum by damped Newton steps; downward curvature is turned upward, so a saddle is left.

    `function` gives value, gradient and information at a point, and -inf for the value where it is not defined.
    """
    theta, (value, gradient, information) = start, function(start)
    for _count in range(STEPS):
        curvature, axes = np.linalg.eigh(information)
        curvature = np.maximum(np.abs(curvature), FLAT * float(np.abs(curvature).max()))
        step = axes @ ((axes.T @ gradient) / curvature)
        moved, gain, size = float(np.abs(step).max()), float(gradient @ step), 1.0
        while size > SMALL:
            point = function(theta + size * step)
            if point[0] >= value - ROUNDING * (1 + abs(value)):
                break
            size /= 2
        else:
            break  # no way up is left
        theta, (value, gradient, information) = theta + size * step, point
        if moved < SMALL or gain < NO_GAIN:
            return Maximum(theta, value, information, converged=True)
    return Maximum(theta, value, information, converged=False)


def find_weak(best: Maximum) -> np.ndarray:
    """Return the directions (columns) in which the likelihood of scaled terms is flat without end (separation)."""
    curvature, axes = np.linalg.eigh(best.information)
    return np.asarray(axes[:, curvature < WEAK])


def inform(gradient: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    """Return the information where the log-likelihood has this gradient, by central differences."""
    steps = WIDTH * np.maximum(1.0, np.abs(at)) * np.eye(len(at))
    curvature = np.column_stack([(gradient(at + h) - gradient(at - h)) / (2 * h.sum()) for h in steps])
    return np.asarray(-(curvature + curvature.T) / 2)


def turn_columns(x: np.ndarray, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return independent columns turned to be orthogonal with mean square 1, and the matrix that turns them so."""
    root = np.ones((len(x), 1)) if weight is None else np.sqrt(weight)[:, None]
    turn = np.linalg.inv(np.linalg.qr(x * root)[1]) * np.sqrt((root**2).sum())
    return x @ turn, turn
