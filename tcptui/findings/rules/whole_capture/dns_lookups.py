"""Look-ups of names over UDP as clients make them: questions that are asked again until one is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.outside.messages import NAME_UNKNOWN, NO_ERROR, DnsMessage

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Types of records: addresses, and the services that browsers ask for beside them and do not wait for (RFC 9460).
_ADDRESS: Final = frozenset({1, 28})
_BESIDE: Final = frozenset({64, 65})
#: The same question so soon behind the last is the same look-up, ns: resolvers wait some seconds between tries.
RETRY_NS: Final = 15_000_000_000
#: The same datagram so soon is another copy of one, ns.
COPY_NS: Final = 5_000_000


@dataclass(slots=True)
class LookUp:
    """What one client asked about one name, by one type of record, until it was told."""

    tries: list[DnsMessage] = field(default_factory=list)
    """The questions, without copies; of any server."""
    answer: DnsMessage | None = None
    """What told: records, none of that type, or that there is no such name."""
    failures: list[DnsMessage] = field(default_factory=list)
    """What told that the server cannot say (SERVFAIL, REFUSED, …)."""
    sent: set[tuple[int, int, str]] = field(default_factory=set)
    """Port, number and server of the questions: what an answer has, too."""

    def ask(self, message: DnsMessage) -> None:
        """Add a try."""
        self.tries.append(message)
        self.sent.add(_socket(message))

    @property
    def first(self) -> DnsMessage:
        """The first question."""
        return self.tries[0]

    @property
    def last(self) -> DnsMessage:
        """The last question."""
        return self.tries[-1]

    @property
    def wants_address(self) -> bool:
        """Whether addresses were asked for."""
        return self.first.kind in _ADDRESS

    @property
    def is_resent(self) -> bool:
        """Whether one socket sent the same question again: it had no answer, whatever was captured."""
        return len(self.tries) > len({(one.port, one.number) for one in self.tries})


def look_ups(messages: Iterable[DnsMessage], answers: Iterable[DnsMessage]) -> list[LookUp]:
    """The look-ups among ``messages``, which are in capture order; ``answers``: those of them that were asked for."""
    believed = {one.row for one in answers}
    found: list[LookUp] = []
    pending: dict[tuple[str, str, int], LookUp] = {}
    for message in messages:
        if message.kind in _BESIDE:
            continue
        key = message.client, message.name, message.kind
        one = pending.get(key)
        if not message.is_response:
            if one is None or message.time_ns - one.last.time_ns > RETRY_NS:
                pending[key] = one = LookUp()
                found.append(one)
                one.ask(message)
            elif not _is_copy(message, one.tries):
                one.ask(message)
        elif one is not None and message.row in believed and _socket(message) in one.sent:
            if message.code in {NO_ERROR, NAME_UNKNOWN}:
                one.answer = message
                del pending[key]
            else:
                one.failures.append(message)
    return found


def _is_copy(message: DnsMessage, tries: list[DnsMessage]) -> bool:
    mine = _socket(message)
    return any(_socket(one) == mine and message.time_ns - one.time_ns <= COPY_NS for one in tries[-2:])


def _socket(message: DnsMessage) -> tuple[int, int, str]:
    return message.port, message.number, message.server
