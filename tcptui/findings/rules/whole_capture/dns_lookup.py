"""`dns-lookup`: names that were looked up late or in vain, and the connections that waited (rules/findings.md)."""

from __future__ import annotations

from bisect import bisect_left
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.findings.covered import covered_ns
from tcptui.findings.rules.whole_capture.capture_facts import EVIDENCE_MOST, one_of
from tcptui.findings.rules.whole_capture.dns_lookups import LookUp, look_ups
from tcptui.model.arrays import sorted_unique
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.other_protocol import DNS
from tcptui.protocols.dns.codes import rcode_name, type_name
from tcptui.protocols.outside.messages import NAME_UNKNOWN, DnsMessage, IcmpError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding, Fact
    from tcptui.model.packet_store import I64

#: An answer later than this is late, ns: the shortest time-out of a resolver that is in use.
LATE_NS: Final = 1_000_000_000
#: A connection begun so soon behind an answer waited for it, ns.
FOLLOWS_NS: Final = 1_000_000_000
#: … and behind a question that was given up: resolvers wait so long for the last.
GIVEN_UP_NS: Final = 10_000_000_000
#: The capture goes on so long behind the last question that nobody answered, ns.
SILENCE_NS: Final = 3_000_000_000
#: So many questions in so long a time are unanswered in any case.
TRIED: Final = 3
TRIED_NS: Final = 4_000_000_000
#: Within this time of each other names are tries of one search list, and what follows is what the name was for, ns.
SEARCH_NS: Final = 5_000_000_000
#: The type of record that names an address.
_PTR: Final = 12
#: Labels of numbers before a name in a list of addresses (RFC 5782), where an unknown name is good news.
_LISTED: Final = 4
#: Names below these are nobody's that a server knows.
_NOBODYS: Final = ("arpa", "local", "localdomain", "lan", "internal")


class _Told(NamedTuple):
    """One look-up that went wrong."""

    shape: str
    look_up: LookUp
    until_ns: int
    """The end of what it is known to have cost."""
    places: tuple[int, ...]
    """The connections that waited for it."""
    frame: int
    """The answer, the failure or the error; else the last question."""
    said: str = ""
    """Name of the code, or reason of the error."""

    @property
    def took_ns(self) -> int:
        """What it cost."""
        return self.until_ns - self.look_up.first.time_ns


def dns_lookup(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """Look-ups by server and shape: ``late``, ``slow``, ``silent``, ``closed``, ``failed`` and ``unknown``."""
    messages = [one for one in capture.outside if isinstance(one, DnsMessage)]
    if not messages:
        return
    judged = _Judged(capture, look_ups(messages, capture.dns_answers))
    told: dict[tuple[str, str], list[_Told]] = {}
    for look_up in judged.all:
        one = judged.tell(look_up)
        if one is not None:
            told.setdefault((one.shape, look_up.first.server), []).append(one)
    for some in told.values():
        yield _finding(capture, judged, some)


class _Errors:
    """Errors of ICMP about one server of one client."""

    def __init__(self) -> None:
        self._errors: list[IcmpError] = []
        self._upto_ns: list[int] = []
        """Of each: the latest time up to it; ascending, though packets may have been captured out of order."""

    def add(self, error: IcmpError) -> None:
        """Add the next one in capture order."""
        self._upto_ns.append(max(error.time_ns, self._upto_ns[-1] if self._upto_ns else error.time_ns))
        self._errors.append(error)

    def first_from(self, time_ns: int) -> IcmpError | None:
        """The first one in capture order that came at ``time_ns`` or later; None without one."""
        at = bisect_left(self._upto_ns, time_ns)
        return self._errors[at] if at < len(self._errors) else None


class _Judged:
    """The look-ups of a capture, and what tells which of them did harm."""

    def __init__(self, capture: CaptureFacts, found: list[LookUp]) -> None:
        self._capture = capture
        self.all = found
        self._latest_ns = int(capture.store.latest_ns)
        self.answered_by = {one.server for one in capture.dns_answers}
        """Servers of which an answer is in the capture."""
        self._heard = {one.client for one in capture.dns_answers}
        """Clients that got one."""
        self._given: dict[tuple[str, str], set[str]] = {}
        """The addresses of a name that a client was given."""
        self._resolved: dict[tuple[str, str], list[int]] = {}
        """When a client was given addresses of names with this first label; ascending."""
        for one in capture.dns_answers:
            if one.addresses:
                self._given.setdefault((one.client, one.name), set()).update(one.addresses)
                self._resolved.setdefault((one.client, _label(one.name)), []).append(one.time_ns)
        for times in self._resolved.values():
            times.sort()
        self._errors: dict[tuple[str, str], _Errors] = {}
        """What said that a server of a client cannot be reached."""
        for error in capture.outside:
            if isinstance(error, IcmpError) and error.protocol == DNS:
                self._errors.setdefault((error.source, error.target), _Errors()).add(error)
        self._told_unknown: set[tuple[str, str]] = set()

    def tell(self, look_up: LookUp) -> _Told | None:
        """What went wrong with ``look_up``; None: nothing that did harm."""
        if look_up.answer is None:
            return self._in_vain(look_up)
        taken_ns = look_up.answer.time_ns - look_up.first.time_ns
        if taken_ns >= LATE_NS:
            return self._late(look_up, look_up.answer)
        return self._unknown(look_up, look_up.answer) if look_up.answer.code == NAME_UNKNOWN else None

    def _late(self, look_up: LookUp, answer: DnsMessage) -> _Told | None:
        if self._began(look_up, look_up.first.time_ns, answer.time_ns - 1):
            return None  # nobody waited for it
        waited = self._began(look_up, answer.time_ns, answer.time_ns + FOLLOWS_NS)
        waited = waited or self._served(look_up, answer.time_ns)
        again = len(look_up.tries) > 1
        if not waited and (not again or not self._matters(look_up)):
            return None
        return _Told("late" if again else "slow", look_up, answer.time_ns, waited, answer.frame)

    def _in_vain(self, look_up: LookUp) -> _Told | None:
        error = self._error(look_up)
        if look_up.failures and error is None:
            return self._failed(look_up)
        settled = self._latest_ns - look_up.last.time_ns >= SILENCE_NS or (
            len(look_up.tries) >= TRIED and look_up.last.time_ns - look_up.first.time_ns >= TRIED_NS
        )
        if not (settled or error is not None) or not self._would_be_seen(look_up, error):
            return None
        began_ns, last_ns = look_up.first.time_ns, look_up.last.time_ns
        if self._began(look_up, began_ns, last_ns if len(look_up.tries) > 1 else began_ns + LATE_NS):
            return None  # nobody waited for it
        waited = self._began(look_up, last_ns, last_ns + GIVEN_UP_NS)
        until_ns = int(self._capture.began_ns[list(waited)].min()) if waited else last_ns
        waited = waited or self._served(look_up, last_ns)
        if not waited and not self._matters(look_up):
            return None
        if error is not None:
            return _Told("closed", look_up, until_ns, waited, error.frame, error.reason)
        if len(look_up.tries) == 1 and not waited and self._began_any(look_up, began_ns, self._latest_ns):
            return None  # the client went on without it
        return _Told("silent", look_up, until_ns, waited, look_up.last.frame)

    def _failed(self, look_up: LookUp) -> _Told | None:
        failure = look_up.failures[-1]
        if not look_up.wants_address or self._was_resolved(look_up):
            return None
        return _Told("failed", look_up, failure.time_ns, (), failure.frame, rcode_name(failure.code))

    def _unknown(self, look_up: LookUp, answer: DnsMessage) -> _Told | None:
        labels = answer.name.split(".")
        is_listed = len(labels) > _LISTED and all(label.isdecimal() for label in labels[:_LISTED])
        if not look_up.wants_address or len(labels) < 2 or is_listed or labels[-1] in _NOBODYS:
            return None
        if self._was_resolved(look_up) or self._began_any(look_up, look_up.first.time_ns, answer.time_ns + SEARCH_NS):
            return None
        key = answer.client, labels[0]
        if key in self._told_unknown:
            return None  # other names of its search list, or its other family
        self._told_unknown.add(key)
        return _Told("unknown", look_up, answer.time_ns, (), answer.frame, rcode_name(answer.code))

    def is_idle(self, told: list[_Told]) -> bool:
        """Whether one of the clients has no connection at all: what it waited for is not in the capture."""
        return any(not len(self._places(one.look_up.first.client)) for one in told)

    def _error(self, look_up: LookUp) -> IcmpError | None:
        """The ICMP error that answered the last question, where none of its servers was silent."""
        errors = [self._errors.get((one.client, one.server)) for one in look_up.tries]
        if errors[-1] is None or None in errors:
            return None
        return errors[-1].first_from(look_up.last.time_ns)

    def _would_be_seen(self, look_up: LookUp, error: IcmpError | None) -> bool:
        """Whether an answer would be in the capture: others are, or the client asks as one that got none."""
        client = look_up.first.client
        if error is not None or client in self._heard or look_up.is_resent:
            return True
        places = self._places(client)
        heard = len(places) > 0 and bool(self._capture.alive[places].any())
        if len(look_up.tries) > 1:
            return heard
        return heard and not self._began_any(look_up, look_up.first.time_ns, self._latest_ns)

    def _was_resolved(self, look_up: LookUp) -> bool:
        """Whether the client was given addresses of that name, or of one with the same first label, about then."""
        told = self._resolved.get((look_up.first.client, _label(look_up.first.name)), ())
        begin_ns, end_ns = look_up.first.time_ns - SEARCH_NS, look_up.last.time_ns + 2 * SEARCH_NS
        at = bisect_left(told, begin_ns)
        return at < len(told) and told[at] <= end_ns

    def _places(self, client: str) -> I64:
        """The connections that ``client`` tried to open, as they began."""
        ends = self._capture.by_ends
        return ends.attempted_by.of(ends.host(client))

    def _between(self, look_up: LookUp, begin_ns: int, end_ns: int) -> I64:
        ends = self._capture.by_ends
        return ends.attempted_by.began_between(ends.host(look_up.first.client), begin_ns, end_ns)

    def _began(self, look_up: LookUp, begin_ns: int, end_ns: int) -> tuple[int, ...]:
        """The client's connections to an address of that name which began between these times."""
        given = self._given.get((look_up.first.client, look_up.first.name))
        if not given:
            return ()
        hosts = [self._capture.host_numbers[one] for one in given if one in self._capture.host_numbers]
        some = self._between(look_up, begin_ns, end_ns)
        return tuple(some[np.isin(self._capture.server[some], hosts)].tolist())

    def _served(self, look_up: LookUp, until_ns: int) -> tuple[int, ...]:
        """The connections to the client from the address whose name it looks up, open all the time.

        Servers of SSH and SMTP, databases and others look up who comes, and go on only then.
        """
        address = _reversed(look_up.first.name) if look_up.first.kind == _PTR else ""
        ends = self._capture.by_ends
        pair = ends.pair(ends.host(address), ends.host(look_up.first.client))
        found = ends.of_pair.lasting(pair, look_up.first.time_ns, until_ns)
        return tuple(np.sort(found).tolist())

    def _matters(self, look_up: LookUp) -> bool:
        """Whether harm is likely though no connection shows it: addresses, or a client without connections."""
        return look_up.wants_address or not len(self._places(look_up.first.client))

    def _began_any(self, look_up: LookUp, begin_ns: int, end_ns: int) -> bool:
        """Whether the client began any connection between these times."""
        return len(self._between(look_up, begin_ns, end_ns)) > 0


def _reversed(name: str) -> str:
    """The address that a name below ``arpa`` stands for (RFC 1035, 3.5; RFC 3596, 2.5); empty: none."""
    labels = name.split(".")[::-1]
    try:
        if labels[:2] == ["arpa", "in-addr"]:
            return str(ip_address(".".join(labels[2:])))
        if labels[:2] == ["arpa", "ip6"]:
            return str(ip_address(bytes.fromhex("".join(labels[2:]))))
    except ValueError:
        pass  # a network, or damaged
    return ""


def _label(name: str) -> str:
    return name.split(".", 1)[0]


def _finding(capture: CaptureFacts, judged: _Judged, told: list[_Told]) -> CaptureFinding:
    """The finding about look-ups of one shape at one server."""
    shape = told[0].shape
    worst = max(told, key=lambda one: one.took_ns)
    look_up = worst.look_up
    first = look_up.first
    places = sorted_unique(np.array([place for one in told for place in one.places], np.int64))
    frames = [frame for one in told for frame in (*(each.frame for each in one.look_up.tries), one.frame)]
    covered_ns = _covered_ns(told)
    total_s = covered_ns / 1e9 if covered_ns >= LATE_NS else 0.0
    answer = look_up.answer
    facts: dict[str, Fact] = {
        "shape": shape,
        "client": first.client,
        "server": first.server,
        "question": f"{type_name(first.kind)} {first.name}",
        "lookups": len(told),
        "clients": len({one.look_up.first.client for one in told}),
        "tries": len(look_up.tries),
        "first_frame": first.frame,
        "last_frame": worst.frame,
        "answered_by": answer.server if answer is not None else "",
        **({"reason": worst.said} if shape == "closed" else {"code": worst.said}),
        "worst_s": worst.took_ns / 1e9,
        "total_s": total_s,
    }
    is_certain = shape not in {"silent"}
    return capture.finding(
        FindingId.DNS_LOOKUP,
        places,
        _severity(shape, len(places), is_idle=judged.is_idle(told)),
        Confidence.CERTAIN if is_certain else Confidence.LIKELY,
        one_of(),
        _alternatives(shape, is_alive=first.server in judged.answered_by, together=_are_together(look_up, judged.all)),
        facts,
        packets=tuple(dict.fromkeys(frames))[:EVIDENCE_MOST],
        since_ns=min(one.look_up.first.time_ns for one in told),
        waited_s=total_s,
    )


def _severity(shape: str, waited: int, *, is_idle: bool) -> Severity:
    """A note where clients have connections, and none of these waited; an error where nothing was found out."""
    if shape in {"late", "slow"}:
        return Severity.WARNING if waited or is_idle else Severity.NOTE
    return Severity.WARNING if shape == "unknown" or waited else Severity.ERROR


def _are_together(look_up: LookUp, found: list[LookUp]) -> bool:
    """Whether another question left the same socket at once: in NAT one of the two may get lost."""
    first = look_up.first
    return any(
        one is not look_up
        and (one.first.client, one.first.port) == (first.client, first.port)
        and abs(one.first.time_ns - first.time_ns) <= LATE_NS
        for one in found
    )


def _alternatives(shape: str, *, is_alive: bool, together: bool) -> tuple[str, ...]:
    if shape in {"late", "silent"}:
        if not is_alive:
            return ("dns-datagram-lost", "dns-server-gone")
        return (*(("dns-nat-race",) if together else ()), *("dns-datagram-lost", "dns-server-overloaded"))
    return {
        "slow": ("dns-recursion-slow", "dns-server-overloaded"),
        "closed": ("dns-not-listening", "firewall-reject"),
        "failed": ("dns-upstream-failed", "dns-refuses"),
        "unknown": ("dns-name-mistyped", "dns-other-view"),
    }[shape]


def _covered_ns(told: list[_Told]) -> int:
    """The time in which a client waited, each client's overlapping waits counted once."""
    by_client: dict[str, list[tuple[int, int]]] = {}
    for one in told:
        by_client.setdefault(one.look_up.first.client, []).append((one.look_up.first.time_ns, one.until_ns))
    return sum(map(covered_ns, by_client.values()))
