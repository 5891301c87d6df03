"""Clients that promise their broker to be heard from in time, and are not: what MQTT and AMQP have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcptui.findings.gates import CLOCK
from tcptui.findings.http_facts import first_end
from tcptui.findings.request_facts import lacks_bytes

if TYPE_CHECKING:
    from tcptui.findings.facts import ConnectionFacts

_CLIENT, _SERVER = 0, 1


class Patience(NamedTuple):
    """How long a broker waits for its client, in percent of what that promised."""

    least_percent: int
    most_percent: int
    """Brokers look for silent clients now and then only: later than this it had another reason, …"""
    late_ns: int
    """… and than so long behind it."""


class Silence(NamedTuple):
    """Indexes of the client's last segment with data, and of the broker's end; the time between."""

    last: int
    end: int
    lasted_ns: int


def ended_in_silence(connection: ConnectionFacts, promised_s: int, patience: Patience) -> Silence | None:
    """The client's silence in which its broker closed or reset; None: another end, or bytes may be missing in it."""
    end, client_end = first_end(connection, _SERVER), first_end(connection, _CLIENT)
    if promised_s <= 0 or end < 0 or 0 <= client_end < end or connection.signs & CLOCK or lacks_bytes(connection):
        return None
    # Copies count, too: the client was heard from.
    sent = [i for i in range(end) if connection.length[i] and connection.side[i] == _CLIENT]
    if not sent:
        return None
    silent_ns = connection.time[end] - connection.time[sent[-1]]
    limit_ns = promised_s * 1_000_000_000
    most_ns = patience.most_percent * limit_ns + 100 * patience.late_ns
    if not patience.least_percent * limit_ns <= 100 * silent_ns <= most_ns:
        return None
    return Silence(sent[-1], end, silent_ns)
