"""Numbers of unlike sizes beside each other."""

from __future__ import annotations

import numpy as np
import pytest

from tcptui.dfilter.operators import Arithmetic
from tcptui.model.field import FieldType as T
from tcptui.session.filtering.occurrences import Occurrences
from tcptui.session.filtering.operands import computed


@pytest.mark.parametrize(
    ("sign", "made"), [(Arithmetic.AND, 5), (Arithmetic.ADD, 12), (Arithmetic.MODULO, 5), (Arithmetic.DIVIDE, 0)]
)
def test_a_signed_long_number_beside_a_short_one(sign: Arithmetic, made: int) -> None:
    left = Occurrences(T.INT64, 2, np.array([5, 5]))
    right = Occurrences(T.INT16, 2, np.array([7, 7]))

    assert computed(sign, left, right).values.tolist() == [made, made]
