"""Which findings of a connection are causes and which only their symptoms: one trouble, one warning, one story.

See rules/findings.md#causes-before-symptoms.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.findings.catalog import spec_of
from tcptui.model.finding import FindingId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.model.finding import AnyId, Finding

#: Findings about a resend, which may be that of a damaged segment, or of one that a closed window refused, …
_RESENDS: Final = frozenset({FindingId.RETRANSMISSION_TIMEOUT, FindingId.TAIL_LOSS, FindingId.FAST_RETRANSMISSION})
#: … and by finding: the fact that names the packet that it is about, and whose evidence that may be.
_ONE_EVENT: Final[dict[AnyId, tuple[str, frozenset[FindingId]]]] = {
    FindingId.RST_DEAD_CONNECTION: ("data_frame", _RESENDS),
    **{finding: ("first_frame", frozenset({FindingId.CHECKSUM_ERROR})) for finding in _RESENDS},
}

#: Losses that a trouble of the same sender explains: which one, in which of its shapes.
_OF_SENDER: Final[dict[AnyId, tuple[FindingId, frozenset[str]]]] = {
    FindingId.FAST_RETRANSMISSION: (FindingId.QUEUEING_DELAY, frozenset({"losing"})),
    FindingId.RETRANSMISSION_TIMEOUT: (FindingId.SACK_MANGLED, frozenset({"astray", "blanked"})),
}


class Story(NamedTuple):
    """One trouble of a connection: a warning or an error, and what only follows from it."""

    cause: Finding
    symptoms: tuple[Finding, ...]
    """Notes, in their order."""


def causes_first(found: list[Finding]) -> list[Finding]:
    """``found`` with symptoms lowered to notes, so that one trouble makes one warning.

    A symptom is a finding with a cause of at least its severity among the others.
    """
    loud = [finding for finding in found if finding.severity > Severity.NOTE]
    if len(loud) < 2:
        return found
    return [
        replace(finding, severity=Severity.NOTE)
        if any(_explains(cause, finding) and cause is not finding for cause in loud)
        else finding
        for finding in found
    ]


def stories(findings: Iterable[Finding]) -> tuple[Story, ...]:
    """The warnings and errors among ``findings`` of one connection, each with its symptoms, in their order.

    A symptom of several is told with the first.  One of a symptom, which is a note itself, with what explains that.
    """
    found = tuple(findings)
    told: dict[int, list[Finding]] = {place: [] for place, one in enumerate(found) if one.severity > Severity.NOTE}
    if not told:
        return ()
    homes = {place: place for place in told}
    waiting = [place for place in range(len(found)) if place not in told]
    while True:
        placed = {
            place: home
            for place in waiting
            if (home := next((homes[cause] for cause in homes if _explains(found[cause], found[place])), -1)) >= 0
        }
        if not placed:
            break
        homes |= placed
        waiting = [place for place in waiting if place not in placed]
    for place in sorted(homes):
        if homes[place] != place:
            told[homes[place]].append(found[place])
    return tuple(Story(found[place], tuple(symptoms)) for place, symptoms in told.items())


def _explains(cause: Finding, finding: Finding) -> bool:
    """Whether ``finding`` is a symptom of ``cause``, by the catalog or by the packets that both are about."""
    if cause.severity < finding.severity:
        return False
    return (
        cause.id in spec_of(finding.id).explained_by
        or _same_event(finding, cause)
        or _told_by_sender(finding, cause)
        or _was_too_large(finding, cause)
    )


def _told_by_sender(finding: Finding, other: Finding) -> bool:
    """Whether ``finding`` is what ``other``, a trouble of the same sender, leads to (`_OF_SENDER`)."""
    cause, shapes = _OF_SENDER.get(finding.id, (None, frozenset()))
    return other.id is cause and other.facts["shape"] in shapes and other.facts["sender"] == finding.facts["sender"]


def _was_too_large(finding: Finding, other: Finding) -> bool:
    """Whether ``finding``, a fast retransmission, is of the segment that by ``other`` was too large for the path."""
    if finding.id is not FindingId.FAST_RETRANSMISSION or other.id is not FindingId.PATH_MTU_BLACKHOLE:
        return False
    return all(finding.facts[same] == other.facts[same] for same in ("sender", "original_frame"))


def _same_event(finding: Finding, other: Finding) -> bool:
    """Whether the packet that ``finding`` is about is evidence of ``other``, which says more of it.

    A RST that answers the last of several tries; the resend of a damaged segment, or of one that a closed window
    refused.
    """
    if finding.id in _RESENDS and finding.facts["count"] != 1:
        return False
    about, told_by = _ONE_EVENT.get(finding.id, ("", frozenset()))
    if other.id in told_by and finding.facts[about] in other.packets:
        return True
    return finding.id in _RESENDS and other.id is FindingId.ZERO_WINDOW and _refused(finding, other)


def _refused(resend: Finding, window: Finding) -> bool:
    """Whether the copy before the one of ``resend`` was sent while ``window`` was closed."""
    copy, shut, opened = resend.facts["original_frame"], window.facts["first_frame"], window.facts["open_frame"]
    if resend.facts["sender"] != window.facts["sender"] or not copy:
        return False
    return bool(copy > shut and (not opened or copy < opened))  # type: ignore[operator]  # frames are numbers
