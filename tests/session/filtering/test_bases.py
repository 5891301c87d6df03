"""From what relative numbers count, for many packets at once."""

from __future__ import annotations

import numpy as np
import pytest

from tcptui.session.filtering.tables import _of_end


@pytest.mark.parametrize("stream", [
    [700, -1, 703, 700], [0, 999, -1, 500], [-1, 999], [-1, -1], [5], [],
], ids=["neighbours", "far apart", "the last", "of none", "one", "nothing asked"])  # fmt: skip
def test_each_packet_has_the_base_of_its_own_stream_and_end(stream: list[int]) -> None:
    a, b = np.arange(1000, dtype=np.int64), np.arange(1000, dtype=np.int64) + 5000
    asked = np.array(stream, np.int32)

    for times in (1, 1000):  # fewer packets than streams, and more
        many = np.tile(asked, times)
        of_b = np.arange(len(many), dtype=np.uint8) & 1
        found = _of_end(a, b, many, of_b)

        known = many >= 0
        assert len(found) == len(many)
        assert found[known].tolist() == (many + 5000 * of_b.astype(np.int64))[known].tolist()
