"""`http2-goaway-storm`: a client whose connections are ended by GOAWAY one after the other (rules/findings.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tcptui.findings.rules.whole_capture.capture_facts import GROUP_LEAST, groups, one_of
from tcptui.model.finding import Confidence, FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.findings.rules.whole_capture.capture_facts import CaptureFacts
    from tcptui.model.finding import CaptureFinding, Fact, Finding
    from tcptui.model.packet_store import I64

#: A client that comes back later than so long after it was sent away has learned to wait.
BACK_NS: Final = 60_000_000_000


class _SentAway(NamedTuple):
    """How one connection ended."""

    after_ns: int
    """How long it had lasted."""
    lost: int
    answered: int
    resets: int
    """Streams that the client ended itself."""
    calm: bool
    """Whether the sender of GOAWAY defended itself."""
    by_server: bool


def goaway_storm(capture: CaptureFacts) -> Iterator[CaptureFinding]:
    """A client that is sent away, comes back, and is sent away again.

    Connections that were open together and are ended together, as those of a pool where a server is replaced, are one
    round of it.
    """
    name = FindingId.HTTP2_GOAWAY
    places = capture.places_with(name)
    ends = dict(zip(places.tolist(), capture.above_note_of_each(name, places, _sent_away), strict=True))
    places = places[np.array([ends[place].by_server for place in places.tolist()], np.bool_)]
    if not len(places):
        return
    pair = capture.client[places] * (int(capture.target.max()) + 1) + capture.target[places]
    for _pair, sent_away in groups(pair, places, GROUP_LEAST):
        rounds = _rounds(capture, sent_away, ends)
        if rounds < GROUP_LEAST:
            continue
        first = int(sent_away[0])
        of_each = [ends[place] for place in sent_away.tolist()]
        told = capture.above_note(name, first)
        calm = all(one.calm for one in of_each)
        yield capture.finding(
            FindingId.HTTP2_GOAWAY_STORM,
            sent_away,
            Severity.WARNING,
            Confidence.CERTAIN,
            one_of(name),
            ("http2-client-storm", "http2-limit-low") if calm else ("http2-restart", "http2-broken-peer"),
            {
                "shape": "calm" if calm else "",
                "client": capture.host_name(int(capture.client[first])),
                "server": capture.host_name(int(capture.server[first])),
                "port": int(capture.port[first]),
                "code": told.facts["code"],
                "rounds": rounds,
                "lost": sum(one.lost for one in of_each),
                "answered": sum(one.answered for one in of_each),
                "resets": sum(one.resets for one in of_each),
                "each_s": sum(one.after_ns for one in of_each) / len(of_each) / 1e9,
                "took_s": capture.took_s(sent_away),
            },
        )


def _sent_away(finding: Finding) -> _SentAway:
    facts = finding.facts
    return _SentAway(
        after_ns=round(_number(facts["after_s"]) * 1e9),
        lost=int(_number(facts["beyond"])) + int(_number(facts["cut"])),
        answered=int(_number(facts["answered"])),
        resets=int(_number(facts["resets"])),
        calm=str(facts["shape"]).startswith("calm"),
        by_server=facts["sender"] == "server",
    )


def _number(fact: Fact) -> float:
    return fact if isinstance(fact, int | float) else 0


def _rounds(capture: CaptureFacts, places: I64, ends: dict[int, _SentAway]) -> int:
    """How often the client came back: the most connections of which each began when the one before had ended."""
    rounds = most = 0
    until_ns = 0
    for place in sorted(places.tolist(), key=lambda one: int(capture.began_ns[one]) + ends[one].after_ns):
        began_ns = int(capture.began_ns[place])
        if began_ns >= until_ns:
            rounds = rounds + 1 if began_ns <= until_ns + BACK_NS else 1
            until_ns = began_ns + ends[place].after_ns
            most = max(most, rounds)
    return most
