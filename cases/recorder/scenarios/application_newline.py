"""A header value that brought its newline along: at the end of the value, and inside it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.recorder.scenario import Scenario
from cases.recorder.scenarios.application_http import DONE, serve_with_nginx
from cases.recorder.web_programs import WebServer, receive

if TYPE_CHECKING:
    from cases.recorder.program import Program


def draw_newline(chance: random.Random) -> dict[str, float]:
    """How long the broken value is, how many header lines follow it, how long the body is."""
    return {
        "delay_ms": chance.randint(5, 40),
        "value": chance.randint(8, 60),
        "before": chance.randint(0, 3),
        "after": chance.randint(1, 4),
        "body": chance.randint(20, 200),
    }


_FIELDS: Final = (
    "User-Agent: order-service/2.4", "Accept: application/json", "Accept-Language: en", "X-Request-Id: 7f3a9c",
    "X-Tenant: blue", "Cache-Control: no-cache", "Content-Type: application/json",
)  # fmt: skip


def broken_request(me: Program, value: str) -> bytes:
    """A POST whose token, read from a file with its line end, went into the header as it was."""
    body = ('{"order": "' + "x" * int(me.p.body))[: int(me.p.body) - 2] + '"}'
    before, after = _FIELDS[: int(me.p.before)], _FIELDS[-int(me.p.after) :]
    lines = ["POST /accept HTTP/1.1", f"Host: {me.peer_host}", *before, f"Authorization: Bearer {value}"]
    return ("\r\n".join([*lines, *after, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body).encode()


def token(me: Program) -> str:
    """So many letters."""
    return ("abcdefghijklmnopqrstuvwxyz0123456789" * 4)[: int(me.p.value)]


def send_newline_at_end(me: Program) -> None:
    """The newline ends the value: LF and CR LF end the header."""
    send_and_hear(me, broken_request(me, token(me) + "\n"))


def send_newline_in_middle(me: Program) -> None:
    """The newline stands inside the value."""
    half = len(token(me)) // 2
    send_and_hear(me, broken_request(me, token(me)[:half] + "\n" + token(me)[half:]))


def send_length_first(me: Program) -> None:
    """As `send_newline_at_end`, with the length before the broken line: the server waits for no body of its own."""
    request = broken_request(me, token(me) + "\n")
    head, _, rest = request.partition(b"Authorization")
    at = rest.index(b"Content-Length")
    length, _, body = rest[at:].partition(b"\r\n")
    send_and_hear(me, head + length + b"\r\nAuthorization" + rest[:at] + body)


def send_and_hear(me: Program, request: bytes) -> None:
    """Sends these bytes, reads whatever comes back until the server closes or half a second passes."""
    connection = me.connect()
    connection.send(request)
    connection.raw.settimeout(1.0)
    try:
        while receive(connection):
            pass
    except TimeoutError:
        me.note("waited")
    connection.raw.settimeout(None)
    connection.close()
    me.tell(DONE)


def serve_h11(me: Program) -> None:
    """A server on h11: reads requests one after the other, answers each, closes after a broken one."""
    connection = me.listen().accept()
    server = WebServer(me, connection)
    while server.request() is not None:
        server.answer(200, b"accepted\n", [("Content-Type", "text/plain")])
    connection.close()


NEWLINE_ENDS_HEADER: Final = Scenario(
    id="http-newline-ends-header",
    shows="A header value ends with a line feed: that and CR LF end the header, and the lines behind it become body.",
    twin="http-newline-in-value",
    client=send_newline_at_end,
    server=serve_h11,
    draw=draw_newline,
    may_fail=frozenset({"ECONNRESET"}),
    findings_client=("http-header-injected-newline",),
    findings_server=("http-header-injected-newline",),
    never=("http-length-mismatch", "http-error-response"),
    findings_perhaps=("data-after-close", "rst-abortive-close"),
)

NEWLINE_ENDS_HEADER_NGINX: Final = replace(
    NEWLINE_ENDS_HEADER,
    id="http-newline-ends-header-nginx",
    shows="The same broken request, sent to nginx.",
    twin="http-newline-in-value-nginx",
    server=serve_with_nginx,
    draw=lambda chance: {**draw_newline(chance), "seed": 1, "width": 4, "height": 4},
    findings_client=("http-header-injected-newline",),
    findings_server=("http-header-injected-newline",),
    findings_perhaps=("data-after-close", "rst-abortive-close"),
    never=("http-length-mismatch", "http-error-response"),
)

NEWLINE_AFTER_LENGTH: Final = replace(
    NEWLINE_ENDS_HEADER,
    id="http-newline-after-length",
    shows="As http-newline-ends-header, but Content-Length stands before the broken line: header lines fill the body.",
    client=send_length_first,
    findings_client=("http-header-injected-newline",),
    findings_server=("http-header-injected-newline",),
    findings_perhaps=("data-after-close", "rst-abortive-close"),
    never=("http-length-mismatch", "http-error-response"),
)

NEWLINE_IN_VALUE: Final = replace(
    NEWLINE_ENDS_HEADER,
    id="http-newline-in-value",
    shows="A line feed inside a header value: the rest of the value is a line of its own, the header goes on.",
    twin="http-newline-ends-header",
    client=send_newline_in_middle,
    findings_client=("http-error-response",),
    findings_server=("http-error-response",),
    never=("http-header-injected-newline", "http-length-mismatch"),
    findings_perhaps=("data-after-close", "rst-abortive-close"),
)

NEWLINE_IN_VALUE_NGINX: Final = replace(
    NEWLINE_ENDS_HEADER_NGINX,
    id="http-newline-in-value-nginx",
    shows="A line feed inside a header value, sent to nginx.",
    twin="http-newline-ends-header-nginx",
    client=send_newline_in_middle,
    findings_client=(),
    findings_server=(),
    findings_perhaps=("data-after-close", "rst-abortive-close"),
    never=("http-header-injected-newline", "http-length-mismatch", "http-error-response"),
)


SCENARIOS = [
    NEWLINE_ENDS_HEADER,
    NEWLINE_ENDS_HEADER_NGINX,
    NEWLINE_AFTER_LENGTH,
    NEWLINE_IN_VALUE,
    NEWLINE_IN_VALUE_NGINX,
]
