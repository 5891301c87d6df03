"""Two captures, or two parts of one, compared by meaning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tcptui.access.requests import requests_of, with_payload
from tcptui.api.columns import field_named
from tcptui.api.errors import translated
from tcptui.session.reading_again import packets_read_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.api.capture import Capture
    from tcptui.compare.gather import RequestRow
    from tcptui.compare.side import Side


def compare(
    a: Capture, b: Capture, *, a_where: str = "", b_where: str = "", group: str = ""
) -> dict[str, Any]:  # fmt: skip
    """What ``tcptui compare --json`` writes of two captures, or of one that is given twice and divided by filters.

    ``a_where``, ``b_where``: display filters; a connection counts where any of its packets matches.  ``group``: the
    field by which connections are compared group by group.  Raises CaptureError where a side has no connection or is
    the other one, and FilterError for a wrong filter or field.
    """
    from tcptui.cli.report.compared_json import compared_as_json
    from tcptui.compare.compare import compare as compared
    from tcptui.compare.divide import by_masks
    from tcptui.words.compare_refusal import require_both, require_no_copy

    words, masks = a._words, [_matching(capture, where) for capture, where in ((a, a_where), (b, b_where))]
    with translated(words):
        wholes = [_side(a)] if a is b else [_side(a), _side(b)]
        texts = [_groups(capture, group)[mask] for capture, mask in zip((a, b), masks, strict=True)]
        if a is b:
            first, second, noticed = by_masks(wholes[0], *masks)
            either = ~(masks[0] & masks[1])
            texts = [each[either[mask]] for each, mask in zip(texts, masks, strict=True)]
        else:
            first, second, noticed = wholes[0].of(masks[0]), wholes[1].of(masks[1]), ()
        require_both(first, second)
        require_no_copy(first, second)
        groups = (texts[0], texts[1]) if group else None
        told: dict[str, Any] = json.loads(
            compared_as_json(compared(first, second, by=group, groups=groups, noticed=noticed), words)
        )
    return told


def _matching(capture: Capture, where: str) -> NDArray[np.bool_]:
    """Of each connection, whether a packet of it matches ``where``."""
    store = capture._session.store
    mask = np.zeros(capture._session.streams.count, np.bool_)
    streams = store.stream[capture._rows(where)]
    mask[streams[streams >= 0]] = True
    return mask


def _side(capture: Capture) -> Side:
    from tcptui.compare.gather import gather

    with packets_read_again(capture._session):
        return gather(capture._session, _requests(capture), [str(file) for file in capture.files])


def _requests(capture: Capture) -> Iterator[RequestRow]:
    from tcptui.compare.gather import request_row

    for stream in with_payload(capture._session).tolist():
        yield from map(request_row, requests_of(capture._session, stream))


def _groups(capture: Capture, group: str) -> NDArray[np.object_]:
    """The group of each connection; without one all are in the same."""
    from tcptui.session.comparing import values_by_stream

    if not group:
        return np.full(capture._session.streams.count, "", object)
    with packets_read_again(capture._session):
        return values_by_stream(capture._session, field_named(group, capture._words))
