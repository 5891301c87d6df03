"""What a body of HTTP is read as, by its media type and its first bytes, in `frame.protocols`: as tshark has it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

import pytest
from field_sweep import sweep
from http2_ends import OK, Ends, get
from web_captures import closed, record

from tcptui.model.fields import FIELDS
from tcptui.protocols.http.media_names import LEAST_IMAGE, media_name

if TYPE_CHECKING:
    from pathlib import Path

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
#: Beginnings of bodies, each a byte too short, or just long enough, to be taken for what it seems.
BODIES: Final = tuple(
    sign.ljust(size, b"1")
    for sign in (PNG, b"GIF89a", b"GIF87a", b"GIF88a", JPEG, JPEG.replace(b"JFIF", b"Exif"), JPEG[:-1])
    for size in (LEAST_IMAGE - 1, LEAST_IMAGE)
)  # fmt: skip
TYPES: Final = (
    "image/png", "image/gif", "image/webp", "application/zip", "application/pdf", "application/x-unheard-of",
    "video/mp4", "application/octet-stream", "font/woff2", "application/vnd.tcpdump.pcap",
)  # fmt: skip
#: Types with a reader of their own, whatever the body is.
READ: Final = {
    "application/x-www-form-urlencoded": b"a=b&c=d", "application/ocsp-request": b"0\x03\x02\x01\x01",
    "application/vnd.wap.wbxml": b"\x03\x01\x6a\0\x05", "application/json-patch+json": b'[{"op": "test"}]',
    "application/x-git-upload-pack-request": b"0000", "text/csv": b"a,b\n", "application/xhtml+xml": b"<a/>",
    "application/x-fcs": b"x",
}  # fmt: skip
#: Of these, what HTTP/2 reads the same.
FORMS: Final = ("application/x-www-form-urlencoded", "application/ocsp-request")


def answer(media: str, body: bytes, *fields: str) -> bytes:
    head = ["HTTP/1.1 200 OK", f"Content-Type: {media}", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.mark.tshark
def test_names_of_bodies_are_those_of_tshark(tmp_path: Path) -> None:
    answers = [answer(media, body) for media in TYPES for body in (*BODIES, b"abc", b"")]
    answers += [answer(media, body) for media, body in READ.items()]
    answers += [answer("image/png", gzip.compress(BODIES[1], mtime=0), "Content-Encoding: gzip")]
    turns = []
    for number, said in enumerate(answers):
        turns += [(2.0 * number, "C", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (2.0 * number + 1, "S", said)]
    swept = sweep(record(tmp_path, closed(turns)), [FIELDS["frame.protocols"]])

    assert swept is not None
    assert swept.different == {}
    assert swept.frames > 2 * len(answers)


@pytest.mark.tshark
def test_names_of_bodies_within_http2_are_those_of_tshark(tmp_path: Path) -> None:
    ends = Ends()
    said = [(media, body) for media in (*TYPES, "image/jpeg") for body in (*BODIES, b"abc")]
    for number, (media, body) in enumerate([*said, *((media, body) for media, body in READ.items() if media in FORMS)]):
        ends.ask(2 * number + 1, get("/"))
        ends.answer(2 * number + 1, [*OK[:1], ("content-type", media)], body)
    turns = [(2.0 * at, "CS"[side], data) for at, (side, data) in enumerate(ends.turns)]
    swept = sweep(record(tmp_path, closed(turns)), [FIELDS["frame.protocols"]])

    assert swept is not None
    assert swept.different == {}
    assert swept.frames > len(said)


def test_a_reader_goes_by_the_type_and_an_image_by_its_beginning() -> None:
    assert media_name("application/ipp", BODIES[1]) == "ipp"
    assert media_name("multipart/form-data", b"--x") == "mime_multipart"
    assert media_name("text/x-unheard-of", BODIES[1]) == "png"
    assert media_name("text/x-unheard-of", BODIES[0]) == "media"
    assert media_name("video/mp2t", b"G" * 188) == ""
