"""nginx and nghttpd over HTTP/2, in clear and inside TLS, recorded: held against tshark and the server's own log."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import http2_session
import pytest
from http2_session import OTHER, PLAIN, SECURED, WAIT_S

from tcptui.protocols.http2.frames import ErrorCode

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS: Final = ("nginx", "nghttpd", "nghttp", "h2load", "curl", "openssl", "tcpdump", "tshark", "unshare")
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)}"),
]
DATA, HEADERS, RST_STREAM, CONTINUATION = 0, 1, 3, 9
END_STREAM: Final = 0x01
FRAME: Final = 9
ASKED: Final = (
    "frame.number", "frame.time_epoch", "tcp.stream", "tcp.srcport", "tcp.segment.count", "http2.streamid",
    "http2.type", "http2.flags", "http2.length", "http2.headers.method", "http2.headers.path", "http2.headers.status",
    "http2.rst_stream.error",
)  # fmt: skip


@dataclass
class Seen:
    """One side of a stream as tshark has it."""

    first: int = 0
    first_s: float = 0.0
    last: int = 0
    last_s: float = 0.0
    bytes: int = 0
    told: str = ""
    """The request or the status."""
    ended: bool = False
    in_pieces: bool = False
    """Its first frame may have begun in an earlier packet."""


Streams = dict[tuple[int, int], tuple[Seen, Seen]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("http2")
    subprocess.run(
        ["unshare", "--net", sys.executable, http2_session.__file__, str(made)], check=True, timeout=600
    )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def ours(folder: Path) -> list[dict[str, Any]]:
    words = ["requests", str(folder / "http2.pcap"), "--keylog", str(folder / "keys.log"), "--jsonl"]
    printed = subprocess.run(
        [sys.executable, "-m", "tcptui", *words], check=True, capture_output=True, text=True, timeout=600
    ).stdout
    return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Streams:
    words = [word for name in ASKED for word in ("-e", name)]
    printed = subprocess.run(
        ["tshark", "-2", "-n", "-r", str(folder / "http2.pcap"), "-o", f"tls.keylog_file:{folder / 'keys.log'}",
         "-d", f"tcp.port=={SECURED},tls", "-d", f"tcp.port=={OTHER},http", "-Y", "http2.type", "-T", "fields", *words],
        check=True, capture_output=True, text=True, timeout=600,
    ).stdout  # fmt: skip
    found: Streams = {}
    for line in printed.splitlines():
        number, epoch, stream, port, pieces, ids, kinds, flags, lengths, *told = line.split("\t")
        side = int(port) in (PLAIN, SECURED, OTHER)
        methods, paths, statuses, errors = (iter(text.split(",")) for text in told)
        rows = zip(*(text.split(",") for text in (ids, kinds, flags, lengths)), strict=True)
        for at, (id_, kind, flag, length) in enumerate(rows):
            if int(kind) not in (DATA, HEADERS, RST_STREAM, CONTINUATION):
                continue
            one = found.setdefault((int(stream), int(id_)), (Seen(), Seen()))[side]
            if (
                one.ended and int(kind) != CONTINUATION
            ):  # a RST_STREAM behind the end belongs to what the other side says
                continue
            if not one.first:
                one.first, one.first_s, one.in_pieces = int(number), float(epoch), bool(pieces) and at == 0
                if int(kind) == RST_STREAM:
                    one.told = f"RST_STREAM {ErrorCode(int(next(errors))).name}"
                else:
                    one.told = next(statuses) if side else f"{next(methods)} {next(paths)}"
            one.last, one.last_s = int(number), float(epoch)
            one.ended |= int(kind) in (DATA, HEADERS) and bool(int(flag, 0) & END_STREAM)
            one.bytes += FRAME + int(length)
    return found


def test_requests_are_those_of_tshark_and_of_the_log(ours: list[dict[str, Any]], theirs: Streams, folder: Path) -> None:
    said = {(one["stream"], int(one["id"])): (one["operation"], one["status"]) for one in ours}
    known = {key: (asked.told, answer.told) for key, (asked, answer) in theirs.items()}
    logged = [line.split() for line in (folder / "access.log").read_text().splitlines()]
    by_nginx = Counter((f"{method} {uri}", status) for _, method, uri, status, *_ in logged)
    others = _streams_of(OTHER, folder)
    by_nginx_said = Counter(told for (stream, _), told in said.items() if stream not in others)

    assert [(key, said.get(key), known.get(key)) for key in said | known if said.get(key) != known.get(key)] == []
    assert len(said) == len(ours) > http2_session.LOAD
    assert by_nginx_said == by_nginx
    assert ("GET /style.css", "RST_STREAM PROTOCOL_ERROR") in said.values()


def _streams_of(port: int, folder: Path) -> set[int]:
    """The connections to that port."""
    words = ["-Y", f"tcp.dstport == {port}", "-T", "fields", "-e", "tcp.stream"]
    command = ["tshark", "-n", "-r", str(folder / "http2.pcap"), *words]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    return set(map(int, printed.split()))


def test_bytes_and_packets_are_those_of_tsharks_frames(ours: list[dict[str, Any]], theirs: Streams) -> None:
    for one in ours:
        seen = theirs[one["stream"], int(one["id"])]
        for mine, other in zip((one["request"], one["response"]), seen, strict=True):
            assert mine["bytes"] == other.bytes, one
            assert mine["last"] == other.last, one
            assert mine["first"] == other.first or (other.in_pieces and mine["first"] < other.first), one


def test_response_times_are_those_of_tsharks_packets(ours: list[dict[str, Any]], theirs: Streams) -> None:
    later = 0
    for one in ours:
        asked, answer = theirs[one["stream"], int(one["id"])]
        spent = [part for part in one["time"].values() if part is not None]
        assert sum(spent) == pytest.approx(one["duration"], abs=1e-6)
        over_s = max(asked.last_s, answer.last_s)  # an upload may go on behind the answer
        assert one["start"] + one["duration"] == pytest.approx(over_s, abs=1e-6)
        if one["time"]["connect"] is None and not asked.in_pieces:
            later += 1
            assert one["duration"] == pytest.approx(over_s - asked.first_s, abs=1e-6)
    assert later > http2_session.LOAD / 2


def test_waits_for_a_slow_server_are_the_servers(ours: list[dict[str, Any]]) -> None:
    waited = [one for one in ours if "/wait/" in one["operation"]]
    slowed = [one for one in ours if "/slow/" in one["operation"]]

    assert len(waited) >= 5
    assert all(WAIT_S * 0.95 <= one["time"]["server"] <= one["duration"] for one in waited)
    assert len(slowed) >= 3
    # A rate is kept by pauses amid the answer.
    own = [one["duration"] - (one["time"]["connect"] or 0) for one in slowed]
    assert all(one["time"]["server"] > spent / 2 for one, spent in zip(slowed, own, strict=True))
