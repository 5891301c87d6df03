"""Signed certificate timestamps, cut and with times beyond all calendars; whole ones are held against tshark."""

from __future__ import annotations

import struct

import pytest

from tcptui.protocols.tls.lines import Line, Reader, ShortError
from tcptui.protocols.tls.signed_timestamps import read_timestamps


def stamp(milliseconds: int, algorithm: int, extensions: bytes = b"") -> bytes:
    """One timestamp, with its length in front."""
    body = b"\0" + bytes(range(32)) + struct.pack("!QH", milliseconds, len(extensions)) + extensions
    body += struct.pack("!HH", algorithm, 3) + b"sig"
    return struct.pack("!H", len(body)) + body


def read(stamps: bytes) -> Line:
    data = struct.pack("!H", len(stamps)) + stamps
    line = Line("list", 0, len(data))
    read_timestamps(line, Reader(data, 0, len(data)))
    return line


def test_each_timestamp_has_its_algorithm_and_time() -> None:
    line = read(stamp(1_568_312_807_765, 0x0403) + stamp(2**64 - 1, 0x0401, b"ext"))
    labels = [one.label for one in line.walk()]

    assert line.numbers("handshake.sig_hash_alg") == [0x0403, 0x0401]
    assert line.numbers("handshake.sig_hash_hash") == [4, 4]
    assert line.numbers("handshake.sig_hash_sig") == [3, 1]
    assert "Timestamp: 2019-09-12 18:26:47 (UTC)" in labels
    assert f"Timestamp: {2**64 - 1} ms" in labels
    assert "Extensions: 657874" in labels
    assert labels.count("Signed Certificate Timestamp") == 2


def test_what_is_cut_is_told_by_an_error() -> None:
    whole = stamp(1, 0x0403)
    for size in range(1, len(whole)):
        with pytest.raises(ShortError):
            read(whole[:size])
    assert read(b"").lines[1:] == []
