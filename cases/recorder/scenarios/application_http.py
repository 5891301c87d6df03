"""Lengths that are wrong, refusals, and files carried over HTTP."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.commands import execute, launch, scratch
from cases.recorder.scenario import Scenario
from cases.recorder.web_programs import WebServer, png, receive

if TYPE_CHECKING:
    from cases.recorder.program import Connection, Program

DONE: Final = 0
"""Mark: the client has ended."""
_STATIC: Final = """\
daemon off; master_process off; pid {folder}/pid; error_log stderr crit; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type application/octet-stream; types {{ image/png png; text/html html; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen {host}:{port}; root {folder};
    location /accept {{ return 200 "accepted\\n"; }}
    location /broken {{ proxy_pass http://127.0.0.1:9; }}
  }}
}}
"""


def serve_with_nginx(me: Program) -> None:
    """nginx with an image in its folder, until the client has ended."""
    folder = scratch()
    (folder / "photo.png").write_bytes(picture(me))
    (folder / "nginx.conf").write_text(_STATIC.format(folder=folder, host=me.host, port=me.port))
    launch(me, ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")], me.port)
    me.ready()
    me.hear(DONE)
    me.sleep(0.3)


def picture(me: Program) -> bytes:
    """The image that belongs to this seed."""
    return png(random.Random(int(me.p.seed)), int(me.p.width), int(me.p.height))


def fetch(me: Program, path: str, *more: str) -> None:
    """curl, as people call it."""
    words = ["curl", "-s", "--noproxy", "*", "--max-time", "20", "--local-port", str(me.source_port())]
    execute(me, [*words, *more, f"http://{me.peer_host}:{me.port}{path}"])


# -- lengths that are wrong ------------------------------------------------------------------


def draw_length(chance: random.Random) -> dict[str, float]:
    """How long the body is and by how much its length is wrong."""
    body = chance.randint(200, 20_000)
    return {"delay_ms": chance.randint(5, 40), "body": body, "off": chance.randint(10, min(body - 1, 400))}


def answer_by_hand(me: Program, connection: Connection, claimed: int) -> None:
    """A response as an application makes it that counts characters and sends bytes, or the other way round."""
    body = me.text(int(me.p.body))
    head = f"HTTP/1.1 200 OK\r\nServer: by-hand\r\nContent-Type: text/plain\r\nContent-Length: {claimed}\r\n\r\n"
    connection.send(head.encode() + body)


def serve_length(me: Program, off: int) -> None:
    """Answers one request and closes."""
    connection = me.listen().accept()
    WebServer(me, connection).request()
    answer_by_hand(me, connection, int(me.p.body) + off)
    connection.shutdown()
    connection.read_all()
    connection.close()


def serve_too_long(me: Program) -> None:
    """Announces more than there is."""
    serve_length(me, int(me.p.off))


def serve_too_short(me: Program) -> None:
    """Announces less than there is."""
    serve_length(me, -int(me.p.off))


def serve_right_length(me: Program) -> None:
    """Announces what there is."""
    serve_length(me, 0)


def serve_without_last_chunk(me: Program) -> None:
    """Chunks, and a close instead of the last one."""
    connection = me.listen().accept()
    server = WebServer(me, connection)
    server.request()
    server.begin(200, [("Content-Type", "text/plain")])
    for _ in range(3):
        server.piece(me.text(int(me.p.body) // 3))
    connection.shutdown()
    connection.read_all()
    connection.close()


def fetch_report(me: Program) -> None:
    """One request."""
    fetch(me, "/report")
    me.tell(DONE)


def send_report(me: Program) -> None:
    """One request with a body, of which curl first asks whether it is wanted."""
    fetch(me, "/report", "-H", "Expect: 100-continue", "--data-binary", me.text(int(me.p.body)).decode("ascii"))
    me.tell(DONE)


def _take_report(me: Program, interim: bytes) -> None:
    """Reads a request with its body and says thanks; ``interim``: what it says to the head alone."""
    connection = me.listen().accept()
    got = b""
    while b"\r\n\r\n" not in got:
        got += receive(connection)
    connection.send(interim)
    _, _, body = got.partition(b"\r\n\r\n")
    while len(body) < int(me.p.body):
        body += receive(connection)
    connection.send(b"HTTP/1.1 200 OK\r\nServer: by-hand\r\nContent-Length: 7\r\n\r\nthanks\n")
    connection.shutdown()
    connection.read_all()
    connection.close()


def take_report_silently(me: Program) -> None:
    """Does not know what Expect means."""
    _take_report(me, b"")


def take_report_as_asked(me: Program) -> None:
    """Says that the body is wanted."""
    _take_report(me, b"HTTP/1.1 100 Continue\r\n\r\n")


def give_up(me: Program) -> None:
    """Reads the beginning of an answer and has enough."""
    connection = me.connect()
    connection.send(b"GET /report HTTP/1.1\r\nHost: server\r\n\r\n")
    connection.read(100)
    connection.close()


def serve_slowly(me: Program) -> None:
    """Sends what it announced, as long as somebody listens."""
    connection = me.listen().accept()
    server = WebServer(me, connection)
    server.request()
    body = me.text(int(me.p.body) + 8_000)
    server.begin(200, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    for at in range(0, len(body), 1_000):
        server.piece(body[at : at + 1_000])
        me.sleep(0.05)
    connection.close()


LENGTH_TOO_LONG: Final = Scenario(
    id="http-length-too-long",
    shows="The response announces more bytes than it has: the server closes before they have come.",
    twin="http-length-right",
    client=fetch_report,
    server=serve_too_long,
    draw=draw_length,
    may_fail=frozenset({"exit 18"}),
    findings_client=("http-length-mismatch",),
    findings_server=("http-length-mismatch",),
    never=("file-download",),
    findings_perhaps=("rst-abortive-close", "data-after-close", "simultaneous-close"),
)
LENGTH_TOO_SHORT: Final = replace(
    LENGTH_TOO_LONG,
    id="http-length-too-short",
    shows="The response announces fewer bytes than it has: the rest belongs to no message.",
    twin="http-length-right",
    server=serve_too_short,
    may_fail=frozenset({"ECONNRESET"}),
    findings_client=("http-length-mismatch",),
    findings_server=("http-length-mismatch",),
    never=("file-download",),
    findings_perhaps=("rst-abortive-close", "data-after-close", "simultaneous-close"),
)
LENGTH_RIGHT: Final = replace(
    LENGTH_TOO_LONG,
    id="http-length-right",
    shows="The response has as many bytes as it announces.",
    twin="http-length-too-long",
    server=serve_right_length,
    findings_client=(),
    findings_server=(),
    findings_perhaps=("rst-abortive-close", "data-after-close", "simultaneous-close"),
    never=("http-length-mismatch",),
)
CHUNKS_UNFINISHED: Final = replace(
    LENGTH_TOO_LONG,
    id="http-chunks-unfinished",
    shows="A chunked response ends by a close without the last chunk.",
    server=serve_without_last_chunk,
    findings_client=("http-length-mismatch",),
    findings_server=("http-length-mismatch",),
    findings_perhaps=("rst-abortive-close", "data-after-close", "simultaneous-close"),
    never=("file-download",),
)


CLIENT_GAVE_UP: Final = replace(
    LENGTH_TOO_LONG,
    id="http-client-gave-up",
    shows="The client closes in the middle of a response that the server would have sent to its end.",
    twin="http-length-too-long",
    client=give_up,
    server=serve_slowly,
    may_fail=frozenset({"ECONNRESET", "EPIPE"}),
    findings_client=(),
    findings_server=(),
    findings_perhaps=("rst-abortive-close", "rst-unread-data", "data-after-close", "sender-application-limited"),
    never=("http-length-mismatch", "file-download"),
)


# -- refusals and files ------------------------------------------------------------------------


def draw_picture(chance: random.Random) -> dict[str, float]:
    """An image of some size."""
    return {
        "delay_ms": chance.randint(5, 40),
        "width": chance.randint(60, 200),
        "height": chance.randint(40, 160),
        "seed": chance.randint(1, 10_000),
        "parts": chance.randint(2, 4),
    }


def fetch_picture(me: Program) -> None:
    """The whole image."""
    fetch(me, "/photo.png")
    me.tell(DONE)


def fetch_parts(me: Program) -> None:
    """The image in ranges, one request each, as download managers do."""
    size = len(picture(me))
    step = -(-size // int(me.p.parts))
    for at in range(0, size, step):
        fetch(me, "/photo.png", "-r", f"{at}-{min(at + step, size) - 1}")
    me.tell(DONE)


def fetch_missing(me: Program) -> None:
    """What is not there."""
    fetch(me, "/nothing-here")
    me.tell(DONE)


def fetch_broken(me: Program) -> None:
    """What nginx would ask an application for that is not running."""
    fetch(me, "/broken")
    me.tell(DONE)


def serve_half_a_picture(me: Program) -> None:
    """Dies in the middle of the image."""
    connection = me.listen().accept()
    server = WebServer(me, connection)
    server.request()
    image = picture(me)
    server.begin(200, [("Content-Type", "image/png"), ("Content-Length", str(len(image)))])
    server.piece(image[: len(image) // 2])
    connection.shutdown()
    connection.read_all()
    connection.close()


IMAGE: Final = Scenario(
    id="http-image-download",
    shows="curl fetches an image from nginx.",
    twin="http-image-cut",
    client=fetch_picture,
    server=serve_with_nginx,
    draw=draw_picture,
    findings_client=("file-download",),
    findings_server=("file-download",),
    never=("http-length-mismatch",),
)
IMAGE_PARTS: Final = replace(
    IMAGE,
    id="http-image-in-parts",
    shows="curl fetches an image from nginx in ranges, a connection each.",
    twin="http-image-download",
    client=fetch_parts,
    findings_client=("file-download",),
    findings_server=("file-download",),
    findings_perhaps=(),
    never=("http-length-mismatch",),
)
IMAGE_CUT: Final = replace(
    IMAGE,
    id="http-image-cut",
    shows="The server closes in the middle of an image.",
    twin="http-image-download",
    server=serve_half_a_picture,
    may_fail=frozenset({"exit 18"}),
    findings_client=("http-length-mismatch",),
    findings_server=("http-length-mismatch",),
    findings_perhaps=(),
    never=("file-download",),
)
NOT_FOUND: Final = replace(
    IMAGE,
    id="http-not-found",
    shows="curl asks nginx for something that is not there.",
    twin="http-bad-gateway",
    client=fetch_missing,
    findings_client=("http-error-response",),
    findings_server=("http-error-response",),
    findings_perhaps=(),
    never=("file-download",),
)
BAD_GATEWAY: Final = replace(
    IMAGE,
    id="http-bad-gateway",
    shows="nginx cannot reach the application behind it.",
    twin="http-not-found",
    client=fetch_broken,
    findings_client=("http-error-response",),
    findings_server=("http-error-response",),
    findings_perhaps=(),
    never=("file-download",),
)
EXPECT_IGNORED: Final = replace(
    LENGTH_RIGHT,
    id="http-expect-ignored",
    shows="curl asks whether its body is wanted; the server does not know what Expect means.",
    twin="http-expect-answered",
    client=send_report,
    server=take_report_silently,
    findings_client=("http-continue-awaited",),
    findings_server=("http-continue-awaited",),
)
EXPECT_ANSWERED: Final = replace(
    EXPECT_IGNORED,
    id="http-expect-answered",
    shows="curl asks whether its body is wanted, and is told so.",
    twin="http-expect-ignored",
    server=take_report_as_asked,
    findings_client=(),
    findings_server=(),
    never=("http-continue-awaited",),
)

SCENARIOS = [
    LENGTH_TOO_LONG,
    LENGTH_TOO_SHORT,
    LENGTH_RIGHT,
    CHUNKS_UNFINISHED,
    CLIENT_GAVE_UP,
    IMAGE,
    IMAGE_PARTS,
    IMAGE_CUT,
    NOT_FOUND,
    BAD_GATEWAY,
    EXPECT_IGNORED,
    EXPECT_ANSWERED,
]
