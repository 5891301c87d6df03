"""Who is on both sides, and how often: what makes two mixtures alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.compare.side import Texts
    from tcptui.model.packet_store import I64

    F64 = NDArray[np.float64]


def shares_of(a: Texts, b: Texts) -> tuple[tuple[I64, I64], tuple[F64, F64]]:
    """The number of each text, and what share of each side has it, by number."""
    names, which = np.unique(np.concatenate((a, b)).astype(str), return_inverse=True)
    of = which[: len(a)], which[len(a) :]
    shares = [np.bincount(each, minlength=len(names)) / max(len(each), 1) for each in of]
    return of, (shares[0], shares[1])


def common_shares(a: F64, b: F64) -> F64:
    """Shares (or numbers) that both sides can be given: 0 of what one of them has not.

    Harmonic means: who has few connections on one side counts little on both, for its few say little.
    """
    both = a + b
    common: F64 = 2 * a * b / np.where(both > 0, both, 1)
    return common
