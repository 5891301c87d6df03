"""A packet that completes an IP datagram in fragments has all its fields; the other fragments have none of them."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from growth import Growth
from ip_pieces import datagram, pieces, segment, whole, write_raw

from tcptui.cli.run.packets import line_of
from tcptui.dfilter.compile import compile_filter
from tcptui.model.field import Owner
from tcptui.model.fields import FIELDS, ROWS
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.live import LiveFilter
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import FilterRun, is_readable
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

PORT: Final = 9
"""A port of which tshark does not wait for whole messages, as it does on 80."""
ONE, TWO = b"one!" * 20, b"two?" * 20
#: Printed otherwise for any packet, in fragments or not: tests/corpus/test_printed_fields.py says more.
OTHERWISE: Final = ("frame", "frame.coloring_rule", "_ws.", "data", "tcp.segment", "tcp.reassembled", "udp.checksum")


def _to(packet: bytes) -> bytes:
    """A segment to `PORT` instead of 80."""
    return packet[:2] + PORT.to_bytes(2) + packet[4:]


def _packets(six: bool) -> list[bytes]:
    """A handshake (frames 1 to 3), two segments in turns (4 to 7), UDP (8 and 9), a segment out of order (10 to 12)."""
    one, two = (pieces(_to(segment(port, 1001, data)), port, six=six) for port, data in ((41000, ONE), (41001, TWO)))
    late = pieces(_to(segment(41000, 1081, TWO)), 43, six=six, at=(40, 64))
    answer = segment(41000, 9000, b"", flags=0x12, back=True)
    return [
        whole(_to(segment(41000, 1000, b"", flags=2)), six=six),
        whole(PORT.to_bytes(2) + answer[2:], six=six, back=True),
        whole(_to(segment(41000, 1001, b"", flags=0x10)), six=six),
        one[0], two[0], one[1], two[1],
        *pieces(datagram(b"SECRET!!" * 8), 41000, protocol=17, six=six),
        late[2], late[0], late[1],
    ]  # fmt: skip


@pytest.fixture(scope="module", params=[False, True], ids=["ipv4", "ipv6"])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Session:
    return open_file(write_raw(tmp_path_factory.mktemp("fragments") / "a.pcapng", _packets(request.param)))


def matching(session: Session, text: str) -> list[int]:
    """Frames that pass the filter ``text``."""
    mask = FilterRun(session, compile_filter(text)).matching(0, session.store.count)
    return [row + 1 for row in np.flatnonzero(mask).tolist()]


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("tcp.payload", [6, 7, 12]),
        ("tcp.len > 0 and not tcp.payload", []),
        ('tcp contains "one!one!"', [6]),
        ('tcp contains "two?two?"', [7, 12]),
        ('tcp.payload contains "two?"', [7, 12]),
        ('tcp.payload matches "^one!.*one!$"', [6]),
        ("tcp[0:2] == a0:28", [1, 3, 6, 12]),
        ("tcp.payload[0:4] == 74:77:6f:3f", [7, 12]),
        ("tcp[80:4] == 6f:6e:65:21", [6]),
        ("tcp.checksum", [1, 2, 3, 6, 7, 12]),
        ("@tcp.srcport == a0:29", [7]),
        ('frame.protocols contains "tcp"', [1, 2, 3, 6, 7, 12]),
        ("data", [4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ("data.len == 80", [6, 7, 12]),
        ("udp", [9]),
        ("udp.srcport == 1", [9]),
        ('udp contains "SECRET!!SECRET!!SECRET!!SECRET!!SECRET!!"', [9]),
        ('frame contains "SECRET"', [8, 9]),
        ("ip.fragment or ipv6.fragment", [6, 7, 9, 12]),
        ("ip.fragment == 4 or ipv6.fragment == 4", [6]),
        ("ip.fragment.count == 3 or ipv6.fragment.count == 3", [12]),
        ("ip.reassembled.length == 72 or ipv6.reassembled.length == 72", [9]),
        ("tcp or udp", [1, 2, 3, 6, 7, 9, 12]),
        ("ip.reassembled_in or ipv6.reassembled.in", [4, 5, 8, 10, 11]),
        ("ip.reassembled_in == 12 or ipv6.reassembled.in == 12", [10, 11]),
    ],
)
def test_filter_answers_for_the_datagram_that_is_complete(session: Session, text: str, frames: list[int]) -> None:
    assert matching(session, text) == frames


def test_bytes_of_a_segment_in_fragments_are_those_that_were_sent(session: Session) -> None:
    rows = np.arange(session.store.count, dtype=np.int32)
    found = FieldReader(session).occurrences(FIELDS["tcp.payload"], rows)

    assert dict(zip((found.places + 1).tolist(), found.values.tolist(), strict=True)) == {6: ONE, 7: TWO, 12: TWO}


def test_fragments_within_fragments_are_read_as_one(tmp_path: Path) -> None:
    inner = pieces(segment(41000, 1001, ONE), 7, at=(64,))
    frames = [part for label, piece in enumerate(inner, 1) for part in pieces(piece, label, protocol=4, at=(32,))]
    frames.append(whole(whole(segment(41000, 1081, ONE)), protocol=4))
    session = open_file(write_raw(tmp_path / "a.pcapng", frames))

    assert matching(session, "tcp.payload") == [4, 5]
    assert matching(session, 'tcp contains "one!one!"') == [4, 5]
    assert matching(session, 'tcp.payload contains "one!one!"') == [4, 5]
    assert matching(session, "count(ip.src) == 2") == [2, 4, 5]
    assert matching(session, "ip.reassembled_in") == [1, 2, 3]
    session.close()


def test_fragment_of_a_datagram_that_is_never_complete_is_data(tmp_path: Path) -> None:
    """A twin of the packets above: the first of its fragments is missing."""
    session = open_file(write_raw(tmp_path / "a.pcapng", pieces(segment(41000, 1001, ONE), 7, at=(24, 48))[1:]))

    assert matching(session, "data") == [1, 2]
    assert matching(session, "tcp or tcp.payload or tcp.port") == []
    assert matching(session, "ip.reassembled_in or ip.fragments") == []
    session.close()


class Told:
    """Packets of a capture of raw IP, as `Growth` takes them."""

    def __init__(self, packets: list[bytes]) -> None:
        self._packets = packets

    def pcap(self) -> bytes:
        head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
        records = (struct.pack("<IIII", 0, at, len(data), len(data)) + data for at, data in enumerate(self._packets))
        return head + b"".join(records)


@pytest.mark.parametrize("six", [False, True])
def test_fragment_hears_of_the_frame_that_completes_it_while_the_capture_grows(six: bool) -> None:
    growth = Growth(Told(_packets(six)))  # type: ignore[arg-type]  # all that it asks for
    growth.to(4)
    live = LiveFilter(growth.session, compile_filter("ip.reassembled_in or ipv6.reassembled.in"))
    seen = []
    for packets in (4, 5, 6, 7, 9, 11, 12):
        growth.to(packets)
        live.update()
        seen.append((np.flatnonzero(live.mask) + 1).tolist())

    assert seen == [[], [], [4], [4, 5], [4, 5, 8], [4, 5, 8], [4, 5, 8, 10, 11]]


@pytest.mark.tshark
def test_every_readable_field_is_as_tshark_prints_it(session: Session) -> None:
    fields = [
        field for field in ROWS
        if field.owner is Owner.WIRESHARK and is_readable(field) and not field.name.startswith(OTHERWISE[1:])
        and field.name != OTHERWISE[0]
    ]  # fmt: skip
    columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
    ours = [line_of(texts) for texts in zip(*columns, strict=True)]
    assert session.capture_file is not None
    command = ["tshark", "-2", "-n", "-r", str(session.capture_file), "-T", "fields"]
    command += [word for field in fields for word in ("-e", field.name)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    different = {}
    for number, (mine, theirs) in enumerate(zip(ours, shown, strict=True), 1):
        cells = zip(fields, mine.split("\t"), theirs.split("\t"), strict=True)
        different |= {(number, field.name): (a, b) for field, a, b in cells if a != b}

    assert len(fields) > 300
    assert different == {}
