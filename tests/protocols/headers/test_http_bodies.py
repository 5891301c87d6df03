"""Bodies of HTTP in the header tree as tshark has them: decoded, as lines of text, as bytes that nobody reads."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Final

import brotli
import pytest
from field_sweep import compared_fields, sweep
from http2_ends import OK, Ends, get
from tree_text import tree_text
from web_captures import GET, chunk, closed, record, response

from tcptui.protocols.headers.tree import header_tree
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from pathlib import Path

TEXT: Final = b"line one of the text\nline two\n" * 20
JSON: Final = b'{"a": [1, 2, {"b": "c"}]}'

#: Trailer parts of chunked bodies.
TRAILERS: Final = (
    b"", b"X-A: b\r\n", b"X-A: b\r\nX-C: d e\r\n", b"X-A: b\r\n folded\r\nContent-Length: 5\r\n", b"X-A:\r\n",
    b"Set-Cookie: a=b\r\nServer: x\r\n", b"X-A: b\n",
)  # fmt: skip


def raw_deflate(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(data) + machine.flush()


def unfinished(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=31)
    return machine.compress(data) + machine.flush(zlib.Z_SYNC_FLUSH)


#: Coding, media type, and the body as sent.
CODED: Final = (
    ("gzip", "text/plain", gzip.compress(TEXT, mtime=0)),
    ("deflate", "text/html; charset=utf-8", zlib.compress(TEXT)),
    ("deflate", "text/plain", raw_deflate(TEXT)),
    ("br", "text/css", brotli.compress(TEXT)),
    ("identity", "text/plain", TEXT),
    ("gzip", "application/json", gzip.compress(JSON, mtime=0)),
    ("br", "application/json", brotli.compress(JSON[1:])),
    ("gzip", "application/octet-stream", gzip.compress(TEXT, mtime=0)),
    ("gzip", "image/png", gzip.compress(TEXT, mtime=0)),
    ("gzip", "text/plain", gzip.compress(TEXT, mtime=0)[:40]),
    ("gzip", "text/plain", unfinished(TEXT)),
    ("gzip", "text/plain", gzip.compress(b"", mtime=0)),
    ("gzip", "text/plain", gzip.compress(TEXT, mtime=0) + b"behind"),
    ("gzip", "text/plain", b"not gzip at all"),
    ("br", "text/plain", b"not brotli at all"),
    ("deflate", "text/plain", b"not"),
)
#: What is objects and arrays alone is JSON to tshark; all else it shows as lines, too.
TRIED: Final = (
    b"{}", b'{"a":1}\n', b" [1,2] ", b'{"a":1}{"b":2}\n', b'{"a":"x\ny"}', b'{"a":"\xff"}', b"[1,]", b"abc", b"1",
    b'{"a":1} x', b"{a:1}", b'{"a":', b"NaN", b'\xef\xbb\xbf{"a":1}', b" \n", b'{"a":01}', b"[NaN]", b"null",
)  # fmt: skip


def answered(answers: tuple[tuple[str, str, bytes], ...], ending: str) -> Ends:
    """Each asked for and answered: in one DATA frame, in two, or with trailers behind it."""
    ends = Ends()
    for number, (coding, media, body) in enumerate(answers):
        stream = 2 * number + 1
        ends.ask(stream, get("/x"))
        ends.server.send_headers(stream, [OK[0], ("content-type", media), ("content-encoding", coding)])
        if ending == "two":
            ends.server.send_data(stream, body[:2])
            ends.carry()
            ends.server.send_data(stream, body[2:], end_stream=True)
        else:
            ends.server.send_data(stream, body, end_stream=ending == "one")
        ends.carry()
        if ending == "trailers":
            ends.server.send_headers(stream, [("x-check", "done")], end_stream=True)
            ends.carry()
    return ends


@pytest.mark.tshark
@pytest.mark.parametrize("ending", ["one", "two", "trailers"])
def test_coded_bodies_equal_tsharks(tmp_path: Path, ending: str) -> None:
    ends = answered(CODED, ending)
    swept = sweep(
        record(tmp_path, closed([(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)])),
        compared_fields(),
    )

    assert swept is not None
    assert swept.different == {}
    assert swept.values > 1_000


@pytest.mark.tshark
def test_bodies_that_are_no_json_equal_tsharks(tmp_path: Path) -> None:
    turns = []
    for at, body in enumerate(TRIED):
        turns += [(20 * at, "C", GET), (20 * at + 5, "S", response(body, "Content-Type: application/json"))]
    swept = sweep(record(tmp_path, closed(turns)), compared_fields())

    assert swept is not None
    assert swept.different == {}
    assert swept.values > 1_000


@pytest.mark.tshark
def test_trailers_are_one_value_as_tshark_has_them(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    turns = []
    for at, part in enumerate(TRAILERS):
        said = head + chunk(b"hello") + b"0\r\n" + part + b"\r\n"
        turns += [(20 * at, "C", GET), (20 * at + 5, "S", said)]
    # Notes on a folded line are ours alone.
    fields = [row for row in compared_fields() if not row.name.startswith("_ws.expert")]
    swept = sweep(record(tmp_path, closed(turns)), fields)

    assert swept is not None
    assert swept.different == {}
    assert swept.values > 500


@pytest.mark.tshark
@pytest.mark.parametrize("media", ["", "Content-Type: application/octet-stream"])
def test_bodies_of_octets_equal_tsharks(tmp_path: Path, media: str) -> None:
    lines = [media] * bool(media)
    coded = response(gzip.compress(TEXT, mtime=0), *lines, "Content-Encoding: gzip")
    chunked = "\r\n".join(["HTTP/1.1 200 OK", *lines, "Transfer-Encoding: chunked"]).encode()
    said = (response(TEXT, *lines), response(b"", *lines), coded, chunked + b"\r\n\r\n" + chunk(TEXT) + chunk(b""))
    turns = []
    for at, one in enumerate(said):
        turns += [(20 * at, "C", GET), (20 * at + 5, "S", one[:70]), (20 * at + 8, "S", one[70:])]
    posted = response(b"hello", *lines).replace(b"HTTP/1.1 200 OK", b"POST /a HTTP/1.1")
    swept = sweep(record(tmp_path, closed([*turns, (100, "C", posted)])), compared_fields())

    assert swept is not None
    assert swept.different == {}
    assert swept.values > 300


def shown(tmp_path: Path, ends: Ends) -> str:
    """The tree of the last packet with data."""
    path = record(tmp_path, [(20 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)], after=0)
    session = open_file(path)
    try:
        row = session.store.count - 2  # it is acknowledged
        return tree_text(header_tree(session.reader.packet(row), session.application(0)))
    finally:
        session.close()


def test_coded_body_is_shown_decoded_line_by_line(tmp_path: Path) -> None:
    text = shown(tmp_path, answered((CODED[0],), "two"))

    assert f"Content-encoded entity body (gzip): {len(CODED[0][2])} bytes -> {len(TEXT)} bytes" in text
    assert "Line-based text data: text/plain (40 lines)" in text
    assert "line one of the text\\n" in text


def test_body_that_cannot_be_decoded_is_shown_as_sent(tmp_path: Path) -> None:
    text = shown(tmp_path, answered((CODED[-3],), "one"))

    assert "Body decompression failed" in text
    assert f"Data: {b'not gzip at all'.hex()}" in text


def test_coding_that_is_not_known_is_no_failure(tmp_path: Path) -> None:
    text = shown(tmp_path, answered((("compress", "text/plain", b"as it was sent"),), "one"))

    assert "failed" not in text
    assert "as it was sent" in text


def test_bytes_that_nobody_reads_are_data(tmp_path: Path) -> None:
    assert "Data (3 bytes)" in shown(tmp_path, answered((("identity", "application/octet-stream", b"abc"),), "one"))
