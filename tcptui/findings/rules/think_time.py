"""Rules about think time: how long server or client waited before it sent (rules/findings.md#speed)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np

from tcptui.analysis.timing.budget import Part, Waits
from tcptui.analysis.timing.late_copies import sent_before_ns
from tcptui.findings.facts import ConnectionFacts
from tcptui.findings.gates import SLOW, SUSPECT
from tcptui.findings.rules.late_answer import alternates, answer_after_tickets
from tcptui.model.arrays import chunks, flatnonzero32
from tcptui.model.batched import integer, largest
from tcptui.model.finding import Confidence, Fact, Finding, FindingId, Severity
from tcptui.model.packet_store import I32, DecodeIssue
from tcptui.model.safe_text import safe_text
from tcptui.protocols.secrets_out import uri_without_secrets

_T = TypeVar("_T")

#: rules/findings.md#server-think-time: a finding needs more than this time …
THINK_NS: Final = 200_000_000
#: … and more than this many round trips …
THINK_RTTS: Final = 5
#: … a warning at least this time …
SLOW_ANSWER_NS: Final = 1_000_000_000
#: … and this many round trips, as one second is nothing unusual on a long path …
SLOW_ANSWER_RTTS: Final = 10
#: … with this much silence right before the answer (an ACK of the request may come before the silence).
LATE_NS: Final = 800_000_000
#: Least time between answer and next request for `client-think-time`: a client that waits less is merely busy.
PAUSE_NS: Final = 1_000_000_000
#: At least this many waits …
LONG_POLLS: Final = 3
#: … each at least this long, are long polls: the server waits on purpose until it has something to send.
LONG_POLL_NS: Final = 5_000_000_000
#: Most bytes of a payload that are read …
_LOOKED_AT: Final = 600
#: … and most characters of a request that are quoted.
_QUOTED: Final = 48
_HEADER_END: Final = b"\r\n\r\n"
_EVENTS: Final = b"text/event-stream"
#: What else a late answer may be.
OTHERS: Final = ("server-waits-itself", "more-expected", "long-poll")
#: What a server greets with: SSH (RFC 4253, 4.2), SMTP, FTP and NNTP, POP 3, IMAP, RFB, rsync, MySQL (protocol 10, or
#: an error in place of the greeting).
_GREETING: Final = re.compile(
    rb"SSH-[12]\.|2[02][0-9][ -]|4[02]1[ -]|554[ -]|\+OK|\* (?:OK|PREAUTH|BYE)|RFB 00|@RSYNCD:|.{2}\0\0[\x0a\xff]",
    re.DOTALL,
)
_REQUEST_LINE: Final = re.compile(
    rb"(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|PROPFIND|REPORT) (\S{1,160}) HTTP/1\.[01]\r?\n"
)


def _of_payload(connection: ConnectionFacts, index: int, make: Callable[[bytes], _T]) -> _T:
    """``make`` of the first payload bytes of segment ``index``, as far as they were captured; empty without any."""
    has_some = index >= 0 and connection.length[index]
    return connection.of_payload(index, _LOOKED_AT, make) if has_some else make(b"")


def _head_cut(connection: ConnectionFacts, answer: int) -> bool:
    """Whether the capture cut off a part of the HTTP header that begins in segment ``answer``."""
    cut = int(connection.view.issues[answer]) & DecodeIssue.TRUNCATED
    return bool(cut) and _of_payload(connection, answer, lambda payload: _HEADER_END not in payload)


def _request(payload: bytes) -> str:
    """Method and path of the HTTP request that begins with ``payload``, without secrets; else empty."""
    found = _REQUEST_LINE.match(payload)
    if found is None:
        return ""
    target = uri_without_secrets(found[2].decode("utf-8", "replace"))
    text = safe_text(f"{found[1].decode('ascii')} {target}")
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"


def _stretches(waits: Waits, part: Part, least_ns: int) -> I32:
    """Indexes into ``waits`` of those that belong to ``part`` and to a turn, with more than ``least_ns`` of it."""
    found = flatnonzero32(waits.part == part)
    if not len(found) or not len(waits.turns_at):
        return found[:0]
    long = np.zeros(len(found), np.bool_)
    for some in chunks(len(found)):
        long[some] = waits.own(found[some]) > least_ns
    of_turns: I32 = found[long & (found >= waits.turns_at[0])]
    return of_turns


def _sure(connection: ConnectionFacts, found: I32, least_ns: int) -> I32:
    """The waits among ``found`` that are as long without what a lost copy of request or answer explains."""
    waits = connection.budget.waits
    if not connection.signs & SUSPECT:  # a first copy that never came leaves a number out, and no repetition
        if not len(found) or connection.at_sender(1):
            return found
        before_ns = sent_before_ns(connection.view, 1, waits.end[found])
        return found[waits.own(found) - before_ns > least_ns]
    sure = [
        connection.copies.surely_waited_ns(int(waits.begin[which]), int(waits.end[which]))
        - integer(waits.network_ns[which])
        > least_ns
        for which in found.tolist()
    ]
    chosen: I32 = found[np.array(sure, np.bool_)]
    return chosen


def _weigh(connection: ConnectionFacts, found: I32) -> tuple[int, int, int]:
    """The index of the longest of the waits ``found``, its nanoseconds, and the nanoseconds of all."""
    own = connection.budget.waits.own(found)
    longest = int(found[int(np.argmax(own))])
    return longest, own.max().item(), own.sum().item()


def _first_acknowledging(connection: ConnectionFacts, begin: int, end: int) -> int:
    """Index of the peer's first segment that acknowledges segment ``begin``, if it comes before ``end``; else -1."""
    column = connection.space.acknowledged[connection.side[begin]]
    index = int(column.searchsorted(integer(connection.space.sent[connection.side[begin]][begin])))
    return index if begin < index < end else -1


def least_slow_ns(connection: ConnectionFacts) -> int:
    """What a server must take longer than to be called slow (ns)."""
    return largest(THINK_NS, THINK_RTTS * connection.path_rtt_ns)


def slow_answer_ns(connection: ConnectionFacts) -> int:
    """From how long a wait on a server is a warning (ns)."""
    return largest(SLOW_ANSWER_NS, SLOW_ANSWER_RTTS * connection.path_rtt_ns)


def server_think_time(connection: ConnectionFacts) -> Finding | None:
    """`server-think-time`: the request was complete, and the answer came late.

    The capture shows when a request was complete and when its answer began; the round trip to the server is
    subtracted.  Whether the server *worked* meanwhile is not in the packets.  With an unknown protocol, not
    even that it was asked for anything (a push looks like a late answer): then it is a warning only where the
    connection shows that request and answer alternate (`tcptui.findings.rules.late_answer`).
    """
    budget = connection.budget
    waits = budget.waits
    if not budget.in_turns:
        return None
    least_ns = least_slow_ns(connection)
    found = _sure(connection, _stretches(waits, Part.SERVER_THINK, least_ns), least_ns)
    behind = answer_after_tickets(connection)
    if behind is not None:
        return _after_tickets(connection, *behind)
    greeting = _sure(connection, _before_turns(waits, Part.SERVER_THINK, least_ns), least_ns)
    if len(greeting) and not _greets(connection, int(waits.end[greeting[0]])):
        greeting = greeting[:0]  # what the server sends of its own accord, nobody need have waited for
    if not len(found) and not len(greeting):
        return None
    if _outweighs(waits, greeting, found):
        return _late_greeting(connection, greeting)
    longest, wait_ns, total_ns = _weigh(connection, found)
    asked, answer = int(waits.begin[longest]), int(waits.end[longest])
    if _greets(connection, answer):
        return _late_greeting(connection, found[found == longest])
    request = _of_payload(connection, int(budget.turns.request[waits.turn(longest)]), _request)
    if request and _head_cut(connection, answer):
        request = ""  # nobody can read whether the server was asked for events: then it is like any other protocol
    polls = len(found) >= LONG_POLLS and waits.own(found).min().item() >= LONG_POLL_NS
    # A server that sends events waits until they occur.
    polls |= _of_payload(connection, answer, lambda payload: _EVENTS in payload.lower())
    silent_ns = connection.time[answer] - connection.time[answer - 1]
    may_warn = not polls and wait_ns >= slow_answer_ns(connection)
    in_turns = may_warn and not request and alternates(connection, longest)
    slow = in_turns or (may_warn and bool(request) and silent_ns >= LATE_NS)
    return connection.finding(
        FindingId.SERVER_THINK_TIME,
        [asked, _first_acknowledging(connection, asked, answer), answer],
        Severity.WARNING if slow else Severity.NOTE,
        _confidence(connection, is_request=bool(request) and not polls),
        OTHERS,
        shape="http" if request else "turns" if in_turns else "",
        **_facts(connection, asked, answer, wait_ns, total_ns, len(found)),
        network_s=waits.network_ns.item(longest) / 1e9,
        request=request,
    )


def _before_turns(waits: Waits, part: Part, least_ns: int) -> I32:
    """The stretch before the first turn, as an index into ``waits``, if it is ``part`` with more than ``least_ns``."""
    found = flatnonzero32(waits.part == part)[:1]
    if len(waits.turns_at):
        found = found[found < waits.turns_at[0]]
    before: I32 = found[waits.own(found) > least_ns]
    return before


def _outweighs(waits: Waits, one: I32, others: I32) -> bool:
    """Whether the single stretch ``one``, where there is one, has more time than each of the ``others``."""
    if not len(one) or not len(others):
        return len(one) > 0
    return bool(waits.own(one).item(0) > waits.own(others).max().item())


def _greets(connection: ConnectionFacts, answer: int) -> bool:
    """Whether segment ``answer`` is the server's first payload, and the greeting of a protocol in which that begins."""
    sent = integer(connection.space.sent[1][answer - 1])
    if sent > 1 or connection.mid_stream:
        return False
    return _of_payload(connection, answer, lambda payload: _GREETING.match(payload) is not None)


def _late_greeting(connection: ConnectionFacts, which: I32) -> Finding:
    """The finding about the server's greeting, which it sends unasked."""
    waits = connection.budget.waits
    longest, wait_ns, total_ns = _weigh(connection, which)
    opened, answer = int(waits.begin[longest]), int(waits.end[longest])
    return connection.finding(
        FindingId.SERVER_THINK_TIME,
        [opened, answer],
        Severity.WARNING if wait_ns >= slow_answer_ns(connection) else Severity.NOTE,
        _confidence(connection, is_request=True),
        ("reverse-lookup", "accept-late"),
        shape="greeting",
        **_facts(connection, opened, answer, wait_ns, total_ns, 1),
        network_s=waits.network_ns.item(longest) / 1e9,
        request="",
    )


def _confidence(connection: ConnectionFacts, *, is_request: bool) -> Confidence:
    """Certain at the server for a request that was read; one step less elsewhere, and one less for one that was not."""
    steps = (Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE)
    doubt = (0 if connection.at_sender(1) else 1) + (0 if is_request else 1)
    return steps[min(doubt, 2)]


def _after_tickets(connection: ConnectionFacts, asked: int, answer: int) -> Finding:
    """The finding about a late answer that came behind the session tickets of TLS 1.3."""
    network_ns = connection.budget.delays.to_server_ns
    wait_ns = largest(0, connection.time[answer] - connection.time[asked] - network_ns)
    return connection.finding(
        FindingId.SERVER_THINK_TIME,
        [asked, _first_acknowledging(connection, asked, answer), answer],
        Severity.WARNING,
        _confidence(connection, is_request=False),
        OTHERS,
        shape="tickets",
        **_facts(connection, asked, answer, wait_ns, wait_ns, 1),
        network_s=network_ns / 1e9,
        request="",
    )


def client_think_time(connection: ConnectionFacts) -> Finding | None:
    """`client-think-time`: an answer was complete, and the next request came much later; never more than a note."""
    budget = connection.budget
    waits = budget.waits
    if not budget.in_turns:
        return None
    found = _stretches(waits, Part.CLIENT_THINK, PAUSE_NS)
    first = _before_turns(waits, Part.CLIENT_THINK, PAUSE_NS)
    if not len(found) and not len(first):
        return None
    is_first = _outweighs(waits, first, found)
    found = first if is_first else found
    longest, wait_ns, total_ns = _weigh(connection, found)
    answered, asked = int(waits.begin[longest]), int(waits.end[longest])
    return connection.finding(
        FindingId.CLIENT_THINK_TIME,
        [answered, _first_acknowledging(connection, answered, asked), asked],
        Severity.NOTE,
        Confidence.LIKELY,
        ("client-pool", "client-works"),
        shape="first" if is_first else "",
        **_facts(connection, answered, asked, wait_ns, total_ns, len(found)),
    )


def _facts(
    connection: ConnectionFacts, first: int, last: int, wait_ns: int, total_ns: int, count: int
) -> dict[str, Fact]:
    return {
        "first_frame": connection.frame[first],
        "answer_frame": connection.frame[last],
        "wait_s": wait_ns / 1e9,
        "total_s": total_ns / 1e9,
        "elapsed_s": connection.budget.elapsed_ns / 1e9,
        "turns": len(connection.budget.turns),
        "count": count,
    }


RULES: Final = ((SLOW, server_think_time), (SLOW, client_think_time))
