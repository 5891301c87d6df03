"""A request that a gateway and the server behind it read differently: by its length, and by its chunks."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.scenario import Scenario
from cases.recorder.scenarios.application_http import DONE
from cases.recorder.web_programs import WebServer, receive

if TYPE_CHECKING:
    from cases.recorder.program import Connection, Program


def draw_smuggling(chance: random.Random) -> dict[str, float]:
    """How long the hidden request is, and when the next user comes."""
    return {"delay_ms": chance.randint(5, 40), "padding": chance.randint(4, 60), "pause": chance.uniform(0.2, 0.6)}


def hidden(me: Program) -> bytes:
    """The request that the gateway takes for a body."""
    lines = ["GET /admin/users HTTP/1.1", f"Host: {me.peer_host}", f"X-Trace: {'t' * int(me.p.padding)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def pass_on(me: Program, coding: str) -> None:
    """A gateway that goes by Content-Length passes on a search, and later another user's basket, on one connection."""
    connection = me.connect()
    body = b"0\r\n\r\n" + (hidden(me) if coding else b"")
    lines = ["POST /search HTTP/1.1", f"Host: {me.peer_host}", f"Content-Length: {len(body)}", *filter(None, [coding])]
    connection.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
    wait_for(connection, 1)
    me.sleep(me.p.pause)
    connection.send(f"GET /basket HTTP/1.1\r\nHost: {me.peer_host}\r\n\r\n".encode())
    wait_for(connection, 1)
    connection.shutdown()
    connection.read_all()
    connection.close()
    me.tell(DONE)


def wait_for(connection: Connection, answers: int) -> None:
    """Reads until so many status lines have come: what a gateway takes for the answers to what it passed on."""
    got = b""
    while got.count(b"HTTP/1.1 ") < answers and (data := receive(connection)):
        got += data


def pass_on_both(me: Program) -> None:
    """Both header lines."""
    pass_on(me, "Transfer-Encoding: chunked")


def pass_on_length(me: Program) -> None:
    """The length alone."""
    pass_on(me, "")


def serve_targets(me: Program) -> None:
    """A server on h11, which goes by the chunks: answers each request with what was asked for."""
    connection = me.listen().accept()
    server = WebServer(me, connection)
    while (asked := server.request()) is not None:
        target = asked.target.decode("ascii")
        server.answer(200, f"this is {target}\n".encode(), [("Content-Type", "text/plain")])
    connection.close()


SMUGGLED: Final = Scenario(
    id="http-request-smuggled",
    shows="A request with Content-Length and Transfer-Encoding: the gateway reads one request, the server two.",
    twin="http-request-by-length",
    client=pass_on_both,
    server=serve_targets,
    draw=draw_smuggling,
    may_fail=frozenset({"ECONNRESET"}),
    findings_client=("http-two-readings",),
    findings_server=("http-two-readings",),
    findings_perhaps=("client-think-time", "half-close", "nagle-delayed-ack"),
    never=("http-length-mismatch", "http-error-response"),
)

BY_LENGTH: Final = replace(
    SMUGGLED,
    id="http-request-by-length",
    shows="The same body with Content-Length alone: gateway and server read one request.",
    twin="http-request-smuggled",
    client=pass_on_length,
    findings_client=(),
    findings_server=(),
    never=("http-two-readings", "http-length-mismatch", "http-error-response"),
)

SCENARIOS = [SMUGGLED, BY_LENGTH]
