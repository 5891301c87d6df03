"""The readers of other people's bytes, one row each, with the inputs that fuzzing begins with."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final

import brotli
import numpy as np
import zstandard
from pcapng_blocks import block, enhanced, interface, option, section

from tcptui.access.notes.format import FORMAT, from_bytes
from tcptui.capture.bpf.packet_filter import PacketFilter
from tcptui.capture.child.protocol import decode
from tcptui.capture.decompress import PackedError, packing_of, pieces
from tcptui.capture.file_source import open_file
from tcptui.capture.slicing.places import MARK, NotPlacesError, read_places, split_places
from tcptui.dfilter.compile import compile_filter
from tcptui.model import other_protocol as other
from tcptui.model.errors import TcptuiError
from tcptui.model.packet_store import NO_STREAM
from tcptui.protocols.application import ApplicationStream, asked_host, requests_of, waits_inside
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.http.content_coding import CodingError, Decoders
from tcptui.protocols.http2.wire_fields import WireError
from tcptui.protocols.keylog import KeyBlocks, KeyLog
from tcptui.protocols.message_schema import Schema
from tcptui.protocols.other.summary import summarize
from tcptui.protocols.registry import PROTOCOLS
from tcptui.session.assertions.rules_file import read_rules
from tcptui.session.catch_up import Compile
from tcptui.session.own.rules_file import RulesReader
from tcptui.session.session import Session
from tcptui.ui.settings.config_file import read_settings
from tcptui.wire.pcapng_options import block_options, packet_comments, packet_flags
from tests.campaigns.fuzz.dialogue import decoded, encoded

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

_ROOT: Final = Path(__file__).resolve().parents[3]
#: Largest capture that seeds are taken from, and largest seed, in bytes.
_CAPTURE_MOST: Final = 400_000
_SEED_MOST: Final = 16_000
#: Seeds of one protocol, at most.
_SEEDS_MOST: Final = 40
#: Messages of one connection that a screen would read.
_MESSAGES: Final = 200
_BEGINNING: Final = 8_192
#: Blocks of output that a decompressor is asked for: more are the same again.
_BLOCKS: Final = 64
#: Rows of a capture whose header trees are built, and connections that are explained.
_ROWS: Final = 8
_STREAMS: Final = 4
#: Link types of the frames that a fuzzer composes: Ethernet, cooked (both), raw IP, BSD loopback.
_LINKS: Final = (1, 113, 276, 101, 0)


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader of bytes, as the program calls it."""

    name: str
    read: Callable[[bytes, Path], None]
    """Raises only for a fault; the folder is for files that it needs, and is empty otherwise."""
    seeds: Callable[[], Iterable[bytes]]
    largest: int = _SEED_MOST
    """Bytes of an input, at most."""


def case_captures() -> Iterator[Path]:
    """The bundled captures that are small enough to begin with."""
    for path in sorted((_ROOT / "cases").glob("*/*.pcap*")):
        if path.stat().st_size <= _CAPTURE_MOST:
            yield path


def read_capture(path: Path) -> Session:
    """The capture at ``path``, read to its end without compiled code."""
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    session.run_here(alone=True)
    return session


def _packets_of(directions: tuple[ByteStream, ByteStream]) -> list[tuple[int, bytes]]:
    """The payloads of both sides in the order of time, as (side, payload)."""
    found = [
        (int(time), side, direction.read(int(start), int(stop - start)))
        for side, direction in enumerate(directions)
        for time, start, stop in zip(
            direction.segments.time_ns, direction.segments.start, direction.segments.stop, strict=True
        )
    ]
    return [(side, payload) for _, side, payload in sorted(found, key=lambda one: one[:2]) if payload]


@cache
def _recorded() -> dict[str, list[bytes]]:
    """Conversations of the bundled cases by the protocol that reads them; ``""``: none does."""
    found: dict[str, list[bytes]] = {}
    for path in case_captures():
        with closing(read_capture(path)) as session:
            for stream in range(min(session.streams.count, _STREAMS)):
                directions = session.directions(stream)
                parsers = [(row.name, row.parsers[late]) for late in (0, 1) for row in PROTOCOLS if row.parsers[late:]]
                name = next((name for name, parse in parsers if parse(*directions, _MESSAGES) is not None), "")
                talk = encoded(_packets_of(directions))[:_SEED_MOST]
                seeds = found.setdefault(name, [])
                if len(seeds) < _SEEDS_MOST and talk not in seeds:
                    seeds.append(talk)
    return found


#: What no bundled case speaks.
_WRITTEN: Final[dict[str, tuple[tuple[int, bytes], ...]]] = {
    "smtp": (
        (1, b"220 mail.example ESMTP\r\n"), (0, b"EHLO a.example\r\n"), (1, b"250-mail.example\r\n250 STARTTLS\r\n"),
        (0, b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n"), (1, b"250 ok\r\n250 ok\r\n354 go\r\n"),
        (0, b"Subject: x\r\n\r\n..text\r\n.\r\nQUIT\r\n"), (1, b"250 queued\r\n221 bye\r\n"),
    ),
    "mqtt": (
        (0, b"\x10\x24\0\4MQTT\5\xc2\0\x3c\5\x11\0\0\1\x2c\0\3ada\0\1u\0\1p\0\0\0\0\0\0\0"),
        (1, b"\x20\6\0\0\3\x13\0\x0a"), (0, b"\x82\x0b\0\1\2\x0b\7\0\3a/#\1"), (1, b"\x90\4\0\1\0\1"),
        (0, b"\x34\x0e\0\1a\0\2\3\x23\0\1hello"), (1, b"\x50\2\0\2"), (0, b"\x62\2\0\2\xc0\0"),
        (1, b"\x70\2\0\2\xd0\0\xe0\5\x8b\3\x1f\0\0"),
    ),
    "amqp": (
        (0, b"AMQP\0\0\x09\1"), (1, b"\1\0\0\0\0\0\x19\0\x0a\0\x0a\0\x09\0\0\0\4\1nt\1\0\0\0\5PLAIN\0\0\0\0\xce"),
        (0, b"\1\0\0\0\0\0\x16\0\x0a\0\x0b\0\0\0\0\5PLAIN\0\0\0\2\0a\0\xce"),
        (1, b"\1\0\0\0\0\0\x0c\0\x0a\0\x1e\7\xff\0\2\0\0\0\x3c\xce"),
        (0, b"\1\0\1\0\0\0\5\0\x14\0\x0a\0\xce"), (1, b"\1\0\1\0\0\0\x08\0\x14\0\x0b\0\0\0\0\xce"),
        (0, b"\1\0\1\0\0\0\5\0\x55\0\x0a\0\xce"), (1, b"\1\0\1\0\0\0\4\0\x55\0\x0b\xce"),
        (0, b"\1\0\1\0\0\0\x0a\0\x3c\0\x28\0\0\0\1a\0\xce\2\0\1\0\0\0\x10\0\x3c\0\0\0\0\0\0\0\0\0\1\x80\0\1t\xce"),
        (0, b"\3\0\1\0\0\0\1x\xce"), (1, b"\1\0\1\0\0\0\x0d\0\x3c\0\x50\0\0\0\0\0\0\0\1\1\xce"),
        (1, b"\1\0\1\0\0\0\x0b\0\x14\0\x28\1\x94\0\0\x32\0\x0a\xce\x08\0\0\0\0\0\0\xce"),
    ),
    "kafka": (
        (0, b"\0\0\0\x0b\0\x12\0\0\0\0\0\0\0\1a"),
        (1, b"\0\0\0\x10\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\x08"),
        (0, b"\0\0\0\x12\0\x11\0\0\0\0\0\1\0\1a\0\5PLAIN"),
        (1, b"\0\0\0\x0a\0\0\0\1\0\0\0\0\0\0"),
        (0, b"\0\0\0\4\0a\0b"),
        (1, b"\0\0\0\0"),
        (0, b"\0\0\0$\0\0\0\0\0\0\0\2\0\1a\0\1\0\0\0\x09\0\0\0\1\0\1t\0\0\0\1\0\0\0\0\0\0\0\0"),
        (1, b"\0\0\0\x1d\0\0\0\2\0\0\0\1\0\1t\0\0\0\1\0\0\0\0\0\6\0\0\0\0\0\0\0\0"),
        (
            0,
            b"\0\0\x002\0\1\0\0\0\0\0\3\0\1a\xff\xff\xff\xff\0\0\0\x09\0\0\0\1\0\0\0\1\0\1"
            b"t\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\x09",
        ),
        (1, b"\0\0\0!\0\0\0\3\0\0\0\1\0\1t\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\7\0\0\0\0"),
        (0, b"\0\0\0\x19\0\x0c\0\4\0\0\0\4\0\1a\0\2g\0\0\0\3\2m\0\1\7\1x"),
        (1, b"\0\0\0\x0c\0\0\0\4\0\0\0\0\0\0\x1b\0"),
    ),
    "mongo": (
        (
            0,
            b"D\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00\x00\x00\x00\x00admi"
            b"n.$cmd\x00\x00\x00\x00\x00\xff\xff\xff\xff\x1d\x00\x00\x00\x10isma"
            b"ster\x00\x01\x00\x00\x00\x08helloOk\x00\x01\x00",
        ),
        (
            1,
            b"^\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"
            b"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00:\x00\x00\x00\x08helloOk"
            b"\x00\x01\x08ismaster\x00\x01\x10maxWireVer"
            b"sion\x00\x15\x00\x00\x00\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0?\x00",
        ),
        (
            0,
            b"i\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00!\x00\x00"
            b"\x00\x02insert\x00\x02\x00\x00\x00a\x00\x02$db\x00\x05\x00\x00\x00"
            b"shop\x00\x00\x012\x00\x00\x00documents\x00$\x00\x00"
            b"\x00\x10b\x00\x01\x00\x00\x00\x04c\x00\x15\x00\x00\x00\x020\x00\x02\x00\x00\x00x\x00"
            b"\n1\x00\x082\x00\x01\x00\x00",
        ),
        (
            1,
            b"J\x00\x00\x00\x04\x00\x00\x00\x03\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x005\x00\x00"
            b"\x00\x04writeErrors\x00\x17\x00\x00\x00\x030\x00\x0f\x00\x00"
            b"\x00\x10code\x00\xf8*\x00\x00\x00\x00\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0"
            b"?\x00",
        ),
        (
            0,
            b"Y\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\xdc\x07\x00\x00\xdd\x07\x00\x00F\x00\x00\x00"
            b"\x02x\x9cc`\x00\x02G fJ\xcb\xccKa`\x02\xb2\x12\x19\x98\xd32s"
            b"JR\x8b\x18\xa4\x80<\xe6$\x06! \xc5\xa8\x92^\xc2\x00\x01,\x0e@\xd5*"
            b")I\x0c\xac@NqF~\x01\x03\x03\x00@\xa1\tQ",
        ),
        (
            1,
            b"\x81\x00\x00\x00\x06\x00\x00\x00\x05\x00\x00\x00\xdc\x07\x00\x00\xdd\x07\x00\x00m\x00\x00\x00"
            b"\x03(\xb5/\xfd m\xfd\x02\x00\xd2\x85\x14\x1f\xb0\x19\x1a\x03\x0c\xc30\x0c\x03\xd0"
            b"\xb6x\xd6\xdb&\"\xc9\xde\xb2\xf7\x1b\x00o\xdbR\x82\x18\x85F\xd2R3.\xab"
            b"\x04\xfc*2ME%o\x7f\xc3K\t\\\xd8\xf0\xf0\x13%\xc1\x8b$d\x07b"
            b"6|\x10~\xc4\x8b\xc4w\x96i\xacUL\x83\xdf\xb1\xe6\xaa\xe5\x08\xfe\xfb?\x03"
            b"\x00\x811\xc6M\xd6\x07\x93\x0c",
        ),
        (
            0,
            b"o\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x01\x00\x00Z\x00\x00"
            b"\x00\x10hello\x00\x01\x00\x00\x00\x03topologyVer"
            b"sion\x00\x16\x00\x00\x00\x12counter\x00\x00\x00\x00\x00\x00\x00"
            b"\x00\x00\x00\x10maxAwaitTimeMS\x00\x10'\x00\x00\x02"
            b"$db\x00\x06\x00\x00\x00admin\x00\x00",
        ),
        (
            1,
            b"&\x00\x00\x00\x08\x00\x00\x00\x07\x00\x00\x00\xdd\x07\x00\x00\x02\x00\x00\x00\x00\x11\x00\x00"
            b"\x00\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0?\x00",
        ),
        (
            1,
            b"&\x00\x00\x00\t\x00\x00\x00\x08\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00\x11\x00\x00"
            b"\x00\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0?\x00",
        ),
        (
            0,
            b"<\x00\x00\x00\x0b\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00 \x00\x00\x00shop"
            b".a\x00\x00\x00\x00\x00\xff\xff\xff\xff\x19\x00\x00\x00\x03$query\x00\x0c"
            b"\x00\x00\x00\x10b\x00\x01\x00\x00\x00\x00\x00",
        ),
        (
            1,
            b"0\x00\x00\x00\x0c\x00\x00\x00\x0b\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x05\x00\x00\x00"
            b"\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0c\x00\x00\x00\x10b\x00\x01\x00\x00\x00\x00",
        ),
    ),
    "memcache": (
        (0, b"set a 0 60 5\r\nhello\r\nget a b\r\n"), (1, b"STORED\r\nVALUE a 0 5\r\nhello\r\nEND\r\n"),
        (0, b"incr n 2\r\nstats items\r\nmg a v k q\r\nmn\r\n"), (1, b"7\r\nSTAT items:1:number 5\r\nEND\r\n"),
        (1, b"VA 5 ka\r\nhello\r\nMN\r\n"), (0, b"cas a 0 0 1 17 noreply\r\nx\r\nversion\r\n"),
        (1, b"VERSION 1.6.18\r\nSERVER_ERROR out of memory\r\n"),
    ),
    "memcache-binary": (
        (0, b"\x80\1\0\1\x08\0\0\0\0\0\0\x0e\0\0\0\7" + bytes(16) + b"ahello"),
        (1, b"\x81\1" + bytes(10) + b"\0\0\0\7" + bytes(8)),
        (0, b"\x80\x0d\0\1\0\0\0\0\0\0\0\1" + bytes(12) + b"a\x80\x0a" + bytes(22)),
        (1, b"\x81\x0d\0\1\4\0\0\0\0\0\0\x0a" + bytes(16) + b"ahello\x81\x0a" + bytes(22)),
    ),
}  # fmt: skip


def _spoken(name: str) -> list[bytes]:
    written = _WRITTEN.get(name)
    return [*_recorded().get(name, []), *([] if written is None else [encoded(written)])]


def _read_conversation(data: bytes, _folder: Path) -> None:
    """Everything that the screen and reports ask of one connection's bytes."""
    said = decoded(data)
    application = ApplicationStream(*said.directions(), _MESSAGES)
    for part in application.parts():
        for _block in islice(part.blocks(), _BLOCKS):
            pass
        part.trouble()
    for _request in application.requests():
        pass
    asked_host(said.directions()[0].read(0, _BEGINNING))
    waits_inside(*said.directions(), (0, 0))
    for exchange in islice(requests_of(*said.directions()) or (), _MESSAGES):
        for rows in exchange.result_sets():
            for _row in islice(rows.read(), _MESSAGES):
                pass


def _read_file(data: bytes, folder: Path) -> None:
    """A capture file: records, packets, analysis, findings, header trees, conversations."""
    path = folder / "capture"
    path.write_bytes(data)
    with suppress(TcptuiError), closing(read_capture(path)) as session:
        for _found in session.each_findings(range(session.streams.count)):
            pass
        for row in range(min(session.store.count, _ROWS)):
            stream = int(session.store.stream[row])
            header_tree(session.reader.packet(row), session.application(stream) if stream != NO_STREAM else None)
        for stream in range(min(session.streams.count, _STREAMS)):
            for part in session.application(stream).parts():
                for _block in islice(part.blocks(), _BLOCKS):
                    pass


def _framed(data: bytes) -> bytes:
    """``data`` as a capture: a link type, then frames, each behind two bytes of length."""
    link = _LINKS[data[0] % len(_LINKS)] if data else 1
    records, at = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)], 1
    while at + 2 < len(data):
        frame = data[at + 2 : at + 2 + int.from_bytes(data[at : at + 2], "big")]
        records += (struct.pack("<IIII", 1_700_000_000, 1000 * len(records), len(frame), len(frame)), frame)
        at += 2 + len(frame) if frame else 2
    return b"".join(records)


def _read_frames(data: bytes, folder: Path) -> None:
    _read_file(_framed(data), folder)


def _frames_of(session: Session) -> bytes:
    link = session.reader.packet(0).link_type
    parts = [bytes((_LINKS.index(link),))]
    for row in range(min(session.store.count, _ROWS)):
        frame = session.reader.packet(row).data
        parts += (len(frame).to_bytes(2, "big"), frame)
    return b"".join(parts)


def _frame_seeds() -> Iterator[bytes]:
    for path in case_captures():
        with closing(read_capture(path)) as session:
            if session.store.count and session.reader.packet(0).link_type in _LINKS:
                yield _frames_of(session)[:_SEED_MOST]


def _file_seeds() -> Iterator[bytes]:
    for path in case_captures():
        data = path.read_bytes()
        if len(data) <= _SEED_MOST:
            yield data
    frame = bytes(12) + b"\x08\x00" + bytes(46)
    for order in "<>":
        yield section(order) + interface(order, 1, 0, 9) + enhanced(order, 0, 1, frame)


#: Protocols of which a line is made by a reader of their own.
_OTHERS: Final = (
    other.ARP, other.ICMP, other.ICMPV6, other.IGMP, other.DNS, other.MDNS, other.LLMNR, other.DHCP, other.NTP,
    other.TFTP, other.STUN, other.QUIC, other.SSDP, other.SIP, other.SYSLOG,
)  # fmt: skip


def _read_datagram(data: bytes, _folder: Path) -> None:
    """One line about a packet that is not TCP; the first byte chooses its protocol."""
    if data:
        summarize(_OTHERS[data[0] % len(_OTHERS)], data[1:], 0)


def _datagram_seeds() -> Iterator[bytes]:
    question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1"
    register = b"REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n"
    for number in range(len(_OTHERS)):
        for payload in (question, register, bytes(48)):
            yield bytes((number,)) + struct.pack("!HHHH", 40_000, 53, 8 + len(payload), 0) + payload


def _read_packed(data: bytes, _folder: Path) -> None:
    """A compressed capture, as it is unpacked piece by piece."""
    with suppress(PackedError):
        for _piece in islice(pieces(io.BytesIO(data), packing_of(data[:4])), _BLOCKS):
            pass


_TEXT: Final = b"The quick brown fox jumps over the lazy dog. " * 20
_CODINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": partial(gzip.compress, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def _packed_seeds() -> list[bytes]:
    return [gzip.compress(_TEXT, mtime=0), gzip.compress(_TEXT, mtime=0) * 2, zstandard.compress(_TEXT)]


def _read_body(data: bytes, _folder: Path) -> None:
    """A body in one or two content codings, in two pieces."""
    names = list(_CODINGS)
    first = data[0] if data else 0
    codings = [names[first % 4], *([names[first // 4 % 4]] if first & 0x80 else ())]
    decoders, middle = Decoders(codings), len(data) // 2
    with suppress(CodingError):
        for piece in (data[1:middle], data[middle:]):
            for _block in islice(decoders.feed(piece), _BLOCKS):
                pass


def _body_seeds() -> list[bytes]:
    return [bytes((number,)) + pack(_TEXT) for number, pack in enumerate(_CODINGS.values())]


def _read_keys(data: bytes, _folder: Path) -> None:
    log = KeyLog([KeyBlocks([[data]])])
    _ = log.state
    log.of(data[:32])


def _key_seeds() -> list[bytes]:
    random, secret = "ab" * 32, "cd" * 48
    names = ("CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET")
    lines = [f"{name} {random} {secret}\n" for name in names]
    return ["".join(lines).encode(), f"\ufeff# comment\r\nRSA {'ab' * 8} {secret}\r\n".encode()]


def _read_schema(data: bytes, _folder: Path) -> None:
    with suppress(WireError, ValueError):  # too many, too deep: what `read_schema` tells the user
        schema = Schema(data)
        schema.message_of("/greeter.Greeter/Hello", is_response=True)
        _ = schema.extensions


def _schema_seeds() -> list[bytes]:
    field = b"\x0a\4name\x18\1\x20\1\x28\x09"
    message = b"\x0a\5Hello\x12" + bytes((len(field),)) + field
    method = b"\x0a\5Hello\x12\6.Hello\x1a\6.Hello"
    service = b"\x0a\7Greeter\x12" + bytes((len(method),)) + method
    file = b"\x12\7greeter\x22" + bytes((len(message),)) + message + b"\x32" + bytes((len(service),)) + service
    return [b"\x0a" + bytes((len(file),)) + file]


def _read_own_findings(data: bytes, _folder: Path) -> None:
    RulesReader().take(data, "findings.toml")


def _read_assertions(data: bytes, folder: Path) -> None:
    path = folder / "rules.toml"
    path.write_bytes(data)
    with suppress(TcptuiError):
        read_rules(path)


def _read_settings(data: bytes, _folder: Path) -> None:
    read_settings(Path("config.toml"), data)


def _read_notes(data: bytes, _folder: Path) -> None:
    with suppress(TcptuiError):
        from_bytes(data, "capture.notes.json")


def _note_seeds() -> list[bytes]:
    note = {"1": {"marked": True, "note": "\u00e9\ud800"}}
    capture = {"bytes": 10, "sha256": "0" * 64}
    content = {"format": FORMAT, "schema": 1, "capture": capture, "packets": note, "connections": {}}
    return [json.dumps(content).encode()]


def _read_filter(data: bytes, _folder: Path) -> None:
    with suppress(TcptuiError):
        compile_filter(data.decode("utf-8", "replace"))


_FILTERS: Final = (
    b"tcp.port == 80 and !(ip.addr in {10.0.0.0/8, 192.168.1.1..192.168.1.9})",
    b'http.host matches "(?i)ex.*le" or tls.handshake.extensions_server_name contains "a"',
    b"tcp.analysis.ack_rtt > 0.2 && frame[0:3] == 00:11:22 || any ip.addr == 10.0.0.1",
    b"max(tcp.len, 3) >= tcp.window_size_value * 2 - {1 + 2} xor tcp.flags & 0x12",
)


def _read_child_message(data: bytes, _folder: Path) -> None:
    with suppress(ValueError):
        decode(data)


def _read_options(data: bytes, _folder: Path) -> None:
    for order in "<>":
        block_options(data, order)
    for captured in (0, len(data) // 2):
        packet_comments(data, captured)
        packet_flags(data, captured)


def _read_places(data: bytes, _folder: Path) -> None:
    with TemporaryFile(buffering=0) as whole:
        whole.write(data)
        places = read_places(whole.fileno())
        with ExitStack() as stack, suppress(NotPlacesError):
            parts = [stack.enter_context(TemporaryFile(buffering=0)) for _ in places]
            if parts:
                split_places(whole.fileno(), places, [part.fileno() for part in parts])


def _places_seeds() -> Iterator[bytes]:
    points = [{"file": name, "interfaces": [number], "blocks": number} for number, name in enumerate("ab")]
    about = option("<", 1, MARK + json.dumps({"schema": 1, "points": points}).encode()) + bytes(4)
    head = block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + about)
    described = interface("<", 1) + interface("<", 101, 96, 9) + block("<", 4, bytes(4))
    yield head + described + enhanced("<", 1, 5, b"frame") + enhanced("<", 0, 6, b"another") + block("<", 5, bytes(12))


def _option_seeds() -> Iterator[bytes]:
    for order in "<>":
        yield option(order, 1, b"a comment") + option(order, 2, bytes(4)) + bytes(4)
        yield enhanced(order, 0, 1, b"frame")


_BPF: Final = ("tcp[tcpflags] & tcp-syn != 0 and port 80", "ip6 protochain 6 or icmp[icmptype] = 3", "vlan and tcp")


@cache
def _packet_filters() -> tuple[PacketFilter, ...]:
    return tuple(map(PacketFilter, _BPF))


def _run_packet_filter(data: bytes, _folder: Path) -> None:
    length = np.array([len(data)], np.int64)
    for each in _packet_filters():
        each.keep(data, np.zeros(1, np.int64), length, length, 1)


def _texts(*paths: str) -> Callable[[], Iterable[bytes]]:
    """Files of the repository as seeds."""
    return lambda: [(_ROOT / path).read_bytes() for path in paths]


_RULES: Final = b'rules = ["no tcp.analysis.retransmission"]\n[[rule]]\nname = "fast"\nrule = "p99 tcp.len < 3"\n'
_SETTINGS: Final = b'language = "zh"\ntheme = "dark"\n[keys]\nquit = "Q"\n[filters]\nweb = "tcp.port == 80"\n'

READERS: Final = (
    *(Reader(f"stream-{name or 'unknown'}", _read_conversation, partial(_spoken, name))
      for name in (
          "http", "http2", "tls", "smtp", "resp", "mysql", "pgsql", "dns", "mqtt", "amqp", "kafka", "memcache", "mongo",
          "memcache-binary", "",
      )),
    Reader("capture-file", _read_file, _file_seeds),
    Reader("frames", _read_frames, _frame_seeds),
    Reader("datagram", _read_datagram, _datagram_seeds),
    Reader("packed-capture", _read_packed, _packed_seeds),
    Reader("coded-body", _read_body, _body_seeds),
    Reader("pcapng-options", _read_options, _option_seeds),
    Reader("merged-capture", _read_places, _places_seeds),
    Reader("key-log", _read_keys, _key_seeds),
    Reader("schema", _read_schema, _schema_seeds),
    Reader("own-findings", _read_own_findings, _texts("tcptui/docs/own-findings.toml")),
    Reader("assertions", _read_assertions, lambda: [_RULES]),
    Reader("notes", _read_notes, _note_seeds),
    Reader("settings", _read_settings, lambda: [_SETTINGS]),
    Reader("display-filter", _read_filter, lambda: _FILTERS, 400),
    Reader("packet-filter", _run_packet_filter, _frame_seeds),
    Reader("child-message", _read_child_message, lambda: [b'{"Level": {"end": 24}}\n']),
)  # fmt: skip
