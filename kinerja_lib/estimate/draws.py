"""What estimators that simulate share: how many draws are allowed, and the p value that draws give."""

from __future__ import annotations

import numpy as np

from kinerja_lib.errors import CallError
from kinerja_lib.language import _

LEAST_DRAWS = 100


def require_draws(draws: object) -> int:
    """Return the number of draws if it is a whole number of at least 100."""
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < LEAST_DRAWS:
        message = _("draws: ditemukan {found}; yang diizinkan: bilangan bulat mulai {least}.")
        raise CallError(message.format(found=repr(draws), least=LEAST_DRAWS))
    return draws


def two_sided(draws: np.ndarray) -> np.ndarray:
    """Return for each column twice the share of draws on the rarer side of zero, never quite 0."""
    count = len(draws)
    rarer = np.minimum((draws <= 0).sum(axis=0), (draws >= 0).sum(axis=0))
    return np.asarray(np.minimum(2 * (rarer + 1) / (count + 1), 1.0))
