"""Frames of HTTP/2 that end before what their type has in them: which are malformed, as tshark says of the same."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest
from field_sweep import sweep
from http2_ends import PREFACE, frame
from web_captures import closed, record

from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADERS, _PUSH_PROMISE, _ALTSVC, _ORIGIN = 1, 5, 10, 12
#: By type, flags that change what is in the payload: padding, a priority.
_FLAGS: Final = {0: (0, 8, 9), _HEADERS: (4, 0x0C, 0x24, 0x2C), _PUSH_PROMISE: (4, 0x0C)}
_TYPES: Final = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 16, 20, 250)
#: Header fields that are indexes of one byte, behind a padding's length and a promised stream.
_BLOCKS: Final = (b"\x82" * 20, b"\x02" + b"\x82" * 20, b"\0\0\0\2" + b"\x82" * 16, b"\3\0\0\0\2\x10" + b"\x82" * 14)
_TEXTS: Final = (b"\0\3abcdefghijklmnopqr", b"\0\0" * 10, b"\0\x05https\0\x01u\0\x09")
_SIZES: Final = (*range(11), 13, 20)
_COMPARED: Final = (
    "_ws.malformed", "_ws.malformed.expert", "http2.type", "http2.length", "http2.padding", "http2.settings",
    "http2.settings.id", "http2.goaway.last_stream_id", "http2.altsvc.origin.len", "http2.origin.origin_len",
    "http2.push_promise.promised_stream_id", "http2.flags.unused_data", "http2.flags.unused_headers", "http2.unknown",
    "http2.stream_dependency",
)  # fmt: skip


def _frames(seed: int) -> Iterator[bytes]:
    """Each type with payloads of each size, which are what it may be, zeros, ones, or drawn."""
    chance = random.Random(seed)
    for kind in _TYPES:
        for flags in _FLAGS.get(kind, (0,)):
            for size in _SIZES:
                said = [*_BLOCKS] if kind in (_HEADERS, _PUSH_PROMISE) else [bytes(20), b"\xff" * 20]
                said += [chance.randbytes(20), *_TEXTS] if kind in (_ALTSVC, _ORIGIN) else []
                for payload in dict.fromkeys(one[:size] for one in said):
                    unused = chance.choice((0, 0, 0x40, 0x80, 0x12)) if kind < 2 else 0
                    yield frame(kind, flags | unused, chance.choice((0, 1)), payload)


@pytest.mark.tshark
@pytest.mark.parametrize("seed", range(3))
def test_frames_are_malformed_where_tshark_says_so(tmp_path: Path, seed: int) -> None:
    sent = list(_frames(seed))
    turns = [(0.0, "C", PREFACE + frame(4, 0, 0)), (1.0, "S", frame(4, 0, 0))]
    turns += [(2.0 + at, "C", one) for at, one in enumerate(sent)]
    swept = sweep(record(tmp_path, closed(turns)), [FIELDS[name] for name in _COMPARED])

    assert swept is not None
    assert swept.different == {}
    assert len(sent) > 700
