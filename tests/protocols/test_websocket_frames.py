"""WebSocket frames at their bytes: lengths, masks, faults, gaps, bounds."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from wsproto.frame_protocol import FrameProtocol
from wsproto.frame_protocol import Opcode as TheirOpcode

from tcptui.protocols.websocket import frames as websocket_frames
from tcptui.protocols.websocket.frames import Ended, FaultKind, FrameScan, Opcode, messages_of, scan_frames, unmask


@dataclass
class FakeHalf:
    """Bytes with holes."""

    data: bytes
    holes: tuple[tuple[int, int], ...] = ()

    @property
    def length(self) -> int:
        return len(self.data)

    def read(self, start: int, size: int) -> bytes:
        stop = min(start + size, len(self.data))
        for begin, end in self.holes:
            if begin <= start < end:
                return b""
            if start < begin:
                stop = min(stop, begin)
        return self.data[start:stop]


def frame(first: int, payload: bytes, key: bytes = b"", width: int = -1) -> bytes:
    size = len(payload)
    width = width if width >= 0 else 0 if size < 126 else 2 if size < 65_536 else 8
    short = {0: size, 2: 126, 8: 127}[width] | (0x80 if key else 0)
    return bytes((first, short)) + (size.to_bytes(width, "big") if width else b"") + key + unmask(payload, key)


def scan(data: bytes, *, client: bool = False, deflate: bool = False, start: int = 0) -> FrameScan:
    return scan_frames(FakeHalf(data), start, from_client=client, may_compress=deflate)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
@pytest.mark.parametrize("client", [True, False])
def test_wsprotos_own_frames_are_read_at_their_bytes(size: int, client: bool) -> None:
    payload = random.Random(size).randbytes(size)
    data = bytes(FrameProtocol(client=client, extensions=[]).send_data(payload, fin=True))
    found = scan(b"HEAD" + data + data, client=client, start=4)

    assert not found.faults
    assert found.ended is Ended.END
    assert [(f.start, f.stop, f.payload_length, f.masked) for f in found.frames] == [
        (4, 4 + len(data), size, client),
        (4 + len(data), 4 + 2 * len(data), size, client),
    ]
    one = found.frames[0]
    assert unmask((b"HEAD" + data)[one.payload_start : one.stop], one.key) == payload
    assert one.opcode == TheirOpcode.BINARY == Opcode.BINARY


@pytest.mark.parametrize("at", range(9))
def test_unmasking_may_begin_anywhere(at: int) -> None:
    data = bytes(range(40))

    assert unmask(unmask(data, b"abcd")[at:], b"abcd", at) == data[at:]


@pytest.mark.parametrize(
    ("data", "client", "faults"),
    [
        (frame(0xA1, b"hi"), False, [(FaultKind.RESERVED_BITS, 0)]),
        (frame(0xC1, b"hi"), False, [(FaultKind.RESERVED_BITS, 0)]),
        (frame(0x83, b"hi"), False, [(FaultKind.RESERVED_OPCODE, 0)]),
        (frame(0x8B, b"hi"), False, [(FaultKind.RESERVED_OPCODE, 0)]),
        (frame(0x81, b"hi"), True, [(FaultKind.UNMASKED, 1)]),
        (frame(0x81, b"hi", b"abcd"), False, [(FaultKind.MASKED, 1)]),
        (frame(0x89, b"x" * 126), False, [(FaultKind.CONTROL_TOO_LONG, 1)]),
        (frame(0x09, b"x"), False, [(FaultKind.CONTROL_FRAGMENTED, 0)]),
        (frame(0x80, b"x"), False, [(FaultKind.CONTINUES_NOTHING, 0)]),
        (frame(0x01, b"x") + frame(0x81, b"y"), False, [(FaultKind.INTERRUPTED, 3)]),
        (frame(0x81, b"hi", width=2), False, [(FaultKind.LENGTH_NOT_SHORTEST, 2)]),
        (frame(0x81, b"hi", width=8), False, [(FaultKind.LENGTH_NOT_SHORTEST, 2)]),
        (b"\x81\x7f" + b"\xff" * 8, False, [(FaultKind.LENGTH_TOO_LARGE, 2)]),
        (frame(0x88, b"") + frame(0x81, b"y"), False, [(FaultKind.AFTER_CLOSE, 2)]),
        (frame(0x01, b"x") + frame(0x89, b"") + frame(0x80, b"y"), False, []),
    ],
)
def test_each_broken_rule_is_named_with_its_byte(
    data: bytes, client: bool, faults: list[tuple[FaultKind, int]]
) -> None:
    assert [(fault.kind, fault.offset) for fault in scan(data, client=client).faults] == faults


def test_first_reserved_bit_is_right_where_compression_was_negotiated() -> None:
    assert not scan(frame(0x41, b"a") + frame(0x80, b"b"), deflate=True).faults
    assert [f.kind for f in scan(frame(0x01, b"a") + frame(0xC0, b"b"), deflate=True).faults] == [
        FaultKind.RESERVED_BITS
    ]


def test_payload_that_was_not_captured_is_passed_over() -> None:
    data = frame(0x82, bytes(1_000)) + frame(0x81, b"hi")
    found = scan_frames(FakeHalf(data, ((100, 900),)), 0, from_client=False, may_compress=False)

    assert [f.payload_length for f in found.frames] == [1_000, 2]
    assert found.ended is Ended.END


def test_header_that_was_not_captured_ends_the_reading() -> None:
    data = frame(0x81, b"hello") + frame(0x81, b"hi")
    found = scan_frames(FakeHalf(data, ((7, 8),)), 0, from_client=False, may_compress=False)

    assert (len(found.frames), found.ended, found.stop) == (1, Ended.GAP, 7)


@pytest.mark.parametrize(("cut", "frames"), [(1, 0), (3, 0), (9, 1)])
def test_frame_that_goes_on_is_cut(cut: int, frames: int) -> None:
    found = scan(frame(0x81, b"hello", b"abcd")[:cut], client=True)

    assert (len(found.frames), found.ended) == (frames, Ended.CUT)


def test_frames_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_frames, "FRAME_LIMIT", 5)
    monkeypatch.setattr(websocket_frames, "FAULT_LIMIT", 3)
    found = scan(frame(0x83, b"") * 10)

    assert (len(found.frames), found.ended, len(found.faults)) == (5, Ended.LIMIT, 3)


def test_fragments_make_messages_with_control_frames_between() -> None:
    data = frame(1, b"a") + frame(0x89, b"") + frame(0, b"b") + frame(0x80, b"c") + frame(0x82, b"d") + frame(1, b"e")
    groups = [[(f.opcode, f.fin) for f in group] for group in messages_of(scan(data).frames)]

    assert groups == [[(9, True)], [(1, False), (0, False), (0, True)], [(2, True)], [(1, False)]]


def test_random_bytes_end_somewhere_within_the_half() -> None:
    chance = random.Random(11)
    for _ in range(3_000):
        data = chance.randbytes(chance.randint(0, 60))
        found = scan(data, client=chance.random() < 0.5, deflate=chance.random() < 0.5)
        assert found.stop <= len(data)
        assert all(one.stop == two.start for one, two in zip(found.frames, found.frames[1:], strict=False))
