"""Writes short TCP traces as real captures and runs the engine on them."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import pytest

from tcptui.model.tcp_flags import TcpFlag
from tcptui.model.tcp_state import state_of
from tcptui.session.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LETTERS = {"S": TcpFlag.SYN, "F": TcpFlag.FIN, "R": TcpFlag.RST, "P": TcpFlag.PSH, "A": TcpFlag.ACK}
_CLIENT_ISN, _SERVER_ISN = 1_000, 9_000
_CLIENT, _SERVER = (b"\x0a\x00\x00\x01", 40_000), (b"\x0a\x00\x00\x02", 80)


def _frame(line: str) -> bytes:
    """``"C SA 0 1 +5"``: sender (C or S), flags, relative seq, relative ack, payload length."""
    words = line.split()
    sender, letters, seq, ack = words[:4]
    payload = b"x" * int(words[4]) if len(words) > 4 else b""
    flags = sum(_LETTERS[letter] for letter in letters if letter != ".")
    (source, sport), (target, dport) = (_CLIENT, _SERVER) if sender == "C" else (_SERVER, _CLIENT)
    own, peer = (_CLIENT_ISN, _SERVER_ISN) if sender == "C" else (_SERVER_ISN, _CLIENT_ISN)
    raw_ack = (int(ack) + peer) & 0xFFFF_FFFF if flags & TcpFlag.ACK else 0
    tcp = struct.pack(">HHIIHHHH", sport, dport, (int(seq) + own) & 0xFFFF_FFFF, raw_ack, 5 << 12 | flags, 500, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0, source, target)
    return ip + tcp + payload


@pytest.fixture
def analysed(tmp_path: Path) -> Callable[[Sequence[str]], Pipeline]:
    """A function from trace lines to the pipeline that has analysed them, 10 ms apart."""

    def run(lines: Sequence[str]) -> Pipeline:
        capture = tmp_path / "trace.pcap"
        with capture.open("wb") as out:
            out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101))
            for index, line in enumerate(lines):
                frame = _frame(line)
                out.write(struct.pack("<IIII", 1_000, 10_000_000 * index, len(frame), len(frame)) + frame)
        descriptor = os.open(capture, os.O_RDONLY)
        pipeline = Pipeline([(descriptor, "trace")])
        while pipeline.advance([capture.stat().st_size], [True]):
            pass
        os.close(descriptor)
        return pipeline

    return run


@pytest.fixture
def states(analysed: Callable[[Sequence[str]], Pipeline]) -> Callable[[Sequence[str]], list[str]]:
    """A function from trace lines to ``"CLIENT SERVER"`` after each; ``~`` marks an assumed state."""

    def run(lines: Sequence[str]) -> list[str]:
        pipeline = analysed(lines)
        store, client_is_b = pipeline.store, int(pipeline.analyzer.streams.client_is_b[0])
        shown = []
        for row in range(store.count):
            cells = (int(store.state_a[row]), int(store.state_b[row]))
            words = []
            for cell in (cells[client_is_b], cells[1 - client_is_b]):
                state, known = state_of(cell)
                words.append(("" if known else "~") + state.label)
            shown.append(" ".join(words))
        return shown

    return run
