"""Which query is slow: where the statement that cost the servers most stands among the statements that are listed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.access.requests import requests_of, with_payload
from tcptui.protocols.registry import DATABASE_NAMES
from tcptui.protocols.statements.statement import without_varying
from tcptui.session.statements import group_statements
from tests.campaigns.database_mix.sessions import GONE

if TYPE_CHECKING:
    from tcptui.session.session import Session
    from tests.campaigns.database_mix.account import Account

#: What cost at least this share of the most is as good an answer.
AS_GOOD: Final = 0.9
_PROTOCOLS: Final = {"mariadb": "mysql"}
_SCRIPT: Final = "EVAL"
#: The play whose statement has a large result.
_LARGE: Final = "large"
#: Protocol and statement, without the script of one.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Costliest:
    """One capture's answer."""

    end: str
    place: int
    """From 1; 0: it is not listed."""
    told: str
    """The first one that is listed."""
    share: float
    """What that cost at most, of what the costliest did."""
    wanted: str

    @property
    def is_right(self) -> bool:
        """Whether the first one is the costliest, or as good an answer."""
        return self.place == 1 or self.share >= AS_GOOD


def costliest(session: Session, account: Account, end: str) -> Costliest | None:
    """By the servers' own measures; None where none of them is of a statement that the capture may show.

    What asked to wait is no cost, nor what waited until its client read on: the server's measure has both.  It has the
    sending of a large result, too, which the network may have kept: that need not be told, and may be.  So of what its
    client gave up, and of what the server's end ended: a capture shows nothing or a part.  So may what an error ended
    of which the server says no time: somebody may have ended its session.
    """
    costs: Counter[Key] = Counter()
    unfinished: Counter[Key] = Counter()
    for one in account.connections.values():
        if account.is_readable(one):
            for said in one.asked:
                key = _key(one.database, said.text)
                if said.waits or said.stops_s:
                    continue
                ended_early = said.given_up or said.error == GONE or (said.error and said.took_ns is None)
                if ended_early or one.play == _LARGE:
                    unfinished[key] += said.until_ns - said.asked_ns if said.took_ns is None else said.took_ns
                elif said.took_ns is not None:
                    costs[key] += said.took_ns
    streams = with_payload(session).tolist()
    requests = [one for stream in streams for one in requests_of(session, stream) if one.protocol in DATABASE_NAMES]
    groups = group_statements(requests, server_of=lambda stream: str(session.streams.server(stream)))
    listed = [(group.protocol, _SCRIPT if group.statement.startswith(_SCRIPT) else group.statement) for group in groups]
    if not costs or not listed:
        return None
    wanted, most = costs.most_common(1)[0]
    place = listed.index(wanted) + 1 if wanted in listed else 0
    first = listed[0]
    share = (costs[first] + unfinished[first]) / max(most, 1)
    return Costliest(end, place, " ".join(first), share, " ".join(wanted))


def _key(database: str, text: str) -> Key:
    protocol = _PROTOCOLS.get(database, database)
    words = text.split(" ")
    if database == "redis":
        text = _SCRIPT if words[0] == _SCRIPT else " ".join(words[:2])
    return protocol, without_varying(protocol, text)
