"""Explanations of findings in the user's language.

The title of an explanation names the finding, its meaning says in a sentence or two what
happened here; the sections give the evidence, the confidence, the alternatives and what to
look at next.  All sentences are in the catalogues; this module only fills them.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from tcptui.findings.catalog import named_shape, spec_of
from tcptui.findings.weight import cause_confidence, event_confidence
from tcptui.model.finding import AnyId, Confidence, Fact, Finding, OwnId
from tcptui.words.explanation import Explanation, Section, SectionKind
from tcptui.words.line_breaking import wrap
from tcptui.words.quantities import Count, duration, frames

if TYPE_CHECKING:
    from tcptui.analysis.stream.view import StreamView
    from tcptui.words.catalogue import Words


#: Facts that are identifiers, not quantities: they get no thousands separators.
_NAMES: Final = frozenset({
    "port", "ttl", "usual_ttl", "ip_id", "icmp_type", "icmp_code", "http2_stream", "last_stream", "lost_stream",
    "waiting_stream", "other_port", "client_port", "channel",
})  # fmt: skip
#: End of the catalogue key for what a segment carries, by its payload bytes; 0 is a bare FIN, others are ``bytes``.
_AMOUNT: Final[dict[Fact, str]] = {0: "fin", 1: "byte"}
#: Bounds above this are no bounds: no link of a host is faster than 10 Gbit/s by much.
_NO_BOUND_KBPS: Final = 10_000_000
#: What stands for a program that did not name itself.
_UNNAMED: Final = ("?", "–")
#: Relative sequence numbers from here on are taken for negative ones: the largest window is 2**30 (RFC 7323).
_LATEST_SEQ: Final = 2**32 - 2**30
#: Placeholders that are derived from several facts, see `_Spoken.follows`.
_FOLLOWING: Final = (
    "what", "carried", "probed", "original", "healed", "repaired", "neglected", "unheard", "reading_one",
    "reading_other", "broker_said",
)  # fmt: skip
#: Most characters of a database's statement in a title, where nothing is known of the room.
STATEMENT_TITLED: Final = 24
_SIDES: Final = frozenset({"sender", "other", "receiver", "closer"})

#: Cells of a finding in a list at most.
_SHORT: Final = 40
#: Parts of a finding that are the same for all of one's own.
_SHARED: Final = frozenset({"known", "sure", "look"})
_TITLE, _SENTENCE = 0, 1


def below_zero(facts: Mapping[str, Fact]) -> bool:
    """Whether the range ``first_seq`` to ``last_seq`` begins before the first number that was captured: such bytes have
    no relative number that tells anybody anything.
    """
    first, last = facts["first_seq"], facts.get("last_seq", 0)
    return isinstance(first, int) and isinstance(last, int) and (first > last or first >= _LATEST_SEQ)


class _Spoken(dict[str, object]):
    """Facts formatted for the catalogues' placeholders, lazily: each when a sentence uses it first."""

    def __init__(self, facts: Mapping[str, Fact], words: Words) -> None:
        super().__init__()
        self._facts = facts
        self._words = words

    def __missing__(self, name: str) -> object:
        followed = self.follows(name) if name in _FOLLOWING else None
        self[name] = said = self._say(name, self._facts[name]) if followed is None else followed
        return said

    def _say(self, name: str, value: Fact) -> object:
        """``value`` as text, by the fact's name: ``…_s`` is seconds, ``…_frame`` and ``…_seq`` are not grouped."""
        words = self._words
        if isinstance(value, tuple):
            return frames(value, words)
        if name in _SIDES:
            return words(f"narrative.side.{value}")
        if name in {"position", "reason"}:
            return words(f"narrative.{name}.{value}")
        if name == "intervals":
            return words("narrative.join").join(str(value).split(", "))
        if isinstance(value, str):
            return value
        if name.endswith("_s"):
            return duration(float(value), words)
        if isinstance(value, float):
            return f"{value:g}"
        if name in _NAMES or name.endswith(("_frame", "_seq")):
            return str(value)
        return Count(value)

    def follows(self, name: str) -> str | None:
        """The text of a placeholder that is derived from several facts; None when they are not there."""
        facts, words = self._facts, self._words
        match name:
            case "what" if "first_seq" in facts and "bytes" in facts:
                kind = str(facts.get("syn") or _AMOUNT.get(facts["bytes"], "bytes"))
                if kind == "bytes" and below_zero(facts):
                    kind = "amount"
                numbers = {"first": facts["first_seq"], "last": facts.get("last_seq", 0), "n": self["bytes"]}
                return words(f"narrative.what.{kind}", **numbers)
            case "carried" if "data_bytes" in facts:
                how_many = "some" if facts["data_bytes"] else "none"
                return words(f"narrative.carried.{how_many}", n=self["data_bytes"])
            case "probed" if "probes" in facts:
                return words("narrative.probed", n=self["probes"]) if facts["probes"] else ""
            case "neglected" if "ignored" in facts:
                return words("narrative.neglected", n=self["ignored"]) if facts["ignored"] else ""
            case "unheard" if "ignored_first" in facts:
                return words("narrative.unheard", n=self["ignored_first"], silent_s=self["silent_s"])
            case "unheard" if "refused" in facts or "clients" in facts:
                return ""
            case "repaired" if "repair" in facts:
                return words(
                    f"narrative.repaired.{facts['repair']}",
                    healed_s=self["healed_s"],
                    repair_s=self["repair_s"],
                    again_frame=self["again_frame"],
                    healed_frame=self["healed_frame"],
                )
            case "reading_one" | "reading_other" if f"{name}_ends" in facts:
                return words(
                    f"narrative.reading.{facts[f'{name}_ends']}", n=self[f"{name}_bytes"], next=facts[f"{name}_next"]
                )
            case "broker_said" if "reply_text" in facts:
                return self._broker_said()
            case "original" | "healed" if f"{name}_frame" in facts:
                frame = facts[f"{name}_frame"]
                return words("narrative.packet-number", n=frame) if frame else words(f"narrative.{name}.unseen")
        return None

    def _broker_said(self) -> str:
        """Why a broker closed in its words, for which method, and what was open then, as far as it is known."""
        words, said = self._words, []
        if self._facts["reply_text"]:
            said.append(words("narrative.broker.words", text=self["reply_text"]))
        if self._facts.get("method"):
            said.append(words("narrative.broker.method", method=self["method"], frame=self["asked_frame"]))
        said += [
            words(f"narrative.broker.{name}", n=self[name])
            for name in ("unacked", "unconfirmed")
            if self._facts.get(name)
        ]
        return "".join(said)


def spoken(facts: Mapping[str, Fact], words: Words) -> dict[str, object]:
    """All ``facts`` formatted for the catalogues' placeholders, with the placeholders derived from them."""
    said = _Spoken(facts, words)
    return {name: said[name] for name in (*facts, *_FOLLOWING) if name in facts or said.follows(name) is not None}


@lru_cache(maxsize=4096)
def _key(finding: AnyId, part: str, shape: Fact | None, words: Words) -> str:
    """The catalogue key of ``part`` for such findings, by ``shape`` if it has one; empty without a sentence."""
    keys = f"findings.{finding}.{part}.{shape}", f"findings.{finding}.{part}"
    return next(filter(words.has, keys), "")


@lru_cache(maxsize=4096)
def _variants(key: str, words: Words) -> tuple[str, str, tuple[str, ...]]:
    """Variants of the sentence ``key``, for several times and the plain one; the names of facts that may say nothing.

    A variant that the catalogue does not have is ``key`` itself.
    """
    repeated, plain = (end if words.has(end) else key for end in (f"{key}.repeated", f"{key}.plain"))
    names = {name for _text, name, _spec, _conversion in string.Formatter().parse(words.template(key)) if name}
    return (
        repeated,
        plain,
        tuple(sorted(name for name in names if name == "software" or name.endswith(("_s", "_kbps")))),
    )


def _fitting(key: str, facts: Mapping[str, Fact], words: Words) -> str:
    """The variant of the sentence ``key`` for these ``facts``: no "×1", no "0 s", no empty bound, no "server: ?"."""
    count = facts.get("count")
    if isinstance(count, int) and count > 1:
        key = _variants(key, words)[0]
    _repeated, plain, numbers = _variants(key, words)
    return plain if plain != key and any(_says_nothing(name, facts.get(name)) for name in numbers) else key


def _says_nothing(name: str, value: Fact | None) -> bool:
    """Whether ``value`` of the fact ``name`` tells a reader nothing: a time of 0, a bound beyond any link, no name."""
    if name == "software":
        return value in _UNNAMED
    return value == 0 if name.endswith("_s") else isinstance(value, int) and value > _NO_BOUND_KBPS


def _sentence(finding: Finding, part: str, words: Words, facts: Mapping[str, object] | None = None) -> str:
    """The sentence for ``part`` of ``finding``; empty when the catalogue has none.

    ``facts``: the finding's formatted facts, if the caller has them already.
    """
    if isinstance(finding.id, OwnId):
        return _own_sentence(finding, finding.id, part, words)
    key = _key(finding.id, part, finding.facts.get("shape"), words)
    if not key:
        return ""
    key = _fitting(key, finding.facts, words)
    return words.filled(key, _Spoken(finding.facts, words) if facts is None else facts)


def finding_name(finding: AnyId, words: Words) -> str:
    """The name of this kind of finding, without facts of a connection."""
    return _own_name(finding, words) if isinstance(finding, OwnId) else words(f"findings.{finding}.name")


def group_name(finding: Finding, words: Words) -> str:
    """The name of a group of connections whose worst finding is ``finding``, or one of its kind.

    A shape that is a trouble of its own has a name of its own (`FindingSpec.named_shapes`).
    """
    shape = named_shape(finding)
    return words(f"findings.{finding.id}.name.{shape}") if shape else finding_name(finding.id, words)


def finding_title(finding: Finding, words: Words, most: int = STATEMENT_TITLED) -> str:
    """The finding's title, with the facts of its connection; of a long statement only ``most`` characters."""
    statement = finding.facts.get("statement")
    if isinstance(statement, str) and len(statement) > most:
        finding = replace(finding, facts={**finding.facts, "statement": statement[: most - 1] + "…"})
    return _sentence(finding, "title", words)


def finding_short(finding: Finding, words: Words) -> str:
    """The finding in at most 40 cells, for a list."""
    return _sentence(finding, "short", words)


def what_happened(finding: Finding, words: Words, facts: Mapping[str, object] | None = None) -> str:
    """The sentence that says what happened, and others: on data of the SYN, on the text of a RST, on how often."""
    told = [_sentence(finding, "happened", words, facts)]
    if isinstance(untaken := finding.facts.get("untaken_bytes"), int):
        told.append(words("narrative.syn-data-untaken", n=Count(untaken)))
    if text := finding.facts.get("reset_text"):
        told.append(words("narrative.reset-text", text=text))
    if isinstance(count := finding.facts.get("count"), int) and count > 1:
        told.append(_sentence(finding, "more", words, facts))
    return words("narrative.space").join(filter(None, told))


def what_it_means(finding: Finding, words: Words) -> str:
    """What follows from it for whoever uses the connection."""
    return _sentence(finding, "meaning", words)


def look_next(finding: Finding, words: Words) -> str:
    """What would decide, or where to look next."""
    return _sentence(finding, "look", words)


def title_and_happened(finding: Finding, words: Words) -> tuple[str, str]:
    """`finding_title` and `what_happened`, with the facts formatted only once: for a hundred thousand findings."""
    said = _Spoken(finding.facts, words)
    return _sentence(finding, "title", words, said), what_happened(finding, words, said)


def explain_finding(finding: Finding, _view: StreamView | None, words: Words) -> Explanation:
    """The explanation of ``finding`` alone."""
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


def _certainty(finding: Finding, words: Words) -> tuple[str, ...]:
    """How sure the event is and how sure its cause: two sentences, or one where there is no other cause."""
    if not finding.alternatives:
        return (words(f"narrative.confidence.{finding.confidence.value}"),)
    cause = cause_confidence(finding).value
    if cause == Confidence.POSSIBLE.value and spec_of(finding.id).names_cause:
        cause = "named"
    return words(f"narrative.event.{event_confidence(finding).value}"), words(f"narrative.cause.{cause}")


def finding_sections(finding: Finding, words: Words) -> tuple[Section, ...]:
    """Meaning, evidence, confidence, alternatives and next step of ``finding``."""
    sure = (*_certainty(finding, words), _sentence(finding, "sure", words))
    facts = spoken(finding.facts, words)
    others = tuple(words(f"alternatives.{key}", **facts) for key in finding.alternatives)
    parts = [
        section(SectionKind.MEANING, words, (_sentence(finding, "meaning", words),)),
        section(SectionKind.HOW_WE_KNOW, words, (_sentence(finding, "known", words),), finding.packets),
        section(SectionKind.HOW_SURE, words, (words("narrative.space").join(filter(None, sure)),)),
    ]
    if others:
        parts.append(section(SectionKind.ALTERNATIVES, words, others))
    parts.append(section(SectionKind.LOOK_NEXT, words, (look_next(finding, words),)))
    return tuple(parts)


def _user_text(own: OwnId, part: int, words: Words) -> str:
    """What the user wrote, in English where there is no other."""
    return own.words.get(words.language.value, own.words["en"])[part]


def _own_name(own: OwnId, words: Words) -> str:
    """The name of such findings, marked as the user's own."""
    return words("own.name", title=_user_text(own, _TITLE, words))


def _own_sentence(finding: Finding, own: OwnId, part: str, words: Words) -> str:
    """The sentence for ``part`` of a finding; empty where there is none."""
    match part:
        case "title":
            return _own_name(own, words)
        case "short":
            return _cut(_own_name(own, words))
        case "happened":
            matched = words("own.happened", n=Count(len(finding.packets)), filter=finding.facts["own_filter"])
            return words("narrative.space").join((_user_text(own, _SENTENCE, words), matched))
        case "meaning":
            return words("own.meaning")
        case _ if part in _SHARED:
            return words(f"own.{part}", id=str(own), filter=finding.facts["own_filter"])
    return ""


def _cut(text: str) -> str:
    """As much of ``text`` as a list shows."""
    return wrap(text, _SHORT)[0].rstrip()
