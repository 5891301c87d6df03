"""Which late answers are answers, where the protocol is not read here (rules/findings.md#server-think-time).

A message that a server sends of its own accord looks like a late answer to whatever the client sent before.  What
tells them apart is how the rest of the connection went: a server that speaks only when it is asked, and then at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.analysis.timing.budget_parts import CLIENT, SERVER, Part
from tcptui.analysis.timing.sender_stamps import refuted_waits
from tcptui.model.arrays import chunks
from tcptui.model.batched import integer, smallest
from tcptui.model.tcp_flags import FIN, RST, SYN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tcptui.analysis.stream.table import StreamTable
    from tcptui.findings.facts import ConnectionFacts
    from tcptui.model.packet_store import I32

#: rules/findings.md#server-think-time: a late answer in a protocol that is not read is a warning from this wait on, …
SLOW_NS: Final = 3_000_000_000
#: … beside this many requests that were answered within …
PROMPT_LEAST: Final = 3
#: … this time, …
PROMPT_NS: Final = 1_000_000_000
#: … and so many for each that was not.  In TLS one prompt answer will do where a single one was late.
PROMPT_TIMES: Final = 3
#: An end that goes on by itself after a pause this long does not wait for the other.
UNASKED_NS: Final = 500_000_000
#: The request is acknowledged within this time and a round trip (RFC 1122, 4.2.3.2); nothing follows until the answer.
ACKNOWLEDGED_NS: Final = 500_000_000
#: So long is the silence right before such an answer at least.
SILENT_NS: Final = SLOW_NS - 2 * ACKNOWLEDGED_NS
#: Waits from here on may be long polls: in TLS all of them, else those that end …
POLL_NS: Final = 20_000_000_000
#: … on a multiple of this time, …
POLL_STEP_NS: Final = 5_000_000_000
#: … within this share of the wait (percent).
POLL_TOLERANCE_PERCENT: Final = 1
#: Least bytes of a client's TLS 1.3 flight that has a request behind Finished (RFC 8446, 4.4.4: 74 and 6).
FINISHED_AND_MORE: Final = 120
#: Bytes of a payload in which TLS records are looked for: two session tickets (RFC 8446, 4.6.1) take less.
_LOOKED_AT: Final = 2_048
_RECORD_HEADER: Final = 5
_CLIENT_HELLO: Final = re.compile(rb"\x16\x03.{3}\x01", re.DOTALL)
_HANDSHAKE_OR_ALERT: Final = (b"\x16\x03", b"\x15\x03")
_APPLICATION_DATA: Final = b"\x17\x03"
_CHANGE_CIPHER_SPEC: Final = b"\x14\x03"
#: Requests that ask the server to wait: commands of Redis that block, and of SMB 2 (LOCK and CHANGE_NOTIFY).
_ASKS_TO_WAIT: Final = re.compile(
    rb"\*\d+\r\n\$\d+\r\n(?i:b[lrz]m?pop(?:min|max|lpush)?|blmove|xread(?:group)?|wait(?:aof)?)\r\n"
    rb"|.{4}\xfeSMB.{8}[\x0a\x0f]\x00",
    re.DOTALL,
)
#: How a client begins in protocols whose servers send when something happens: WebSocket, MQTT, AMQP, XMPP, STOMP, NATS
#: and IRC.  What comes late there may be news.
_SENDS_NEWS: Final = re.compile(
    rb"GET [^\r\n]*\r\n(?:[^\r\n]+\r\n)*?(?i:upgrade: *websocket)\r\n|\x10.{1,4}\0\x04MQTT|\x10.{1,4}\0\x06MQIsdp"
    rb"|AMQP|<\?xml|<stream:|CONNECT(?:\r?\n| \{)|STOMP\r?\n|(?:NICK|PASS|CAP) ",
    re.DOTALL,
)
_NO_BARE_ACK: Final = SYN | FIN | RST


def may_warn(streams: StreamTable, rows: slice | I32) -> NDArray[np.bool_]:
    """A mask over the streams ``rows``: where a server waited long enough for a warning before it sent data."""
    waited = streams.longest_waits_ns(rows)[1] >= SILENT_NS
    talked: NDArray[np.bool_] = (streams.payload_a[rows] > 0) & (streams.payload_b[rows] > 0)
    return talked & waited


def alternates(connection: ConnectionFacts, late: int) -> bool:
    """Whether the late answer at the end of stretch ``late`` of the time budget answers the request before it.

    The server had acknowledged the request and both were silent then; neither end ever goes on by itself; and other
    requests were answered promptly.
    """
    waits = connection.budget.waits
    asked, answer = int(waits.begin[late]), int(waits.end[late])
    wait_ns = waits.own(slice(late, late + 1)).item(0)
    if wait_ns < SLOW_NS or not _silent(connection, asked, answer) or len(_unasked(connection)):
        return False
    request = connection.payload_start(int(connection.budget.turns.request[waits.turn(late)]), _LOOKED_AT)
    if _CLIENT_HELLO.match(request) and connection.payload_start(answer, 2) in _HANDSHAKE_OR_ALERT:
        return True  # TLS itself demands an answer
    if _SENDS_NEWS.match(_first_of_client(connection, _LOOKED_AT)):
        return False
    if _ASKS_TO_WAIT.match(request) or _may_be_poll(wait_ns, request) or _waits_again(connection, late):
        return False
    prompt, slow = _answers(connection)
    if prompt >= max(PROMPT_LEAST, PROMPT_TIMES * slow):
        return True
    return prompt >= 1 and slow == 1 and request[:2] in (_APPLICATION_DATA, _CHANGE_CIPHER_SPEC) and _is_tls(connection)


def answer_after_tickets(connection: ConnectionFacts) -> tuple[int, int] | None:
    """The first request of a TLS 1.3 connection and its late answer, as indexes; None without.

    The request leaves right behind the client's Finished, and what comes back at once, perhaps crossing it, are two
    session tickets, records of one length (RFC 8446, 4.6.1).  To the time budget the server paused in between.
    """
    waits = connection.budget.waits
    unasked = _unasked(connection)
    if len(unasked) != 1 or connection.mid_stream or waits.turn(int(unasked[0])) not in (1, 2):
        return None
    late = int(unasked[0])
    answer, begun = int(waits.end[late]), int(waits.begin[waits.turns_at[1]])
    said = [i for i in range(begun, answer) if connection.length[i]]
    flight, tickets = ([i for i in said if connection.side[i] == side] for side in (CLIENT, SERVER))
    if not flight or not tickets or tickets[0] < flight[0] or not _is_tls(connection):
        return None
    wait_ns = integer(waits.own(slice(late, late + 1))[0])
    if not SLOW_NS <= wait_ns < POLL_NS or not _silent(connection, flight[-1], answer, spoken=tuple(tickets)):
        return None
    heads = (_APPLICATION_DATA, _CHANGE_CIPHER_SPEC)
    if connection.payload_start(flight[0], 2) not in heads or not _two_of_one_length(connection, tickets):
        return None
    asked = sum(connection.length[i] for i in flight)
    prompt_ns = connection.time[tickets[-1]] - connection.time[flight[-1]]
    if asked < FINISHED_AND_MORE or prompt_ns > PROMPT_NS or _waits_again(connection, late):
        return None
    at = np.array([answer], np.int32)
    if refuted_waits(connection.view, np.array(tickets[-1:], np.int32), at, np.ones(1, np.uint8))[0]:
        return None
    return flight[-1], answer


def _silent(connection: ConnectionFacts, asked: int, answer: int, spoken: tuple[int, ...] = ()) -> bool:
    """Whether the server acknowledged all up to ``asked`` at once, and then nothing passed until ``answer``.

    ``spoken``: segments of the server in between that are no answer, and may acknowledge it as well.
    """
    latest = connection.time[asked] + ACKNOWLEDGED_NS + connection.rtt_ns
    needed = integer(connection.space.sent[CLIENT][asked])
    heard = False
    for i in range(asked + 1, answer):
        if i not in spoken and (connection.length[i] or connection.flags[i] & _NO_BARE_ACK):
            return False
        if connection.time[i] > latest:
            return False
        heard |= connection.side[i] == SERVER and integer(connection.space.ack[i]) >= needed
    return heard


def _unasked(connection: ConnectionFacts) -> I32:
    """Stretches of the time budget after which an end went on by itself: a push, or a message that nobody answers."""
    waits = connection.budget.waits
    found: list[I32] = []
    for some in chunks(len(waits), 1):
        place = np.arange(some.start, some.stop, dtype=np.int32)
        own = place[(waits.part[some] == Part.SENDER) & (waits.sender[some] == waits.sender[place - 1])]
        found.append(own[waits.own(own) >= UNASKED_NS])
    return np.concatenate(found) if found else np.zeros(0, np.int32)


def _answers(connection: ConnectionFacts) -> tuple[int, int]:
    """How many requests were answered promptly, and how many were not."""
    waits = connection.budget.waits
    prompt = slow = 0
    for some in chunks(len(waits), 1):
        place = np.arange(some.start, some.stop, dtype=np.int32)
        answers = place[(waits.sender[some] == SERVER) & (waits.sender[place - 1] == CLIENT)]
        quick = (waits.own(answers) <= PROMPT_NS) & (waits.part[answers] == Part.SERVER_THINK)
        prompt += int(np.count_nonzero(quick))
        slow += int(np.count_nonzero(~quick))
    return prompt, slow


def _may_be_poll(wait_ns: int, request: bytes) -> bool:
    """Whether a wait this long may be a long poll: the server waits on purpose until it has something to send."""
    off = smallest(wait_ns % POLL_STEP_NS, -wait_ns % POLL_STEP_NS)
    regular = off * 100 <= wait_ns * POLL_TOLERANCE_PERCENT
    return wait_ns >= POLL_NS and (regular or request[:2] == _APPLICATION_DATA)


def _waits_again(connection: ConnectionFacts, late: int) -> bool:
    """Whether the client's last message, one after stretch ``late``, goes without an answer for `SLOW_NS`."""
    turns, waits = connection.budget.turns, connection.budget.waits
    if waits.turn(late) == len(turns) - 1 or int(turns.response[-1]) >= 0:
        return False
    asked = int(turns.request[-1])
    closed = next((i for i in (*connection.fins, *connection.rsts) if i > asked), -1)
    end_ns = connection.time[closed] if closed >= 0 else connection.view.capture_end_ns
    return end_ns - connection.time[asked] >= SLOW_NS


def _first_of_client(connection: ConnectionFacts, most: int) -> bytes:
    """The first ``most`` bytes of the client's first payload."""
    first = next((i for i in range(connection.count) if connection.length[i] and connection.side[i] == CLIENT), -1)
    return connection.payload_start(first, most) if first >= 0 else b""


def _is_tls(connection: ConnectionFacts) -> bool:
    """Whether the client's first payload is a ClientHello (RFC 8446, 4.1.2)."""
    return _CLIENT_HELLO.match(_first_of_client(connection, _RECORD_HEADER + 1)) is not None


def _two_of_one_length(connection: ConnectionFacts, segments: list[int]) -> bool:
    """Whether ``segments`` hold two records of application data, both of one length, and nothing else."""
    payload = b"".join(connection.payload_start(i, _LOOKED_AT) for i in segments[:3])
    size = _RECORD_HEADER + int.from_bytes(payload[3:_RECORD_HEADER], "big")
    whole = len(payload) == 2 * size == sum(connection.length[i] for i in segments)
    first, second = payload[:_RECORD_HEADER], payload[size : size + _RECORD_HEADER]
    return whole and first == second and first[:2] == _APPLICATION_DATA
