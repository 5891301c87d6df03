"""Packets as redact reads them: many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tcptui.redact.stretches import Stretch

if TYPE_CHECKING:
    from collections.abc import Sequence


def stretch_of(packets: Sequence[bytes], links: Sequence[int] | int = 1, between: bytes = b"") -> Stretch:
    """``packets`` of one link type or of one each, with ``between`` before each of them."""
    size = np.array([len(one) for one in packets], np.int64)
    end = np.cumsum(size + len(between))
    kinds = np.full(len(packets), links) if isinstance(links, int) else np.array(links)
    data = b"".join(between + one for one in packets)
    return Stretch(np.arange(len(packets), dtype=np.int32), data, end - size, end, kinds.astype(np.int64))
