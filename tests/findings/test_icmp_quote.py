"""An ICMP error that quotes the SYN: found, read, and told."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from tcptui.findings.icmp_quote import read_quote
from tcptui.model.finding import Severity
from tcptui.session.session import Session, open_file
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.packet_text import explain_packet

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, SERVER, ROUTER = b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02", b"\xc0\x00\x02\x09"
SYN = struct.pack(">HHIIHHHH", 40_000, 80, 1_000, 0, 5 << 12 | 2, 5_000, 0, 0)


def _ip(source: bytes, target: bytes, protocol: int, payload: bytes) -> bytes:
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, 0, 64, protocol, 0, source, target) + payload


def _session(folder: Path, sender: bytes, kind: int, code: int) -> Session:
    asked = _ip(CLIENT, SERVER, 6, SYN)
    error = _ip(sender, CLIENT, 1, struct.pack(">BBHI", kind, code, 0, 0) + asked)
    capture = folder / "icmp.pcap"
    with capture.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 101))
        for milliseconds, frame in ((0, asked), (12, error)):
            out.write(struct.pack("<IIII", 1_000, milliseconds * 1_000_000, len(frame), len(frame)) + frame)
    return open_file(capture)


@pytest.mark.finding("connection-unreachable")
@pytest.mark.parametrize(("sender", "shape"), [(ROUTER, "router"), (SERVER, "itself")])
def test_unreachable_names_the_sender_of_the_error(tmp_path: Path, sender: bytes, shape: str) -> None:
    finding = next(f for f in _session(tmp_path, sender, 3, 13).findings(0) if f.id == "connection-unreachable")

    assert finding.severity is Severity.ERROR
    assert finding.packets == (1, 2)
    assert (finding.facts["shape"], finding.facts["reason"]) == (shape, "prohibited")
    assert finding.facts["answer_s"] == pytest.approx(0.012)


@pytest.mark.finding("connection-unreachable", twin=True)
def test_packet_too_big_is_no_unreachable_destination(tmp_path: Path) -> None:
    assert not [f for f in _session(tmp_path, ROUTER, 3, 4).findings(0) if f.id == "connection-unreachable"]


def test_error_is_explained_at_its_own_packet(tmp_path: Path) -> None:
    session = _session(tmp_path, ROUTER, 3, 1)
    explanation = explain_packet(session, 1, Words(Language.EN))

    assert "192.0.2.9" in explanation.meaning
    assert "host unreachable" in explanation.meaning


def test_quote_gives_the_number_of_the_quoted_segment(tmp_path: Path) -> None:
    quote = read_quote(_session(tmp_path, ROUTER, 3, 1).reader.packet(1))

    assert quote is not None
    assert (quote.raw_seq, quote.sender, quote.version) == (1_000, "192.0.2.9", 4)
