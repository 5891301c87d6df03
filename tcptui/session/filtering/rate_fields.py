"""Fields of what limited the rate of a connection: of the direction that took longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcptui.access.open_capture import view_of
from tcptui.analysis.rate.congestion_control import congestion_control
from tcptui.analysis.rate.limits import FEWEST, rate_limits
from tcptui.model.field import FieldType, in_stream
from tcptui.session.filtering.occurrences import array_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tcptui.analysis.rate.limit import RateLimits
    from tcptui.analysis.stream.view import StreamView
    from tcptui.session.filtering.rows import Mask, Rows
    from tcptui.session.filtering.stream_columns import StreamColumns


def read_rate(
    told: Callable[[StreamView, RateLimits], str],
) -> Callable[[StreamColumns, Rows], tuple[Mask, NDArray[Any]]]:
    """Read what ``told`` says of a connection; present where anything limited a transfer that can be told."""

    def read(columns: StreamColumns, rows: Rows) -> tuple[Mask, NDArray[Any]]:
        stream = columns.store.stream[rows.index]
        distinct, place = np.unique(stream, return_inverse=True)
        texts = [b"" if one < 0 else _of(columns, one, told) for one in distinct.tolist()]
        known = np.array([bool(text) for text in texts], np.bool_)
        present: Mask = in_stream(columns.store, rows.index) & known[place]
        return present, array_of(FieldType.STRING, texts)[place]

    return read


def control_name(view: StreamView, limits: RateLimits) -> str:
    """The congestion control that sent; empty where it cannot be told."""
    told = congestion_control(view, limits)
    return "" if told is None else told.algorithm.value


def _of(columns: StreamColumns, stream: int, told: Callable[[StreamView, RateLimits], str]) -> bytes:
    if int(columns.session.streams.packets[stream]) < FEWEST:
        return b""
    view = view_of(columns.session, stream)
    both = [limits for limits in rate_limits(view) if limits is not None]
    longest = max(both, key=lambda limits: limits.elapsed_ns, default=None)
    return b"" if longest is None else told(view, longest).encode()
