"""Event streams: flushed, held by a compressor, held by a proxy, and as they should be."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.commands import execute, launch, scratch
from cases.recorder.program import Connection
from cases.recorder.scenario import Scenario
from cases.recorder.web_programs import EventSource, WebServer

if TYPE_CHECKING:
    from cases.recorder.program import Listener, Program

BEHIND: Final = 9090
"""Port of the application that a proxy on the same host stands before."""
DONE: Final = 0
"""Mark: the client has ended."""
_WORDS: Final = ("quick", "brown", "fox", "jumps", "over", "lazy", "dog", "while", "nobody", "in", "town", "looks")
_PROXY: Final = """\
daemon off; master_process off; pid {folder}/pid; error_log stderr error;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen {host}:{port};
    location / {{ proxy_pass http://127.0.0.1:{behind}; proxy_buffering {buffering}; }}
  }}
}}
"""


def draw(chance: random.Random) -> dict[str, float]:
    """Some words, one event each."""
    return {
        "delay_ms": chance.randint(5, 40),
        "events": chance.randint(5, 12),
        "every": chance.choice([0.2, 0.25, 0.35]),
        "seed": chance.randint(1, 10_000),
    }


def sentence(me: Program) -> list[str]:
    """What the events say: as many words as there are events."""
    chance = random.Random(me.p.seed)
    return [f"{chance.choice(_WORDS)} {chance.randint(0, 999)}" for _ in range(me.p.events)]


def serve_events(me: Program, connection: Connection, coding: str, flush: bool) -> None:
    """Answers one request with the events, at their own pace, and waits for the client to close."""
    server = WebServer(me, connection)
    if server.request() is None:
        return
    source = EventSource(me, server, coding, flush)
    for number, word in enumerate(sentence(me), 1):
        me.sleep(me.p.every)
        source.send(number, word)
    source.end()


def fetch(me: Program, *more: str) -> None:
    """The client is curl, which shows what comes as it comes."""
    url = f"http://{me.peer_host}:{me.port}/events"
    words = ["curl", "-s", "-N", "--noproxy", "*", "--max-time", "25", "--local-port", str(me.source_port())]
    execute(me, [*words, "-H", "Accept: text/event-stream", *more, url])
    me.tell(DONE)


def fetch_plain(me: Program) -> None:
    """Without compression."""
    fetch(me)


def fetch_compressed(me: Program) -> None:
    """Says that it can unpack gzip."""
    fetch(me, "--compressed")


def serve_plain(me: Program) -> None:
    """Each event leaves when it is made."""
    connection = me.listen().accept()
    serve_events(me, connection, "", flush=True)
    connection.read_all()
    connection.close()


def serve_flushed(me: Program) -> None:
    """Compresses, and flushes after each event."""
    connection = me.listen().accept()
    serve_events(me, connection, "gzip", flush=True)
    connection.read_all()
    connection.close()


def serve_held(me: Program) -> None:
    """Compresses, and never flushes: the compressor gives what it has when the stream ends."""
    connection = me.listen().accept()
    serve_events(me, connection, "gzip", flush=False)
    connection.read_all()
    connection.close()


def serve_behind(me: Program, buffering: str) -> None:
    """nginx in front of the application; both on this host."""
    listener = me.listen_behind(BEHIND)
    worker = threading.Thread(target=_application, args=(me, listener), daemon=True)
    worker.start()
    folder = scratch()
    text = _PROXY.format(folder=folder, host=me.host, port=me.port, behind=BEHIND, buffering=buffering)
    (folder / "nginx.conf").write_text(text)
    launch(me, ["nginx", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")], me.port)
    me.ready()
    me.hear(DONE)
    worker.join(5)
    me.sleep(0.2)


def _application(me: Program, listener: Listener) -> None:
    raw, remote = listener.raw.accept()
    connection = Connection(me, raw, remote)
    serve_events(me, connection, "", flush=True)
    connection.raw.close()


def serve_buffered(me: Program) -> None:
    """proxy_buffering on and HTTP/1.0 to the application, as they are by default.

    (From an application that sends chunks, over HTTP/1.1, nginx passes each chunk on even so.)
    """
    serve_behind(me, "on")


def serve_unbuffered(me: Program) -> None:
    """proxy_buffering off."""
    serve_behind(me, "off")


INCREMENTAL: Final = Scenario(
    id="event-stream-incremental",
    shows="An event stream, not compressed: each event leaves the server when it is made.",
    twin="event-stream-proxied",
    client=fetch_plain,
    server=serve_plain,
    draw=draw,
    findings_client=("event-stream-incremental",),
    findings_server=("event-stream-incremental",),
    never=("event-stream-compressed", "event-stream-buffered"),
    findings_perhaps=("sender-application-limited",),
)

FLUSHED: Final = replace(
    INCREMENTAL,
    id="event-stream-flushed",
    shows="A compressed event stream whose compressor is flushed after each event: each can be unpacked when it comes.",
    twin="event-stream-held",
    client=fetch_compressed,
    server=serve_flushed,
    findings_client=("event-stream-compressed",),
    findings_server=("event-stream-compressed",),
    findings_perhaps=("sender-application-limited",),
    never=("event-stream-buffered", "event-stream-incremental"),
)

HELD: Final = replace(
    FLUSHED,
    id="event-stream-held",
    shows="A compressed event stream whose compressor is never flushed: nothing but its header leaves before the end.",
    twin="event-stream-flushed",
    server=serve_held,
    findings_client=("event-stream-compressed",),
    findings_server=("event-stream-compressed",),
    findings_perhaps=("server-think-time", "sender-application-limited"),
    never=("event-stream-buffered", "event-stream-incremental"),
)

PROXIED: Final = replace(
    INCREMENTAL,
    id="event-stream-proxied",
    shows="An event stream, not compressed, that nginx in front of the application collects until it is complete.",
    twin="event-stream-incremental",
    server=serve_buffered,
    findings_client=("event-stream-buffered",),
    findings_server=("event-stream-buffered",),
    findings_perhaps=("server-think-time",),
    never=("event-stream-compressed", "event-stream-incremental"),
)

PASSED_ON: Final = replace(
    PROXIED,
    id="event-stream-passed-on",
    shows="The same application behind the same nginx, told to pass on at once what it gets (proxy_buffering off).",
    twin="event-stream-proxied",
    server=serve_unbuffered,
    findings_client=("event-stream-incremental",),
    findings_server=("event-stream-incremental",),
    findings_perhaps=("sender-application-limited",),
    never=("event-stream-compressed", "event-stream-buffered"),
)

SCENARIOS = [INCREMENTAL, FLUSHED, HELD, PROXIED, PASSED_ON]
