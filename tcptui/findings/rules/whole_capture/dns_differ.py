"""`dns-lookup`, shape ``differ``: one query that got two answers which exclude each other (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, one_of
from tcptui.findings.rules.whole_capture.dns_lookup import FOLLOWS_NS
from tcptui.findings.rules.whole_capture.dns_lookups import RETRY_NS
from tcptui.model.arrays import sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.protocols.dns.codes import rcode_name, type_name
from tcptui.protocols.outside.messages import NAME_UNKNOWN, DnsMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

#: Addresses of an answer that are named.
_NAMED: Final = 4

_Key = tuple[str, str, int, int, str, int]


class _Query:
    """A query, identified by its socket and number, and its answers."""

    def __init__(self, query: DnsMessage) -> None:
        self.queries = [query]
        self.answers: list[DnsMessage] = []

    @property
    def differing(self) -> tuple[DnsMessage, DnsMessage] | None:
        """The first answer and one that excludes it, where there are more answers than queries.

        A server answers each copy of a query, and may choose other addresses each time; but none of them twice.
        """
        if len(self.answers) <= len(self.queries):
            return None
        first = self.answers[0]
        return next(((first, other) for other in self.answers[1:] if _exclude(first, other)), None)


def dns_answers_differ(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """Queries whose two answers have no address in common, or of which one alone knows the name; by server."""
    told: dict[str, list[tuple[_Query, DnsMessage, DnsMessage]]] = {}
    for asked in _queries(one for one in capture.outside if isinstance(one, DnsMessage)):
        if (two := asked.differing) is not None:
            told.setdefault(asked.queries[0].server, []).append((asked, *two))
    for some in told.values():
        yield _finding(capture, some)


def _queries(messages: Iterable[DnsMessage]) -> Iterator[_Query]:
    """The queries among ``messages``, with the answers that have the same socket, number, name and type."""
    found: dict[_Key, _Query] = {}
    for message in messages:
        key = message.client, message.server, message.port, message.number, message.name, message.kind
        asked = found.get(key)
        if asked is not None and message.time_ns - asked.queries[-1].time_ns > RETRY_NS:
            yield found.pop(key)
            asked = None
        if message.is_response:
            if asked is not None and (message.addresses or message.code == NAME_UNKNOWN):
                asked.answers.append(message)
        elif asked is None:
            found[key] = _Query(message)
        else:
            asked.queries.append(message)
    yield from found.values()


def _exclude(one: DnsMessage, other: DnsMessage) -> bool:
    if one.addresses and other.addresses:
        return one.addresses.isdisjoint(other.addresses)
    return (one.code == NAME_UNKNOWN) != (other.code == NAME_UNKNOWN)


def _finding(capture: CaptureFacts, told: list[tuple[_Query, DnsMessage, DnsMessage]]) -> CaptureFinding:
    """The finding about the queries to one server."""
    asked, first, other = told[0]
    query = asked.queries[0]
    places = sorted_unique(np.concatenate([_used(capture, one) for _, one, _ in told]))
    frames = [one.frame for asked, first, other in told for one in (asked.queries[0], first, other)]
    return capture.finding(
        FindingId.DNS_LOOKUP,
        places,
        Severity.WARNING,
        Confidence.LIKELY,
        one_of(),
        ("dns-forged-answer", "dns-query-doubled"),
        {
            "shape": "differ",
            "client": query.client,
            "server": query.server,
            "question": f"{type_name(query.kind)} {query.name}",
            "lookups": len(told),
            "first_frame": first.frame,
            "last_frame": other.frame,
            "said_first": _answer_text(first),
            "said_other": _answer_text(other),
            "apart_s": max(other.time_ns - first.time_ns, 0) / 1e9,
        },
        packets=tuple(dict.fromkeys(frames))[:EVIDENCE_MOST],
        since_ns=query.time_ns,
    )


def _used(capture: CaptureFacts, answer: DnsMessage) -> I64:
    """The client's connections to an address of ``answer`` that began right behind it."""
    ends = capture.by_ends
    began = ends.attempted_by.began_between(ends.host(answer.client), answer.time_ns, answer.time_ns + FOLLOWS_NS)
    hosts = [capture.host_numbers[one] for one in answer.addresses if one in capture.host_numbers]
    used: I64 = began[np.isin(capture.server[began], hosts)]
    return used


def _answer_text(answer: DnsMessage) -> str:
    named = sorted(answer.addresses)
    more = " …" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more if named else rcode_name(answer.code)
