"""What an HTTP archive may have of few bytes that stand for many, and how its entries wait until all are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from har_reader import read_har
from hpack import Encoder
from http2_ends import PREFACE, frame
from web_captures import record

from tcptui.capture.file_source import open_file
from tcptui.cli.report import har_archive
from tcptui.cli.report.har import HarEntries
from tcptui.cli.report.har_archive import HarArchive, HarEntry
from tcptui.cli.run.requests import FoundRequests
from tcptui.model.errors import OutputError
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tcptui.session.sharing import Sharing
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

WORDS = Words(Language.EN)
#: Requests of the capture; each but the first repeats a field of 1,000 bytes by a byte.
COUNT = 40
BODY = b"hello " * 40


@pytest.fixture
def entries(tmp_path: Path) -> list[HarEntry]:
    """The entries of a connection whose every second request has a header list of 20 kB; each answer has a body."""
    long = b"\x40\x05x-big\x7f\xe9\x06" + b"v" * 1_000
    asked, answered = [PREFACE + frame(4, 0, 0)], [frame(4, 0, 0)]
    for number in range(COUNT):
        fields = long if not number else b"\xbe" * 20 if number % 2 else b""
        asked.append(frame(1, 5, 2 * number + 1, b"\x82\x84\x86" + fields))
        answered.append(frame(1, 4, 2 * number + 1, b"\x88") + frame(0, 1, 2 * number + 1, BODY))
    return entries_of(tmp_path, b"".join(asked), b"".join(answered))


def entries_of(tmp_path: Path, asked: bytes, answered: bytes) -> list[HarEntry]:
    path = record(tmp_path, [(0, "C", asked), (90, "S", answered)])
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    session.run_here()
    found = FoundRequests(session, Sharing(1), None, WORDS)
    ends = session.streams.client(0), session.streams.server(0)
    made = [one for part in found.made(lambda pairs: HarEntries.of(pairs, *ends, WORDS), whole=True, at_once=7)
            for one in part.entries]  # fmt: skip
    session.close()
    return made


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ([(":protocol", "websocket"), (":scheme", "https"), (":path", "/chat")], "https://a.example/chat"),
        ([], "http://a.example"),
    ],
    ids=["to WebSocket", "a tunnel"],
)
def test_url_of_connect_says_what_was_connected_to(tmp_path: Path, more: list[tuple[str, str]], url: str) -> None:
    block = Encoder().encode([(":method", "CONNECT"), (":authority", "a.example"), *more])
    asked = PREFACE + frame(4, 0, 0) + frame(1, 4, 1, block)

    (entry,), _archive = archived(entries_of(tmp_path, asked, frame(4, 0, 0) + frame(1, 4, 1, b"\x88")))

    assert entry["request"]["url"] == url


def archived(entries: list[HarEntry]) -> tuple[list[dict[str, Any]], HarArchive]:
    with HarArchive() as archive:
        archive.add(entries)
        text = b"".join(archive.pieces()).decode()
    return read_har(text), archive


def test_header_fields_beyond_the_bound_are_left_out_and_said_to_be(
    entries: list[HarEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(har_archive, "HEADS_MOST", 100_000)
    read, archive = archived(entries)

    assert len(read) == len(archive) == COUNT
    names = [len(entry["request"]["headers"]) for entry in read]
    assert names == [1, 20, 0, 20, 0, 20, 0, 20, 0, 20] + [0] * (COUNT - 10)
    cut = [entry for entry in read if "comment" in entry["request"]]
    assert len(cut) == archive.without_heads == COUNT // 2 - 5
    assert all(entry["request"]["url"] and entry["response"]["status"] == 200 for entry in cut)
    assert all("left out" in entry["response"]["content"]["comment"] for entry in cut)
    # What is usual stays, whatever came before.
    assert all(entry["response"]["content"]["text"] == BODY.decode() for entry in read if entry not in cut)


def test_an_archive_within_its_bounds_lacks_nothing(entries: list[HarEntry]) -> None:
    read, archive = archived(entries)

    assert archive.without_heads == 0
    assert [len(entry["request"]["headers"]) for entry in read[:4]] == [1, 20, 0, 20]
    assert all(entry["response"]["content"]["text"] == BODY.decode() for entry in read)


def test_texts_of_bodies_beyond_the_bound_are_left_out(
    entries: list[HarEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(har_archive, "BODIES_MOST", 1_000)
    read, _archive = archived(entries)
    texts = ["text" in entry["response"]["content"] for entry in read]

    assert texts == sorted(texts, reverse=True)
    assert 0 < sum(texts) < COUNT


@pytest.mark.parametrize("in_memory", [10, 1 << 20])
def test_entries_are_written_in_the_order_in_which_they_began(in_memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(har_archive, "_IN_MEMORY", in_memory)
    with HarArchive() as archive:
        for start in (5, 3, 4, 3):
            one = json.dumps({"at": start, "place": len(archive)}).encode()
            archive.add([HarEntry(start, one, one, one)])
        log = json.loads(b"".join(archive.pieces()))["log"]

    assert [tuple(entry.values()) for entry in log["entries"]] == [(3, 1), (3, 3), (4, 2), (5, 0)]


def test_disk_without_room_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr(har_archive.tempfile, "SpooledTemporaryFile", lambda *_, **__: Full())
    with HarArchive() as archive, pytest.raises(OutputError, match="spool_failed"):
        archive.add([HarEntry(0, b"{}", b"{}", b"{}")])
