"""pcapng as few programs write it: the same frames with the same numbers and times as tshark's."""

from __future__ import annotations

import gzip
import struct
import subprocess
from typing import TYPE_CHECKING, Final

import pytest
import zstandard
from pcapng_blocks import block, enhanced, interface, obsolete, option, section, simple

from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.tshark

_NOW: Final = 1_700_000_000
_TICKS: Final = _NOW * 10**6
_RAW: Final = 101
_CUSTOM: Final = struct.pack("<I", 4711) + b"data"


def _frame(number: int) -> bytes:
    tcp = struct.pack("!HHIIHHHH", 1000, 80, number, 1, 0x5010, 100, 0, 0) + b"x"
    return struct.pack("!BBHHHBBHII", 0x45, 0, 41, 0, 0, 64, 6, 0, 0x0A000001, 0x0A000002) + tcp


_FRAMES: Final = [_frame(number) for number in range(8)]
_ONE: Final = enhanced("<", 0, _TICKS, _FRAMES[0])


def _usual(order: str, resolution: int | None = None, offset: int | None = None, rate: int = 10**6) -> bytes:
    packets = (enhanced(order, 0, _NOW * rate + number * rate // 4, _FRAMES[number]) for number in range(3))
    return section(order) + interface(order, _RAW, 0, resolution, offset) + b"".join(packets)


def _clock(resolution: int, ticks: int) -> bytes:
    return section("<") + interface("<", _RAW, 0, resolution) + enhanced("<", 0, ticks, _FRAMES[0])


def _without_padding(whole: bytes, missing: int) -> bytes:
    told = struct.pack("<I", len(whole) - missing)
    return whole[:4] + told + whole[8:-4] + told


_USUAL: Final = _usual("<")
_CASES: Final = {
    "clock-1-s": _clock(0, _NOW), "clock-10-s": _clock(1, _NOW * 10), "clock-ns": _clock(9, _NOW * 10**9 + 7),
    "clock-ps": _clock(12, 10**15 + 10**10), "clock-2-10": _clock(0x8A, _NOW * 1024 + 511),
    "clock-2-20": _clock(0x94, (_NOW << 20) + 1), "clock-2-30": _clock(0x9E, _NOW << 30),
    "offset": _usual("<", offset=10**9), "offset-back": _usual(">", offset=-(10**9)),
    "offset-to-1970": _usual("<", offset=-_NOW),
    "clock-of-four-bytes": section("<") + block("<", 1, struct.pack("<HHI", _RAW, 0, 0)
        + option("<", 9, b"\x09\x01\x01\x01") + bytes(4)) + _ONE,
    "two-clocks": section("<") + block("<", 1, struct.pack("<HHI", _RAW, 0, 0)
        + option("<", 9, b"\x09") + option("<", 9, b"\x03") + bytes(4)) + enhanced("<", 0, _NOW * 10**9, _FRAMES[0]),
    "offset-of-four-bytes": section("<") + block("<", 1, struct.pack("<HHI", _RAW, 0, 0)
        + option("<", 14, bytes((1, 0, 0, 0))) + bytes(4)) + _ONE,
    "either-order": _usual("<") + _usual(">") + _usual("<", 9, rate=10**9),
    "section-without-interface": _USUAL + section(">") + enhanced(">", 0, _TICKS, _FRAMES[0]),
    "interface-amid-packets": section("<") + interface("<", _RAW) + _ONE + interface("<", 1) + _ONE,
    "unknown-interface": _USUAL + enhanced("<", 1, _TICKS, _FRAMES[1]) + _ONE,
    "1500-interfaces": section("<") + interface("<", _RAW) * 1500
        + b"".join(enhanced("<", number * 200, _TICKS, _FRAMES[number]) for number in range(7)),
    "simple": section("<") + interface("<", _RAW) + simple("<", _FRAMES[0]) + simple("<", _FRAMES[1]),
    "simple-of-snaplen": section("<") + interface("<", _RAW, 44) + simple("<", _FRAMES[0] + b"abc", wire=500),
    "obsolete": section(">") + interface(">", _RAW) + interface(">", _RAW, 0, 9)
        + obsolete(">", 1, _NOW * 10**9, _FRAMES[0]),
    "block-of-length-0": _USUAL + struct.pack("<II", 77, 0) + _USUAL,
    "block-of-length-8": _USUAL + struct.pack("<II", 77, 8) + _ONE,
    "empty-block": _USUAL + block("<", 77, b"") + _ONE,
    "huge-block": _USUAL + struct.pack("<II", 77, 0xFFFFFFFC) + _ONE,
    "huge-packet-block": _USUAL + struct.pack("<II", 6, 0xFFFFFFFC) + _ONE,
    "block-of-16-MB": _USUAL + block("<", 77, bytes(16 << 20)) + _ONE,
    "lengths-without-padding": section("<") + b"".join(_without_padding(one, missing) for missing, one in (
        (2, interface("<", _RAW)), (1, _ONE), (3, _ONE), (1, block("<", 77, bytes(8))), (1, block("<", 5, bytes(12))),
        (3, simple("<", _FRAMES[0])), (1, obsolete("<", 0, _TICKS, _FRAMES[1])))),
    "custom": section("<") + block("<", 0xBAD, _CUSTOM) + interface("<", _RAW) + _ONE
        + block("<", 0x40000BAD, _CUSTOM) + _ONE,
    "custom-of-megabytes": _USUAL + block("<", 0xBAD, _CUSTOM + bytes(5 << 20)) + _ONE,
    "journal": _USUAL + block("<", 9, b"__REALTIME_TIMESTAMP=1700000000000000\n") + _ONE,
    "event": _USUAL + block("<", 0x204, struct.pack("<HQQIHH", 1, _NOW * 10**9, 3, 20, 5, 0)) + _ONE,
    "local-block": _USUAL + block("<", 0x80000001, b"abcd") + _ONE,
    "secrets": _USUAL + block("<", 10, struct.pack("<II", 0x544C534B, 4) + b"abcd") + _ONE,
    "section-of-no-byte-order": _USUAL + block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1234, 1, 0, -1)) + _USUAL,
    "section-of-version-2": block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 2, 0, -1)) + _USUAL,
    "section-with-wrong-length": block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, 8))
        + interface("<", _RAW) + _ONE,
    "captured-beyond-the-block": _USUAL + block("<", 6, struct.pack("<IIIII", 0, 0, 0, 400, 400) + _FRAMES[0]) + _ONE,
    "captured-beyond-the-length": _USUAL + enhanced("<", 0, _TICKS, _FRAMES[0], wire=10) + _ONE,
    "nothing-captured": _USUAL + enhanced("<", 0, _TICKS, b"", wire=99) + _ONE,
    "packet-of-300-kB": _USUAL + enhanced("<", 0, _TICKS, bytes(300_000)) + _ONE,
    "members": b"".join(gzip.compress(_USUAL[at : at + 17]) for at in range(0, len(_USUAL), 17)),
    "member-and-rest": gzip.compress(_USUAL) + b"rest", "member-cut": gzip.compress(_USUAL)[:-12],
    "frames": b"".join(zstandard.compress(_USUAL[at : at + 17]) for at in range(0, len(_USUAL), 17)),
}  # fmt: skip

#: Frame number, nanoseconds (none where there is no time), bytes captured and sent.
Line = tuple[int, int | None, int, int]


def _tshark(path: Path) -> list[Line]:
    fields = ("frame.number", "frame.time_epoch", "frame.cap_len", "frame.len", "frame.protocols")
    words = [word for name in fields for word in ("-e", name)]
    said = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-T", "fields", *words],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    rows = [line.split("\t") for line in said.stdout.splitlines()]
    # It lists blocks that are no packets, too; we only leave their numbers out.
    return [
        (int(number), int(time.replace(".", "")) if time else None, int(captured), int(length))
        for number, time, captured, length, protocols in rows
        if "ip" in protocols.split(":") or not int(captured)
    ]


@pytest.mark.some(20)
@pytest.mark.parametrize("name", _CASES)
def test_odd_pcapng_has_tsharks_frames_numbers_and_times(name: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.pcapng"
    path.write_bytes(_CASES[name])
    expected = _tshark(path)

    store = (session := open_file(path)).store

    # A simple packet block has no time: none to tshark, 1970 to us.
    times = [
        time if line[1] is not None else None for time, line in zip(store.time_ns.tolist(), expected, strict=False)
    ]
    columns = (store.frame, store.captured, store.wire_length)
    numbers, captured, lengths = (column[: store.count].tolist() for column in columns)
    session.close()
    assert list(zip(numbers, times, captured, lengths, strict=True)) == expected
