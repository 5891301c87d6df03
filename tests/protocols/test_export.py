"""Files carried over HTTP: found, joined from ranges, read without their codings, and honest about what is missing."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

import pytest
from http2_ends import ANSWER, CALL, OK, Ends, get, message, with_push
from http_halves import Dialogue, in_pieces

from tcptui.protocols.export.collect import Chosen, FileCollector
from tcptui.protocols.export.files import CarriedFile, Shortfall
from tcptui.protocols.export.reading import FileReader, MessageFinder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.protocols.stream.reassembly import ByteStream

IMAGE = bytes(range(256)) * 20
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _ask(uri: str, extra: str = "") -> bytes:
    return f"GET {uri} HTTP/1.1\r\nHost: h.example\r\n{extra}\r\n".encode()


def _answer(body: bytes, extra: str = "", status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{extra}\r\n".encode() + body


def _exchange(uri: str, answer: bytes, *, close: bool = True) -> Dialogue:
    dialogue = Dialogue().client(_ask(uri)).server(*in_pieces(answer, 1460))
    return dialogue.close() if close else dialogue


class Capture:
    """Streams, as a session has them."""

    def __init__(self, dialogues: Sequence[Dialogue]) -> None:
        self._directions = [dialogue.directions() for dialogue in dialogues]
        self.collector = FileCollector(self.directions)
        for stream in range(len(dialogues)):
            self.collector.add_stream(stream)
        self.files = self.collector.result()
        self.finder = MessageFinder(self.directions)

    def directions(self, stream: int) -> tuple[ByteStream, ByteStream]:
        return self._directions[stream]

    def read(self, file: CarriedFile, limit: int = 1 << 20) -> bytes:
        return b"".join(FileReader(file, self.finder, limit))


def test_file_is_known_by_packet_host_name_and_type() -> None:
    found = Capture([_exchange("/a/photo.jpg?size=2", _answer(IMAGE, "Content-Type: image/jpeg\r\n"))])
    file = found.files[0]

    assert (file.frame, file.host, file.uri) == (5, "h.example", "/a/photo.jpg?size=2")
    assert (file.name, file.media_type, file.size, file.complete) == ("photo.jpg", "image/jpeg", len(IMAGE), True)
    assert found.read(file) == IMAGE
    assert file.sha256 == hashlib.sha256(IMAGE).hexdigest()


def test_compressed_file_is_read_as_what_it_was() -> None:
    packed = gzip.compress(IMAGE)
    found = Capture([_exchange("/x", _answer(packed, "Content-Encoding: gzip\r\nContent-Type: text/plain\r\n"))])
    file = found.files[0]

    assert (file.size, file.sent) == (None, len(packed))
    assert found.read(file) == IMAGE
    assert (file.name, file.size, file.complete) == ("x.txt", len(IMAGE), True)


def test_upload_is_a_file_of_the_client() -> None:
    put = f"PUT /store/notes.txt HTTP/1.1\r\nHost: h.example\r\nContent-Length: {len(IMAGE)}\r\n\r\n".encode()
    found = Capture([Dialogue().client(put + IMAGE).server(b"HTTP/1.1 204 No Content\r\n\r\n")])

    assert [(file.name, file.upload) for file in found.files] == [("notes.txt", True)]
    assert found.read(found.files[0]) == IMAGE


@pytest.mark.parametrize(
    ("dialogue", "names"),
    [
        (_exchange("/none", _answer(b"", length=9)), []),
        (Dialogue().client(_ask("/none")).server(_answer(b"", length=9)).lost(1, 9), []),
        (_exchange("/one", _answer(b"a", length=9)), ["one"]),
        (Dialogue().client(_ask("/one")).server(_answer(b"a", length=9)).lost(1, 8), ["one"]),
    ],
)
def test_file_without_a_captured_byte_is_counted_and_not_listed(dialogue: Dialogue, names: list[str]) -> None:
    found = Capture([dialogue])

    assert [file.name for file in found.files] == names
    assert found.collector.uncaptured == 1 - len(names)


def test_status_and_method_are_those_of_the_exchange() -> None:
    put = b"PUT /notes.txt HTTP/1.1\r\nHost: h.example\r\nContent-Length: 3\r\n\r\nabc"
    upload = Dialogue().client(put).server(_answer(b"no", status="403 Forbidden"))
    found = Capture([_exchange("/a", _answer(b"gone", status="404 Not Found")), upload])

    assert sorted((file.method, file.status) for file in found.files) == [("GET", 404), ("PUT", 0), ("PUT", 403)]


@pytest.mark.parametrize(
    ("dialogue", "why", "kept"),
    [
        (_exchange("/a", _answer(b"abc", length=9)), Shortfall.CLOSED, b"abc"),
        (_exchange("/a", _answer(b"abc", length=9), close=False), Shortfall.CAPTURE_END, b"abc"),
        (
            Dialogue().client(_ask("/a")).server(_answer(b"abc", length=9)).lost(1, 3).server(b"ghi"),
            Shortfall.GAP,
            b"abc",
        ),
        (_exchange("/a", _answer(b"x" * 30, "Content-Encoding: gzip\r\n")), Shortfall.CODING, b""),
        (_exchange("/a", _answer(b"abc", "Content-Encoding: sdch\r\n")), Shortfall.CODING, b""),
        (
            _exchange("/a", _answer(gzip.compress(bytes(4 << 20)), "Content-Encoding: gzip\r\n")),
            Shortfall.LIMIT,
            bytes(1 << 20),
        ),
        (_exchange("/a", _CHUNKED + b"3\r\nabc\r\nzz\r\n"), Shortfall.BROKEN, b"abc"),
    ],
)  # fmt: skip
def test_what_is_not_whole_says_why_and_gives_its_beginning(dialogue: Dialogue, why: Shortfall, kept: bytes) -> None:
    found = Capture([dialogue])

    assert found.read(found.files[0]) == kept
    assert found.files[0].shortfall is why


def _range(start: int, stop: int, total: int = len(IMAGE), etag: str = '"1"') -> bytes:
    extra = f"Content-Range: bytes {start}-{stop - 1}/{total}\r\nETag: {etag}\r\nContent-Type: image/png\r\n"
    return _answer(IMAGE[start:stop], extra, "206 Partial Content")


def test_ranges_of_several_connections_become_one_file() -> None:
    cut = len(IMAGE) // 3
    found = Capture([_exchange("/big.png", _range(cut - 10, len(IMAGE))), _exchange("/big.png", _range(0, cut))])

    assert [(file.name, len(file.parts), file.complete) for file in found.files] == [("big.png", 2, True)]
    assert found.read(found.files[0]) == IMAGE


def test_interrupted_download_and_its_resumption_become_one_file() -> None:
    begun = _answer(IMAGE[:1000], 'ETag: "1"\r\n', length=len(IMAGE))
    found = Capture([_exchange("/f.bin", begun), _exchange("/f.bin", _range(900, len(IMAGE)))])

    assert len(found.files) == 1
    assert found.read(found.files[0]) == IMAGE


@pytest.mark.parametrize(
    "second",
    [_range(2000, len(IMAGE)), _range(1000, len(IMAGE), etag='"2"'), _range(1000, len(IMAGE) - 1)],
    ids=["a hole between", "of another version", "the end is missing"],
)
def test_ranges_that_do_not_cover_a_resource_stay_parts(second: bytes) -> None:
    found = Capture([_exchange("/f", _range(0, 1000)), _exchange("/f", second)])

    assert [file.shortfall for file in found.files] == [Shortfall.PART, Shortfall.PART]


def test_compressed_ranges_are_joined_before_they_are_undone() -> None:
    packed = gzip.compress(IMAGE)
    coded = "Content-Encoding: gzip\r\n"
    directions = [
        _answer(packed[a:b], f"{coded}Content-Range: bytes {a}-{b - 1}/{len(packed)}\r\n", "206 Partial Content")
        for a, b in ((0, 20), (20, len(packed)))
    ]
    found = Capture([_exchange("/f", answer) for answer in directions])

    assert found.read(found.files[0]) == IMAGE


def test_same_names_are_numbered_and_files_come_in_packet_order() -> None:
    dialogue = Dialogue()
    for uri in ("/a/i.png", "/b/i.png"):
        dialogue.client(_ask(uri)).server(_answer(b"x"))
    found = Capture([dialogue, _exchange("/", _answer(b"<html>", "Content-Type: text/html\r\n"))])

    assert [(file.name, file.frame) for file in found.files] == [("i.png", 2), ("index.html", 2), ("i-2.png", 4)]


def test_messages_without_a_body_are_no_files() -> None:
    dialogue = Dialogue().client(_ask("/a")).server(b"HTTP/1.1 304 Not Modified\r\n\r\n")
    dialogue.client(_ask("/b")).server(_answer(b""))

    assert Capture([dialogue]).files == []


def test_files_are_found_again_in_any_order() -> None:
    dialogue = Dialogue()
    for at in range(5):
        dialogue.client(_ask(f"/{at}")).server(_answer(b"%d" % at))
    found = Capture([dialogue])

    assert [found.read(file) for file in reversed(found.files)] == [b"4", b"3", b"2", b"1", b"0"]


def test_bodies_in_frames_of_http2_are_files_of_their_own() -> None:
    ends = Ends()
    ends.ask(1, get("/photo.jpg"))
    ends.ask(3, get("/text.txt"), b"uploaded")
    ends.server.send_headers(1, [(":status", "200"), ("content-type", "image/jpeg")])
    ends.server.send_headers(3, [*OK, ("content-encoding", "gzip")])
    coded = gzip.compress(b"text " * 900, mtime=0)
    for at in range(0, len(IMAGE), 1_000):
        ends.server.send_data(1, IMAGE[at : at + 1_000])
        ends.server.send_data(3, coded[at // 100 : at // 100 + 10])
    ends.server.send_data(3, coded[(len(IMAGE) - 1) // 1_000 * 10 + 10 :], end_stream=True)
    ends.server.end_stream(1)
    ends.carry()
    found = Capture([ends.talk])

    assert [(file.name, file.complete, file.upload) for file in found.files] == [
        ("text.txt", True, True), ("photo.jpg", True, False), ("text-2.txt", True, False),
    ]  # fmt: skip
    assert {file.name: found.read(file) for file in found.files} == {
        "text.txt": b"uploaded", "photo.jpg": IMAGE, "text-2.txt": b"text " * 900,
    }  # fmt: skip


def test_pushed_file_is_called_as_it_was_promised() -> None:
    (pushed,) = (file for file in Capture([with_push().talk]).files if file.id == "2")

    assert (pushed.name.partition(".")[0], pushed.uri, pushed.method, pushed.upload) == (
        "style", "/style.css", "GET", False,
    )  # fmt: skip
    assert pushed.host == dict(get("/"))[":authority"]


def test_calls_of_grpc_are_no_files() -> None:
    ends = Ends()
    ends.ask(1, CALL, message(b"abc"))
    ends.answer(1, ANSWER, message(b"de"), [("grpc-status", "0")])

    assert Capture([ends.talk]).files == []


def test_request_of_http2_is_chosen_by_its_stream() -> None:
    ends = Ends()
    ends.ask(1, get("/one"), b"to the server")
    ends.ask(3, get("/two"), b"not wanted")
    ends.answer(3, OK, b"neither")
    ends.answer(1, OK, b"to the client")
    collector = FileCollector(lambda _stream: ends.talk.directions())
    collector.add_stream(0, Chosen("1"))

    assert [(file.id, file.upload, file.sent) for file in collector.result()] == [("1", True, 13), ("1", False, 13)]


def _call(ends: Ends, stream: int, path: str, coding: str = "") -> None:
    codings = [("grpc-encoding", coding)] if coding else []
    ends.client.send_headers(stream, [*CALL[:1], (":path", path), *CALL[2:], *codings])
    ends.client.send_data(stream, message(b"first") + message(b""))
    ends.client.send_data(stream, message(gzip.compress(b"third " * 9), compressed=True)[:9])
    ends.client.send_data(stream, message(gzip.compress(b"third " * 9), compressed=True)[9:], end_stream=True)
    ends.carry()
    ends.answer(stream, ANSWER, message(b"of the server") + b"\0\0\0\0\x09half", [("grpc-status", "0")])


def test_each_message_of_a_chosen_call_is_a_file() -> None:
    ends = Ends()
    _call(ends, 1, "/shop.Cart/..%2f\x1b[2J", "gzip")
    _call(ends, 3, "/shop.Cart/Add")
    capture = Capture([ends.talk])
    collector = FileCollector(capture.directions)
    collector.add_stream(0, Chosen("1"))
    files = collector.result()

    assert [(file.name, file.upload) for file in files] == [
        ("_[2J-request.pb", True), ("_[2J-request-2.pb", True), ("_[2J-request-3.pb", True),
        ("_[2J-response.pb", False), ("_[2J-response-2.pb", False),
    ]  # fmt: skip
    assert [capture.read(file) for file in files] == [b"first", b"", b"third " * 9, b"of the server", b"half"]
    assert [(file.size, file.shortfall) for file in files] == [
        (5, None), (0, None), (54, None), (13, None), (4, Shortfall.BROKEN),
    ]  # fmt: skip
    assert len({file.sha256 for file in files}) == 5
    # Without its coding's name, and unless its request is chosen.
    unnamed = FileCollector(capture.directions)
    unnamed.add_stream(0, Chosen("3"))
    third = unnamed.result()[2]
    assert capture.read(third)[:2] == b"\x1f\x8b"
    assert third.shortfall is Shortfall.CODING
    assert capture.files == []
