"""Copies of captures that lack something: nothing is louder or surer in them than in the original.

Unless it says that the capture lacks something: the finding about that itself, or a *possible* one that names the
filter, the other path or missed packets among what else it could be.  Packets are left out by filters, and by whoever
cuts: frames, flows, hosts, the end of a file (`capture_copies`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from capture_copies import FILTERS, can_be_copied, cut, drawn, filtered, write_copy
from invariants import Invariant, Violation, described, violations
from some_parameters import Share, shares

from tcptui.findings.catalog import FAMILIES
from tcptui.findings.spec import Family
from tcptui.lessons.loader import load_cases
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from capture_copies import Copy

pytestmark = pytest.mark.uncounted

#: How many of a capture's copies are looked at, drawn by its name: half of the filtered ones, and a tenth of the cut.
FILTERED: Final = 5
CUTS: Final = 1
#: Parts of 98 captures of the cases and 103 of the corpus.
PARTS: Final = 4
#: Fewest copies that one filter makes of such a part …
FILTERED_COPIES: Final = 6
#: … and fewest that are cut.
CUT_COPIES: Final = 23
#: Larger captures are left out: they say no more, and take longer.
LARGEST: Final = 150_000
#: What a doubt about the capture is called among the alternatives.
DOUBTS: Final = {"kind-filter", "filter", "one-sided", "missed-packets", "other-path", "capture-gaps"}
#: Findings that may be new in a copy although they do not say so, by capture; and why.
ALLOWED: Final = {
    # The challenge ACK is left out; a SYN that is sent again is all there is.
    "client.pcapng of challenge-ack": {FindingId.SYN_TIMEOUT, FindingId.RST_INJECTED},
    "server.pcapng of challenge-ack": {FindingId.SYN_TIMEOUT, FindingId.RST_INJECTED},
    # Of the server's data and FIN in one packet nothing is left: it answers a request after seconds with a RST.
    "suricata-verify-tlpw-tcp-tfo-data-on-syn-nack.pcap": {FindingId.RST_DEAD_CONNECTION},
    # Without its FINs the first connection looks as if it waited; told as possible.
    "tcptrace-6syns.pcap": {FindingId.ACCEPT_QUEUE_FULL},
    # The same resends in a connection that seems shorter by the close: their share of its time is larger.
    "zeek-smtp.pcap": {FindingId.RETRANSMISSION_UNEXPLAINED},
    # Without the SYNs nobody knows whether SACK was agreed: what was a probe may be a time-out; told as possible.
    "nDPI-KakaoTalk_chat.pcap": {FindingId.RETRANSMISSION_TIMEOUT},
}
#: What weighs by its share of the connection's time, which is less of it where a part was cut off.
BY_SHARE: Final = {
    *FAMILIES[Family.LOSS], FindingId.SERVER_THINK_TIME, FindingId.ZERO_WINDOW,
}  # fmt: skip
#: Shapes that tell of what goes on when the capture ends, and say so.
OPEN: Final = {"open-end", "still-closed", "capture-ends", "unanswered"}
#: Findings about a capture that put others in doubt.
DOUBTERS: Final = {
    FindingId.CAPTURE_MISSED_PACKETS, FindingId.CAPTURE_DROPPED, FindingId.CAPTURE_CLOCK_STEP,
    FindingId.CAPTURE_DUPLICATES,
}  # fmt: skip
_SURE: Final = {Confidence.POSSIBLE: 0, Confidence.LIKELY: 1, Confidence.CERTAIN: 2}
Ends = tuple[str, str]


@dataclass(slots=True)
class Told:
    """What a capture tells of the connections between two ends."""

    findings: dict[FindingId, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    loudness: dict[int, Severity] = field(default_factory=dict)
    """The most severe finding of which a frame is evidence."""

    @property
    def doubts(self) -> set[FindingId]:
        """Findings about the capture that put others in doubt."""
        return DOUBTERS & {finding for finding, told in self.findings.items() if told}


def _told(session: Session) -> dict[Ends, Told]:
    """By the two ends, in either order."""
    found: dict[Ends, Told] = defaultdict(Told)
    for stream, findings in session.each_findings(range(session.streams.count)):
        one, other = sorted((str(session.streams.client(stream)), str(session.streams.server(stream))))
        told = found[one, other]
        for each in findings:
            told.findings[each.id].append(each)
            for frame in each.packets:
                told.loudness[frame] = max(told.loudness.get(frame, Severity.NOTE), each.severity)
    return found


def _says_so(finding: Finding) -> bool:
    doubted = finding.confidence is Confidence.POSSIBLE and DOUBTS.intersection(finding.alternatives)
    return finding.id is FindingId.ONE_SIDED_CAPTURE or "options-cut" in finding.alternatives or bool(doubted)


def _is_louder(finding: Finding, before: Told, frames: list[int], cut_doubts: set[FindingId]) -> bool:
    """Whether a warning or error of a copy is more than the original tells, with the ``frames`` of the original.

    ``cut_doubts``: what puts the original's findings in doubt lies in the part that the copy lacks.
    """
    known = before.findings.get(finding.id, [])
    if any(each.severity >= finding.severity for each in known) or _says_so(finding):
        return False
    if any(before.loudness.get(frame, Severity.NOTE) >= finding.severity for frame in frames):
        return False  # the original tells of one of these packets, at least as loud
    if finding.facts.get("shape") in OPEN:
        return not frames
    return not (known and finding.id in BY_SHARE and (cut_doubts or not _surer(finding, known)))


def _surer(finding: Finding, known: list[Finding]) -> bool:
    return _SURE[finding.confidence] > max(_SURE[each.confidence] for each in known)


def _is_surer(finding: Finding, before: Told, frames: list[int], cut_doubts: set[FindingId]) -> bool:
    """Whether a warning or error is surer than what the original tells of the same packets."""
    known = [each for each in before.findings.get(finding.id, []) if not {*frames}.isdisjoint(each.packets)]
    alike = [each for each in known if each.facts.get("shape") == finding.facts.get("shape")]
    return bool(alike) and _surer(finding, alike) and not cut_doubts


def _more(original: dict[Ends, Told], part: Session, copy: Copy, shown: list[int]) -> Iterator[tuple[str, Finding]]:
    """What the copy ``part`` tells louder or surer; ``shown``: the original's frame of each row."""
    for ends, told in _told(part).items():
        before = original.get(ends, Told())
        above_note = [each for found in told.findings.values() for each in found if each.severity > Severity.NOTE]
        for finding in above_note:
            frames = [shown[copy.rows[frame - 1]] for frame in finding.packets]
            cut_doubts = before.doubts - told.doubts
            if _is_louder(finding, before, frames, cut_doubts):
                yield "louder", finding
            elif _is_surer(finding, before, frames, cut_doubts):
                yield "surer", finding


def _contradictions(session: Session) -> list[Violation]:
    """What contradicts packets or another finding.

    In a hole may lie what cost the time that nobody tells of, and in one direction who sent the first SYN.
    """
    return [each for each in violations(session) if each.invariant not in {Invariant.QUIET, Invariant.ROLE}]


def _chosen(session: Session, name: str) -> list[Copy]:
    """Some of the filtered copies, and of the cut ones."""

    def order(copy: Copy) -> int:
        return drawn(name, copy.words)

    return [*sorted(filtered(session), key=order)[:FILTERED], *sorted(cut(session, name), key=order)[:CUTS]]


def _copies(capture: Path, name: str, path: Path) -> Iterator[tuple[str, list[str]]]:
    """What was done to ``capture``, and what is wrong in that copy."""
    allowed = ALLOWED.get(name, set())
    with closing(open_file(capture)) as session:
        if not can_be_copied(session):
            return
        original = _told(session)
        shown = session.store.frame[: session.store.count].tolist()
        for copy in _chosen(session, name):
            write_copy(session, copy, path)
            with closing(open_file(path)) as part:
                wrong = [
                    f"{name}, {copy.words}: {what}: {finding.id} {finding.confidence.name} "
                    f"{finding.facts.get('shape', '')} {finding.packets}"
                    for what, finding in _more(original, part, copy, shown)
                    if finding.id not in allowed
                ]
                wrong += [f"{name}, {copy.words}: {line}" for line in described(_contradictions(part)).splitlines()]
                yield copy.words, wrong


def _wrong(captures: Iterable[tuple[Path, str]], path: Path) -> list[str]:
    """What is wrong in the copies of ``captures`` (and their names); each filter must make some."""
    made = [each for capture, name in captures for each in _copies(capture, name, path)]
    counts = Counter(words for words, _lines in made)
    assert all(counts[words] >= FILTERED_COPIES for words in FILTERS), counts
    assert sum(count for words, count in counts.items() if words not in FILTERS) >= CUT_COPIES, counts
    return [line for _words, lines in made for line in lines]


@pytest.mark.some(1)
@shares(PARTS)
def test_no_bundled_case_gets_louder_or_surer_by_what_a_copy_lacks(tmp_path: Path, share: Share) -> None:
    captures = [(capture, f"{capture.name} of {case.id}") for case in load_cases() for capture in case.captures]

    assert _wrong(share.of(captures), tmp_path / "copy.pcap") == []


@pytest.mark.some(1)
@shares(PARTS)
def test_no_capture_of_the_corpus_gets_louder_or_surer_by_what_a_copy_lacks(
    corpus: Path, tmp_path: Path, share: Share
) -> None:
    captures = [
        (capture, capture.name)
        for capture in sorted((corpus / "dev").iterdir())
        if capture.suffix != ".tsv" and capture.stat().st_size <= LARGEST
    ]

    assert _wrong(share.of(captures), tmp_path / "copy.pcap") == []
