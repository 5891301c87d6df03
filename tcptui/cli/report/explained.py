"""Tells an evidence pack: as the parts of a report for people, or as one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.report.as_json import capture_object, connection_json, there_object
from tcptui.cli.report.blocks import Block, Bullets, Heading, Paragraph, Table
from tcptui.cli.report.compose import compose_connection, finding_part, there_part, trust_part
from tcptui.cli.report.evidence_pack import packets_filter
from tcptui.cli.report.json_findings import Telling
from tcptui.cli.report.json_text import Rendered, to_json
from tcptui.findings.elsewhere import capture_outside
from tcptui.findings.weight import cause_confidence, event_confidence
from tcptui.words.explanation import SectionKind
from tcptui.words.finding_text import explain_finding
from tcptui.words.quantities import Count
from tcptui.words.trust_text import trust_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tcptui.cli.report.evidence_pack import CitedPacket, EvidencePack
    from tcptui.cli.report.summary import Summary
    from tcptui.model.finding import CaptureFinding, Finding
    from tcptui.words.catalogue import Words

#: Incremented when a key is removed or changes its meaning, not for new keys.
SCHEMA: Final = 1
#: Keys of a finding for the sections of its explanation that are one text; alternatives are a list.
_SECTION_KEYS: Final = {
    SectionKind.MEANING: "meaning",
    SectionKind.HOW_WE_KNOW: "how_we_know",
    SectionKind.HOW_SURE: "how_sure",
    SectionKind.LOOK_NEXT: "look_next",
}


def compose_pack(summary: Summary, pack: EvidencePack, words: Words, notice: str | None) -> Iterator[Block]:
    """The pack for people; ``notice``: the session's message, e.g. where reading stopped and why."""
    yield from compose_connection(summary, pack.stream, words, notice)
    if pack.shared:
        yield Heading(2, words("explain.shared.heading"))
    for one in pack.shared:
        yield from finding_part(one.finding, explain_finding(one.finding, None, words), words)
        yield from there_part(capture_outside(one.finding), words)
    yield from trust_part(summary.trust, words)
    if pack.cited:
        yield Heading(2, words("explain.packets.heading"))
        headings = ("#", *(words(f"explain.packets.{name}") for name in ("time", "from", "info")))
        yield Table(headings, tuple(_packet_row(one, words) for one in pack.cited), frozenset({0, 1}))
        if pack.left_out:
            yield Paragraph(words("explain.packets.left-out", n=Count(pack.left_out)))
    yield Heading(2, words("explain.filters.heading"))
    filters = [words(f"explain.filters.{name}", filter=text) for name, text in pack.filters.items() if text]
    yield Bullets((*filters, words("explain.filters.community-id", name=pack.community_id)))


def _packet_row(one: CitedPacket, words: Words) -> tuple[str, ...]:
    sender = words(f"report.column.{one.sender}") if one.sender else one.line.source
    return str(one.frame), one.line.time, sender, one.line.info


def pack_json(summary: Summary, pack: EvidencePack, words: Words) -> str:
    """The pack as one JSON object, with a newline."""
    connection = connection_json(summary, pack.stream, Telling(words)).decode()
    told = {
        "schema": SCHEMA,
        "stream": pack.stream,
        "community_id": pack.community_id,
        "capture": {**capture_object(summary.capture), "doubts": list(trust_items(summary.trust, words))},
        "connection": Rendered(connection),
        "findings": [_finding(one, words) for one in pack.findings],
        "shared": [_shared(one, words) for one in pack.shared],
        "packets": [_packet(one) for one in pack.cited],
        "packets_left_out": pack.left_out,
        "filters": pack.filters,
    }
    return to_json(told) + "\n"


def _finding(finding: Finding, words: Words) -> dict[str, object]:
    explanation = explain_finding(finding, None, words)
    sections: Mapping[SectionKind, Sequence[str]] = {one.kind: one.lines for one in explanation.sections}
    others = sections.get(SectionKind.ALTERNATIVES, ())
    return {
        "id": str(finding.id),
        "severity": finding.severity.name.lower(),
        "event_confidence": event_confidence(finding).value,
        "cause_confidence": cause_confidence(finding).value,
        "title": explanation.title,
        "what_happened": explanation.meaning,
        **{key: "".join(sections.get(kind, ())) for kind, key in _SECTION_KEYS.items()},
        "alternatives": [
            {"id": name, "text": text} for name, text in zip(finding.alternatives, others, strict=True)
        ],
        "packets": list(finding.packets),
        "filter": packets_filter(finding.packets),
    }  # fmt: skip


def _shared(found: CaptureFinding, words: Words) -> dict[str, object]:
    there = there_object(capture_outside(found.finding))
    return {**_finding(found.finding, words), "streams": list(found.streams), "capture_there": there}


def _packet(one: CitedPacket) -> dict[str, object]:
    line = one.line
    return {
        "frame": one.frame,
        "time": Rendered(line.time),
        "from": one.sender or None,
        "source": line.source,
        "destination": line.destination,
        "protocol": line.protocol,
        "length": int(line.length),
        "info": line.info,
        "cited_by": list(map(str, one.findings)),
    }
