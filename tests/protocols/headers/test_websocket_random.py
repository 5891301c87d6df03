"""Random WebSocket conversations, cut into segments anywhere: every value of every field as tshark has it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest
from field_sweep import compared_fields, sweep
from web_captures import ASKED, Turn, agreed, closed, record

from tcptui.protocols.websocket.frames import unmask

if TYPE_CHECKING:
    from pathlib import Path

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
FIN: Final = 0x80
#: One conversation each; ``SEEDS`` of another range by hand.
SEEDS: Final = range(12)
_TALLEST: Final = 40


def frame(draw: random.Random, opcode: int, payload: bytes, *, masked: bool) -> bytes:
    size = len(payload)
    mask = FIN * masked
    if size < 126:
        length = bytes((size | mask,))
    else:
        length = b"\xfe"[:1] if masked else b"\x7e"
        length += size.to_bytes(2, "big")
    key = draw.randbytes(4) if masked else b""
    return bytes((FIN | opcode,)) + length + key + (unmask(payload, key) if masked else payload)


def message(draw: random.Random, *, masked: bool) -> bytes:
    """One message of one frame: short ones most often, empty ones, and ones of several segments."""
    size = draw.choice((0, 1, 5, 20, 125, 126, 400, 1500, 6000))
    opcode = draw.choice((TEXT, TEXT, BINARY, BINARY, PING, PONG))
    if opcode in (PING, PONG):
        size = min(size, 125)
    payload = bytes(draw.choices(b"abc xyz{}:,\n", k=size)) if opcode == TEXT else draw.randbytes(size)
    return frame(draw, opcode, payload, masked=masked)


def conversation(seed: int) -> list[Turn]:
    draw = random.Random(seed)
    turns: list[Turn] = [(0, "C", ASKED), (20, "S", agreed())]
    ms = 50
    for _ in range(draw.randint(2, 8)):
        who = draw.choice("CS")
        said = b"".join(message(draw, masked=who == "C") for _ in range(draw.randint(1, 6)))
        longest = draw.choice((3, 30, 300, 1400))
        longest = max(longest, len(said) // _TALLEST)  # Wireshark's list of segments is shown in part
        at = 0
        while at < len(said):
            size = draw.randint(1, longest)
            turns.append((ms, who, said[at : at + size]))
            at += size
            ms += 10
    return closed(turns)


@pytest.mark.tshark
@pytest.mark.parametrize("seed", SEEDS)
def test_random_conversation(tmp_path: Path, seed: int) -> None:
    swept = sweep(record(tmp_path, conversation(seed)), compared_fields())

    assert swept is not None
    assert swept.different == {}
    assert swept.values > 100
