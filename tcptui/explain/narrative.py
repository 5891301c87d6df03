"""From findings and packets to explanations in the user's language.

An explanation's title names the thing, its meaning says in one breath what happened
here; the sections say how we know, how sure we are, what else it could be and where to
look next.  All sentences are in the catalogues; this module only fills them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from tcptui.explain.quantities import Count, duration, frames
from tcptui.model.finding import Fact, Finding, FindingId, Severity

if TYPE_CHECKING:
    from tcptui.analysis.stream_table import StreamTable
    from tcptui.analysis.stream_view import StreamView
    from tcptui.explain.words import Words
    from tcptui.model.packet_store import PacketStore
    from tcptui.model.packet_view import PacketView


class SectionKind(StrEnum):
    """What a section answers; its heading is ``narrative.section.<value>``."""

    WHAT_HAPPENED = "what-happened"
    MEANING = "meaning"
    FINDING = "finding"
    VERDICT = "verdict"
    PACKET = "packet"
    HOW_WE_KNOW = "how-we-know"
    HOW_SURE = "how-sure"
    ALTERNATIVES = "alternatives"
    LOOK_NEXT = "look-next"
    OPTIONS = "options"
    STATES = "states"
    CORRECTED = "corrected"
    CORRECTS = "corrects"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an explanation; ``packets`` are the frame numbers it rests on."""

    kind: SectionKind
    heading: str
    lines: tuple[str, ...]
    packets: tuple[int, ...] = ()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The lines, each a paragraph of its own."""
        return self.lines


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to say about a packet or a finding; ``packets`` are frame numbers."""

    title: str
    severity: Severity | None
    meaning: str
    sections: tuple[Section, ...]
    packets: tuple[int, ...]


class Source(Protocol):
    """What explaining a packet needs; the session has it."""

    @property
    def store(self) -> PacketStore:
        """All packets."""

    @property
    def streams(self) -> StreamTable:
        """All streams."""

    def view(self, stream: int) -> StreamView:
        """The segments of one stream."""

    def findings(self, stream: int) -> tuple[Finding, ...]:
        """What the annotator says of one stream."""

    def packet(self, row: int) -> PacketView:
        """One frame with its bytes."""


#: Facts that are names or plain numbers, not amounts: no thousands separators.
_NAMES: Final = frozenset({"port", "ttl", "usual_ttl", "ip_id", "icmp_type", "icmp_code"})
#: What a segment carries, by its payload: a FIN when none.
_AMOUNT: Final[dict[Fact, str]] = {0: "fin", 1: "byte"}
_SIDES: Final = frozenset({"sender", "other", "receiver", "closer"})


def spoken(facts: Mapping[str, Fact], words: Words) -> dict[str, object]:
    """``facts`` as the catalogues' placeholders want them, and what follows from several of them.

    Names ending in ``_s`` are seconds, in ``_frame`` and ``_seq`` numbers of things.
    """
    said: dict[str, object] = {}
    for name, value in facts.items():
        if isinstance(value, tuple):
            said[name] = frames(value, words)
        elif name in _SIDES:
            said[name] = words(f"narrative.side.{value}")
        elif name in {"position", "reason"}:
            said[name] = words(f"narrative.{name}.{value}")
        elif name == "intervals":
            said[name] = words("narrative.join").join(str(value).split(", "))
        elif isinstance(value, str):
            said[name] = value
        elif name.endswith("_s"):
            said[name] = duration(float(value), words)
        elif isinstance(value, float):
            said[name] = f"{value:g}"
        elif name in _NAMES or name.endswith(("_frame", "_seq")):
            said[name] = str(value)
        else:
            said[name] = Count(value)
    if "first_seq" in facts and "bytes" in facts:
        kind = str(facts.get("syn") or _AMOUNT.get(facts["bytes"], "bytes"))
        numbers = {"first": facts["first_seq"], "last": facts.get("last_seq", 0), "n": said["bytes"]}
        said["what"] = words(f"narrative.what.{kind}", **numbers)
    if "data_bytes" in facts:
        said["carried"] = words(f"narrative.carried.{'some' if facts['data_bytes'] else 'none'}", n=said["data_bytes"])
    if "probes" in facts:
        said["probed"] = words("narrative.probed", n=said["probes"]) if facts["probes"] else ""
    for name in ("original", "healed"):
        if f"{name}_frame" in facts:
            frame = facts[f"{name}_frame"]
            said[name] = words("narrative.packet-number", n=frame) if frame else words(f"narrative.{name}.unseen")
    return said


def _sentence(finding: Finding, part: str, words: Words, said: dict[str, object] | None = None) -> str:
    """The sentence for ``part`` of ``finding``, by its shape where there is one; empty when there is none.

    ``said``: the finding's facts as `spoken`, where they are at hand already.
    """
    shape = finding.facts.get("shape")
    for key in (f"findings.{finding.id}.{part}.{shape}", f"findings.{finding.id}.{part}"):
        if words.has(key):
            return words(key, **(spoken(finding.facts, words) if said is None else said))
    return ""


def finding_name(finding: FindingId, words: Words) -> str:
    """What such a finding is called, without the facts of any one."""
    return words(f"findings.{finding}.name")


def finding_title(finding: Finding, words: Words) -> str:
    """The finding's title, with this connection's facts."""
    return _sentence(finding, "title", words)


def finding_short(finding: Finding, words: Words) -> str:
    """The finding in at most 40 cells, for a list."""
    return _sentence(finding, "short", words)


def what_happened(finding: Finding, words: Words, said: dict[str, object] | None = None) -> str:
    """What happened, with the packets, and how often."""
    told = [_sentence(finding, "happened", words, said)]
    if isinstance(count := finding.facts.get("count"), int) and count > 1:
        told.append(_sentence(finding, "more", words, said))
    return words("narrative.space").join(filter(None, told))


def title_and_happened(finding: Finding, words: Words) -> tuple[str, str]:
    """`finding_title` and `what_happened` at once, for those who tell of a hundred thousand."""
    said = spoken(finding.facts, words)
    return _sentence(finding, "title", words, said), what_happened(finding, words, said)


def explain_finding(finding: Finding, _view: StreamView | None, words: Words) -> Explanation:
    """``finding`` as an explanation of its own."""
    return Explanation(
        finding_title(finding, words),
        finding.severity,
        what_happened(finding, words),
        finding_sections(finding, words),
        finding.packets,
    )


def section(kind: SectionKind, words: Words, lines: tuple[str, ...], packets: tuple[int, ...] = ()) -> Section:
    """A section with the heading of its kind."""
    return Section(kind, words(f"narrative.section.{kind}"), lines, packets)


def finding_sections(finding: Finding, words: Words) -> tuple[Section, ...]:
    """Meaning, evidence, confidence, alternatives and next step of ``finding``."""
    sure = (words(f"narrative.confidence.{finding.confidence.value}"), _sentence(finding, "sure", words))
    facts = spoken(finding.facts, words)
    others = tuple(words(f"alternatives.{key}", **facts) for key in finding.alternatives)
    parts = [
        section(SectionKind.MEANING, words, (_sentence(finding, "meaning", words),)),
        section(SectionKind.HOW_WE_KNOW, words, (_sentence(finding, "known", words),), finding.packets),
        section(SectionKind.HOW_SURE, words, (words("narrative.space").join(filter(None, sure)),)),
    ]
    if others:
        parts.append(section(SectionKind.ALTERNATIVES, words, others))
    parts.append(section(SectionKind.LOOK_NEXT, words, (_sentence(finding, "look", words),)))
    return tuple(parts)


def explain_packet(source: Source, row: int, words: Words) -> Explanation:
    """The packet in ``row``: what the connection's findings say of it, its verdict, and what it does."""
    from tcptui.explain.packet_words import explain_row  # it builds on this module

    return explain_row(source, row, words)
