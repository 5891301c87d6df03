"""A slice has the chosen packets as they were captured, and what describes them."""

from __future__ import annotations

import errno
import os
import stat
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import mixed
from ip_pieces import datagram, pieces, segment, write_raw
from pcapng_blocks import block, enhanced, interface, obsolete, option, section, simple
from traces import write_trace

from tcptui.access.packet_reader import PacketReader
from tcptui.capture.file_source import open_file as open_source
from tcptui.capture.output import NOTHING, Replaceable
from tcptui.capture.slicing import layout
from tcptui.capture.slicing.layout import NAME_BLOCK, SECRETS_BLOCK
from tcptui.capture.slicing.sink import Sink
from tcptui.findings.finding_filter import FindingFilter
from tcptui.model.errors import OutputError
from tcptui.model.finding import FindingId
from tcptui.session.session import Session, open_file
from tcptui.session.slicing.choose import (
    around,
    rows_of_findings,
    rows_of_packets,
    rows_of_streams,
    whole_streams,
    with_fragments,
)
from tcptui.session.slicing.write import Slicer
from tcptui.wire.pcapng_options import block_options

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.model.packet_store import I64

RAW_IP = 101
NANO = 9
FRAMES = [data for _ns, data in mixed().records]
ORDERS = ("<", ">")


def comment_of(row: int, spool: int, number: int) -> list[str]:
    del row
    return [f"{number} of {spool}"]


def sliced(session: Session, rows: I64, path: Path) -> Path:
    with Sink(path) as sink:
        Slicer(session).write(rows, sink, comment_of, "tcptui test")
    return path


def all_rows(session: Session) -> I64:
    return np.arange(session.store.count)


def blocks_of(path: Path) -> list[tuple[int, bytes]]:
    """Type and body of each block of a little-endian file."""
    data, found, position = path.read_bytes(), [], 0
    while position < len(data):
        kind, length = struct.unpack_from("<II", data, position)
        assert struct.unpack_from("<I", data, position + length - 4) == (length,)
        found.append((kind, data[position + 8 : position + length - 4]))
        position += length
    return found


def packets_of(path: Path) -> list[tuple[int, bytes, list[tuple[int, bytes]]]]:
    """Interface, bytes and options of each packet."""
    found = []
    for kind, body in blocks_of(path):
        if kind == 6:
            index, _high, _low, captured = struct.unpack_from("<IIII", body)
            found.append((index, body[20 : 20 + captured], block_options(body[20 + (captured + 3 & ~3) :], "<")))
    return found


def with_options(order: str, packet: bytes, *options: bytes) -> bytes:
    """The enhanced packet block ``packet`` with options."""
    return block(order, 6, packet[8:-4] + b"".join(options) + bytes(4))


def rich(order: str) -> bytes:
    """One section: two interfaces, names, secrets, a custom block, packets of all three kinds with options."""
    name = option(order, 2, b"eth7") + option(order, 8, struct.pack(order + "Q", 10**9)) + bytes(4)
    described = block(order, 1, struct.pack(order + "HHI", RAW_IP, 0, 0) + name)
    record = struct.pack(order + "HH", 1, 10) + bytes((10, 0, 0, 1)) + b"a.host" + bytes(2) + bytes(4)
    secrets = struct.pack(order + "II", 0x544C534B, 11) + b"CLIENT key\n" + b"\0"
    return b"".join((
        block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
              + option(order, 1, b"whole") + option(order, 3, b"an OS") + bytes(4)),
        described,
        interface(order, RAW_IP, resolution=NANO, offset=5),
        block(order, NAME_BLOCK, record),
        enhanced(order, 1, 1_700_000_000 * 10**9 + 17, FRAMES[0]),
        block(order, SECRETS_BLOCK, secrets),
        block(order, 0xBAD, struct.pack(order + "I", 7) + b"custom"),
        with_options(order, enhanced(order, 0, 1_700_000_100 * 10**6, FRAMES[1]), option(order, 1, b"theirs"),
                     option(order, 2, struct.pack(order + "I", 0x1)), option(order, 4, struct.pack(order + "Q", 3))),
        simple(order, FRAMES[2]),
        obsolete(order, 1, 1_700_000_200 * 10**9, FRAMES[3]),
    ))  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
def test_slice_keeps_everything_beside_the_packets(order: str, tmp_path: Path) -> None:
    (tmp_path / "in.pcapng").write_bytes(rich(order))
    session = open_file(tmp_path / "in.pcapng")

    out = sliced(session, all_rows(session), tmp_path / "out.pcapng")

    kinds = [kind for kind, _body in blocks_of(out)]
    assert kinds == [0x0A0D0D0A, 1, 1, NAME_BLOCK, SECRETS_BLOCK, 6, 6, 6, 6]
    about, first, second, names, secrets = (body for _kind, body in blocks_of(out)[:5])
    assert block_options(about[16:], "<") == [(1, b"whole"), (3, b"an OS"), (4, b"tcptui test")]
    assert block_options(first[8:], "<") == [(2, b"eth7"), (8, struct.pack("<Q", 10**9))]
    assert block_options(second[8:], "<") == [(9, bytes((NANO,))), (14, struct.pack("<q", 5))]
    assert names.startswith(struct.pack("<HH", 1, 10) + bytes((10, 0, 0, 1)) + b"a.host")
    assert secrets == struct.pack("<II", 0x544C534B, 11) + b"CLIENT key\n\0"
    assert packets_of(out) == [
        (1, FRAMES[0], [(1, b"1 of 0")]),
        # The custom block took number 2, as in Wireshark's list.
        (0, FRAMES[1], [(1, b"theirs"), (2, struct.pack("<I", 1)), (4, struct.pack("<Q", 3)), (1, b"3 of 0")]),
        (0, FRAMES[2], [(1, b"4 of 0")]),
        (1, FRAMES[3], [(4, struct.pack("<Q", 7)), (1, b"5 of 0")]),
    ]
    again = open_file(out)
    assert again.store.time_ns[:4].tolist() == session.store.time_ns[:4].tolist()


def test_gaps_are_found_wherever_the_packets_are_parted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "in.pcapng").write_bytes(rich("<") + rich(">"))
    session = open_file(tmp_path / "in.pcapng")
    whole = sliced(session, all_rows(session), tmp_path / "whole.pcapng").read_bytes()

    for rows in range(1, 9):
        monkeypatch.setattr(layout, "_ROWS", rows)
        assert sliced(session, all_rows(session), tmp_path / f"{rows}.pcapng").read_bytes() == whole


def test_sections_in_different_order_become_one(tmp_path: Path) -> None:
    (tmp_path / "in.pcapng").write_bytes(rich("<") + rich(">"))
    session = open_file(tmp_path / "in.pcapng")

    out = sliced(session, np.array([7, 4]), tmp_path / "out.pcapng")

    assert [kind for kind, _body in blocks_of(out)].count(0x0A0D0D0A) == 1
    assert packets_of(out) == [
        (3, FRAMES[3], [(4, struct.pack("<Q", 7)), (1, b"10 of 0")]),
        (3, FRAMES[0], [(1, b"6 of 0")]),
    ]


def test_several_captures_keep_their_own_clocks_and_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.pcapng").write_bytes(rich(">"))
    (tmp_path / "b.pcap").write_bytes(mixed().pcap())
    session = Session([open_source(tmp_path / name) for name in ("a.pcapng", "b.pcap")])
    session.run_here()

    out = sliced(session, all_rows(session), tmp_path / "out.pcapng")

    found = packets_of(out)
    assert len(found) == session.store.count == 4 + len(FRAMES)
    assert sorted(options[-1][1] for _i, _data, options in found if options[-1][1].endswith(b" 0")) == [
        b"%d of 0" % number for number in (1, 3, 4, 5)
    ]
    ours = [(data, options[-1][1]) for index, data, options in found if index == 2]
    assert ours == [(data, b"%d of 1" % number) for number, data in enumerate(FRAMES, 1)]
    again = open_file(out)
    assert np.array_equal(again.store.time_ns[: len(found)], session.store.time_ns[: len(found)])


@pytest.mark.parametrize("suffix", [".pcapng", ".pcap"])
def test_whole_capture_sliced_is_judged_the_same(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "in.pcap").write_bytes(mixed().pcap())
    session = open_file(tmp_path / "in.pcap")
    out = tmp_path / f"out{suffix}"
    with Sink(out) as sink:
        if suffix == ".pcap":
            Slicer(session).write_pcap(all_rows(session), sink)
        else:
            Slicer(session).write(all_rows(session), sink, comment_of, "tcptui test")

    again = open_file(out)

    for column in ("time_ns", "stream", "verdict", "seq", "state_a", "state_b", "cause", "wire_length"):
        before, after = (getattr(one.store, column)[: len(FRAMES)] for one in (session, again))
        assert np.array_equal(before, after), column
    assert [again.findings(stream) for stream in range(4)] == [session.findings(stream) for stream in range(4)]


def test_check_sequences_at_the_frames_ends_are_still_known(tmp_path: Path) -> None:
    data = bytearray(mixed().pcap())
    data[20:24] = struct.pack("<I", RAW_IP | 0x0400_0000 | 2 << 28)  # two words of 16 bits
    (tmp_path / "in.pcap").write_bytes(data)
    session = open_file(tmp_path / "in.pcap")

    out = sliced(session, np.array([0]), tmp_path / "out.pcapng")

    described = next(body for kind, body in blocks_of(out) if kind == 1)
    assert (13, bytes((4,))) in block_options(described[8:], "<")


def test_pcap_of_several_link_types_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    capture = section("<") + interface("<", RAW_IP) + interface("<", 1)
    capture += enhanced("<", 0, 1, FRAMES[0]) + enhanced("<", 1, 2, bytes(14) + FRAMES[1])
    (tmp_path / "in.pcapng").write_bytes(capture)
    session = open_file(tmp_path / "in.pcapng")
    out = tmp_path / "out.pcap"

    with pytest.raises(OutputError), Sink(out) as sink:
        Slicer(session).write_pcap(all_rows(session), sink)

    assert not out.exists()
    out.write_bytes(b"mine")
    with pytest.raises(OutputError), Sink(out, Replaceable(None)) as sink:
        Slicer(session).write_pcap(all_rows(session), sink)
    assert [path.name for path in tmp_path.iterdir() if path.read_bytes() == b"mine"] == ["out.pcap"]
    out.unlink()
    with Sink(out) as sink:
        Slicer(session).write_pcap(np.array([0]), sink)
    assert open_file(out).store.count == 1


def test_existing_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    path.write_text("mine")

    with pytest.raises(OutputError), Sink(path) as sink:
        sink.write(b"theirs")

    assert path.read_text() == "mine"


def fail_after(monkeypatch: pytest.MonkeyPatch, size: int, error: BaseException) -> None:
    """Whatever writes, raises ``error`` once ``size`` bytes are on the disk."""
    room, write = [size], os.write

    def limited(descriptor: int, data: memoryview) -> int:
        if not room[0]:
            raise error
        written = write(descriptor, data[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr("tcptui.capture.slicing.sink.os.write", limited)


@pytest.mark.parametrize("before", [b"", b"mine, whole"])
@pytest.mark.parametrize("size", [5 << 20, 100], ids=["amid", "at the end"])
def test_full_disk_is_told_and_leaves_what_was_there(
    size: int, before: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.pcapng"
    if before:
        path.write_bytes(before)
    fail_after(monkeypatch, 50, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    with pytest.raises(OutputError) as told, Sink(path, Replaceable(None) if before else NOTHING) as sink:
        sink.write(bytes(size))

    assert told.value.key == "messages.output_failed"
    assert "No space left" in str(told.value.facts["reason"])
    assert told.value.facts["path"] == str(path)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == ({path.name: before} if before else {})


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("size", [5 << 20, 100], ids=["amid", "at the end"])
def test_interrupt_leaves_what_was_there(
    size: int, overwrite: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.pcapng"
    if overwrite:
        path.write_bytes(b"mine, whole")
    fail_after(monkeypatch, 50, KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt), Sink(path, Replaceable(None) if overwrite else NOTHING) as sink:
        sink.write(bytes(size))

    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"mine, whole"] * overwrite


def test_file_is_replaced_once_its_successor_is_whole(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 248 + ".pcapng")  # the longest name there is
    path.write_bytes(b"mine, whole")
    path.chmod(0o644)

    with Sink(path, Replaceable(None)) as sink:
        sink.write(bytes(5 << 20))
        assert path.read_bytes() == b"mine, whole"

    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == bytes(5 << 20)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.iterdir())
    told = {}

    for name in ("link", "dangling", "fifo", "folder", "missing/out"):
        with pytest.raises(OutputError) as refused, Sink(tmp_path / name, Replaceable(None)) as sink:
            sink.write(b"theirs")
        told[name] = refused.value.key.removeprefix("messages.")

    assert told == {
        "link": "output_symlink", "dangling": "output_symlink", "fifo": "output_not_regular",
        "folder": "output_failed", "missing/out": "output_no_directory",
    }  # fmt: skip
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "target").read_bytes() == b"mine"


def test_capture_cut_short_is_sliced_up_to_there(tmp_path: Path) -> None:
    whole = rich("<")
    for size in range(200, len(whole), 13):
        (tmp_path / "in.pcapng").write_bytes(whole[:size])
        session = open_file(tmp_path / "in.pcapng")
        out = sliced(session, all_rows(session), tmp_path / f"out{size}.pcapng")
        assert len(packets_of(out)) == session.store.count


def test_choosing_packets_streams_and_findings(tmp_path: Path) -> None:
    (tmp_path / "in.pcap").write_bytes(mixed().pcap())
    session = open_file(tmp_path / "in.pcap")
    store = session.store

    assert np.flatnonzero(rows_of_packets(store, [(2, 4), (31, 99)])).tolist() == [1, 2, 3, 30]
    assert not rows_of_packets(store, [(32, 2**40)]).any()
    assert set(store.stream[: store.count][rows_of_streams(store, [2])]) == {2}
    evidence = rows_of_findings(session, FindingFilter(frozenset({FindingId("connection-refused")})))
    assert set(store.stream[: store.count][evidence]) == {2}
    assert np.array_equal(whole_streams(session, evidence), rows_of_streams(store, [2]))


def test_around_takes_what_lies_within_the_time(tmp_path: Path) -> None:
    capture = write_trace(tmp_path / "t.pcap", [f"{ms} C A 1 1" for ms in (0, 10, 20, 21, 40, 100)])
    store = open_file(capture).store
    chosen = np.array([False, False, False, True, False, False])

    assert around(store, chosen, 0).tolist() == chosen.tolist()
    assert np.flatnonzero(around(store, chosen, 11_000_000)).tolist() == [1, 2, 3]
    assert np.flatnonzero(around(store, chosen, 19_000_000)).tolist() == [1, 2, 3, 4]
    assert not around(store, np.zeros(6, np.bool_), 10**12).any()


def test_whole_streams_have_the_fragments_that_make_up_their_segments(tmp_path: Path) -> None:
    segment = FRAMES[0]
    head, body = bytearray(segment[:20]), segment[20:]

    def fragment(offset: int, data: bytes, *, more: bool, last_byte: int = 1) -> bytes:
        head[2:4] = struct.pack(">H", 20 + len(data))
        head[6:8] = struct.pack(">H", more << 13 | offset // 8)
        return bytes(head[:15]) + bytes((last_byte,)) + bytes(head[16:]) + data

    frames = [fragment(0, body[:16], more=True), fragment(0, body[:16], more=True, last_byte=9),
              fragment(16, body[16:], more=False)]  # fmt: skip
    capture = section("<") + interface("<", RAW_IP)
    capture += b"".join(enhanced("<", 0, at, frame) for at, frame in enumerate(frames))
    (tmp_path / "in.pcapng").write_bytes(capture)
    session = open_file(tmp_path / "in.pcapng")
    chosen = rows_of_streams(session.store, [0])
    assert np.flatnonzero(chosen).tolist() == [2]

    assert np.flatnonzero(whole_streams(session, chosen)).tolist() == [0, 2]
    assert np.flatnonzero(with_fragments(session.store, chosen)).tolist() == [0, 2]


def _sliced_with_all(path: Path, frames: list[bytes], stream: int) -> set[int]:
    """The places of ``frames`` in a slice of the connection ``stream`` and all that belongs to it."""
    session = open_file(write_raw(path, frames))
    chosen = whole_streams(session, rows_of_streams(session.store, [stream]))
    session.close()
    return set(np.flatnonzero(chosen).tolist())


@pytest.mark.parametrize("six", [False, True])
def test_whole_streams_have_no_fragments_of_other_datagrams_of_the_same_hosts(tmp_path: Path, six: bool) -> None:
    """Near twins: another connection, another protocol, and the same identification again."""
    mine = [pieces(segment(41000, 1001 + 80 * k, b"m" * 80), 7, six=six) for k in range(2)]
    other = pieces(segment(41001, 1001, b"o" * 80), 8, six=six)
    secret = pieces(datagram(b"SECRET!!" * 8), 9 if six else 7, protocol=17, six=six)
    again = pieces(segment(41001, 1081, b"a" * 80), 7, six=six)
    (first, last), (later, latest) = mine
    frames = [first, other[0], secret[0], other[1], secret[1], last, *again, later, latest]

    assert _sliced_with_all(tmp_path / "a.pcapng", frames, 1) == {0, 5, 8, 9}
    assert _sliced_with_all(tmp_path / "b.pcapng", frames, 0) == {1, 3, 6, 7}


def test_whole_streams_have_every_frame_that_a_segment_came_in(tmp_path: Path) -> None:
    """Out of order, one of them twice, and many frames of others between."""
    one = pieces(segment(41000, 1001, b"m" * 80), 7, at=(24, 48, 64))
    between = [part for label in range(100, 2_200) for part in pieces(datagram(bytes(40)), label, protocol=17)]

    frames = [one[3], one[0], one[0], *between, one[1], one[2]]

    assert len(between) > 4_096
    assert _sliced_with_all(tmp_path / "a.pcapng", frames, 0) == {0, 1, 2, len(frames) - 2, len(frames) - 1}


def test_whole_streams_read_no_packet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many fragments there are: which frames a segment came in is known since they were decoded."""
    body = b"m" * 40
    frames = [
        part for k in range(300) for port in (41000, 41001)
        for part in pieces(segment(port, 1001 + 40 * k, body), 2 * k + port % 2)
    ]  # fmt: skip
    session = open_file(write_raw(tmp_path / "a.pcapng", frames))
    read: list[int] = []
    monkeypatch.setattr(session.reader, "data", lambda row: read.append(row) or b"")

    chosen = whole_streams(session, rows_of_streams(session.store, [0]))

    assert np.flatnonzero(chosen).tolist() == [row for row in range(1_200) if row % 4 < 2]
    assert read == []


def test_bytes_of_a_segment_are_read_from_its_own_fragments_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [part for k in range(200) for part in pieces(segment(41000, 1001 + 40 * k, b"%040d" % k), k)]
    session = open_file(write_raw(tmp_path / "a.pcapng", frames))
    read: list[int] = []
    data = PacketReader.data
    monkeypatch.setattr(PacketReader, "data", lambda reader, row: read.append(row) or data(reader, row))

    direction = session.directions(0)[0]

    assert direction.read(0, 8_000) == b"".join(b"%040d" % k for k in range(200))
    assert set(read) == set(range(400))
    assert len(read) <= 3 * 400
