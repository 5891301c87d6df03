"""Formats findings for the JSON report: one by one, or many of the same kind from their columns."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from tcptui.cli.report.json_text import CachedTexts, seconds, to_json, utf8
from tcptui.findings.stream_findings import cells
from tcptui.findings.weight import cause_confidence, lost_fact, seconds_lost
from tcptui.model.batched import Batched
from tcptui.model.finding import Finding
from tcptui.words.finding_text import below_zero, spoken, title_and_happened
from tcptui.words.quantities import duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.model.finding import AnyId, CaptureFinding, Confidence, Fact, Severity
    from tcptui.words.catalogue import Words

#: Encloses the name of a fact where its value is to be inserted; occurs neither in catalogue sentences nor in JSON.
_MARK: Final = "\0"
#: Slots in a template: a fact's value as in a sentence, and as in JSON.
_AS_TEXT: Final = "told"
_TEXT_SLOT: Final = f"{_MARK}{_AS_TEXT} {{}}{_MARK}".format
_WRITTEN: Final = "written"
_FACT: Final = f"{_MARK}{_WRITTEN} {{}}{_MARK}".format


class _Mark(str):
    """Stands for a value in a sentence; for a number, it is one of many (`tcptui.words.quantities.Count`)."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        _one, is_counted, many = spec.partition("|")
        return f"{self!s} {many}" if is_counted else str(self)


class Tell(Protocol):
    """Makes sentences of findings."""

    def __call__(self, finding: Finding) -> str:
        """The sentences of ``finding``; facts that are strings appear in them unchanged."""

    def duration(self, seconds: float) -> str:
        """A duration as it appears in these sentences."""

    def fact(self, name: str, value: Fact) -> str:
        """The fact ``name`` as it appears in these sentences."""


class Telling:
    """Implements `Tell` in one language: a finding's title and what happened."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, finding: Finding) -> str:
        """The sentences of ``finding``."""
        title, happened = title_and_happened(finding, self._words)
        return self._words("report.finding.sentence", title=title, happened=happened)

    def duration(self, seconds: float) -> str:
        """``seconds`` as they appear in sentences."""
        return duration(seconds, self._words)

    def fact(self, name: str, value: Fact) -> str:
        """The fact ``name`` as it appears in sentences."""
        return str(spoken({name: value}, self._words)[name])


def finding_text(finding: Finding, tell: Tell) -> str:
    """The JSON object of one finding."""
    return _object(finding, ", ".join(map(str, finding.packets)), to_json(finding.facts), to_json(tell(finding)))


def capture_finding_text(found: CaptureFinding, tell: Tell) -> str:
    """The JSON object of a finding about the whole capture: as `finding_text`, with its connections and its time."""
    streams = ", ".join(map(str, found.streams))
    return f'{finding_text(found.finding, tell)[:-1]}, "streams": [{streams}], "since": {seconds(found.since_ns)}}}'


def _object(finding: Finding, packets: str, facts: str, text: str, lost: str | None = None) -> str:
    """``lost``: the seconds lost as JSON, where ``finding`` does not have them."""
    begin, weight, others, cause = _of_kind(finding.id, finding.severity, finding.confidence, finding.alternatives)
    lost = lost or to_json(seconds_lost(finding))
    return f"{begin}{packets}{weight}{facts}{others}{text}{cause}{lost}}}"


@lru_cache(maxsize=1024)
def _of_kind(
    finding: AnyId, severity: Severity, confidence: Confidence, alternatives: tuple[str, ...]
) -> tuple[str, str, str, str]:
    """What all findings of a kind have in common: the text before the packets, facts, sentences and seconds lost."""
    kind = Finding(finding, -1, (), severity, confidence, {}, alternatives)
    return (
        f'{{"id": {to_json(str(finding))}, "packets": [',
        f'], "severity": "{severity.name.lower()}", "confidence": "{confidence.value}", "facts": ',
        f', "alternatives": {to_json(alternatives)}, "text": ',
        f', "cause_confidence": "{cause_confidence(kind).value}", "seconds_lost": ',
    )


#: Ends of names of numbers that are told as they are where they are many; the first have thousands separators.
_BYTES: Final = "bytes"
_SEQ: Final = "_seq"
#: One byte is no bytes, and twice is not three times.
_LEAST_MANY: Final = 3
#: Stands for such numbers, which are not below 0.
_MANY: Final = -1
_PERCENT: Final = "percent"
#: Facts that are texts and are told as they are, whatever they say; of the others a sentence depends.
_TEXTS: Final = frozenset({"client", "server", "intervals"})
#: Those of them that are lists, whose items a language joins.
_LISTS: Final = frozenset({"intervals"})


class TemplatedFindings:
    """Formats findings of the same kind: one template, filled for each of them."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._durations = CachedTexts(self._duration)
        self._floats: CachedTexts[float] = CachedTexts(float.__repr__)

    def _duration(self, seconds: float) -> str:
        return self._tell.duration(seconds)

    def of_members(self, finding: Finding, before: list[bytes]) -> list[bytes]:
        """The JSON objects (UTF-8) of ``finding`` in every member, each appended to its element of ``before``."""
        count, texts = len(before), [text and text + b", " for text in before]
        differing = {name: list(cells(value, count)) for name, value in finding.facts.items() if _differs(value)}
        frames: list[list[int]] = [list(cells(packet, count)) for packet in finding.packets]
        told: list[bytes] = [b""] * count
        below = _below_zero(finding, count)
        for some in self._members_by_wording(differing, below):
            mine = {name: [values[member] for member in some] for name, values in differing.items()}
            is_below = below[some[0]]
            known = {name: values[0] for name, values in mine.items() if not _is_free(name, values[0], is_below)}
            free = {name: values for name, values in mine.items() if name not in known}
            facts = {**finding.facts, **known, **{name: _Mark(f"{_MARK}{name}{_MARK}") for name in free}}
            pattern = replace(finding, packets=(), facts=facts)
            evidence = [[frame[member] for member in some] for frame in frames]
            filled = self._filled(pattern, free, evidence, [texts[member] for member in some])
            for member, text in zip(some, filled, strict=True):
                told[member] = text
        return told

    @staticmethod
    def _members_by_wording(differing: dict[str, list[Any]], below: list[bool]) -> Iterable[list[int]]:
        """The members in sets of those with the same words: these depend on whether a number is 0, or on what it is.

        ``below``: whether the numbers of each are `below_zero`.
        """
        found: dict[tuple[Any, ...], list[int]] = {}
        on = [_kinds(name, values, below) for name, values in differing.items()]
        for member, key in enumerate(zip(*on, strict=True) if on else [()] * len(below)):
            found.setdefault(key, []).append(member)
        return found.values()

    def _filled(
        self, pattern: Finding, differing: dict[str, list[Any]], frames: list[list[Any]], before: list[bytes]
    ) -> list[bytes]:
        """``pattern``, whose differing facts are marks, filled for each element of ``before``."""
        # Make the sentences once, with a mark for each fact that differs: the words around the facts are the same.
        told = self._tell(pattern).split(_MARK)
        words = "".join([_TEXT_SLOT(part) if place % 2 else to_json(part)[1:-1] for place, part in enumerate(told)])
        facts = ", ".join([
            f"{to_json(name)}: {_FACT(name) if name in differing else to_json(value)}"
            for name, value in pattern.facts.items()
        ])  # fmt: skip
        evidence = ", ".join([_FACT(f"packet {place}") for place in range(len(frames))])
        lost = lost_fact(pattern)
        cost = _FACT(lost) if lost in differing else None
        template = _object(pattern, evidence, f"{{{facts}}}", f'"{words}"', cost)
        literals, slots = template.split(_MARK)[::2], template.split(_MARK)[1::2]
        columns = self._columns(differing)
        columns |= {f"{_WRITTEN} packet {place}": numbers for place, numbers in enumerate(frames)}
        chosen = [columns[slot] for slot in slots]
        forms = ["%s", *("%d" if isinstance(next(iter(column), None), int) else "%s" for column in chosen)]
        pieces = [form + literal.replace("%", "%%") for form, literal in zip(forms, literals, strict=True)]
        return list(map(utf8("".join(pieces)).__mod__, zip(before, *chosen, strict=True)))

    def _columns(self, differing: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """The values for each slot of the template: integers, which are written as they are, or texts in UTF-8."""
        columns: dict[str, list[Any]] = {}
        for name, values in differing.items():
            if values and isinstance(values[0], str):
                spoken = name in _LISTS
                quoted = {
                    text: (utf8(self._tell.fact(name, text) if spoken else text), utf8(to_json(text)))
                    for text in set(values)
                }
                told, written = ([quoted[text][at] for text in values] for at in (0, 1))
            elif name.endswith("_s"):
                told, written = self._durations.texts(values), self._floats.texts(values)
            elif name == _PERCENT:
                told, written = [utf8(f"{value:g}") for value in values], self._floats.texts(values)
            elif name.endswith(_BYTES):
                told, written = [utf8(f"{value:,}") for value in values], values
            else:
                told = written = values
            columns[f"{_AS_TEXT} {name}"], columns[f"{_WRITTEN} {name}"] = told, written
        return columns


def _differs(value: object) -> bool:
    return isinstance(value, Batched) or (isinstance(value, tuple) and any(map(_differs, value)))


def _below_zero(finding: Finding, count: int) -> list[bool]:
    """Whether the numbers of each member are `below_zero`."""
    if "first_seq" not in finding.facts:
        return [False] * count
    first, last = (cells(finding.facts.get(name, 0), count) for name in ("first_seq", "last_seq"))
    return [below_zero({"first_seq": one, "last_seq": other}) for one, other in zip(first, last, strict=False)]


def _kinds(name: str, values: list[Any], below: list[bool]) -> list[Any]:
    """What words depend on of such a fact, of each of its ``values``."""
    if name.endswith((_BYTES, _SEQ)):
        both = zip(values, below, strict=True)
        return [_MANY if _is_free(name, value, is_below) else value for value, is_below in both]
    return list(map(bool, values)) if _is_formatted_plainly(name, values[0]) else values


def _is_free(name: str, value: object, is_below: bool) -> bool:
    """Whether it `_is_formatted_plainly`, and is shown: not where it is 0, nor numbers of a `below_zero` finding."""
    return bool(value) and _is_formatted_plainly(name, value) and not (is_below and name.endswith(_SEQ))


def _is_formatted_plainly(name: str, value: object) -> bool:
    """Whether sentences have a place for such a fact, and depend on no more of it than whether it is 0, or many."""
    if isinstance(value, str):
        return name in _TEXTS
    if isinstance(value, float):
        return name.endswith("_s") or name == _PERCENT
    if name.endswith((_BYTES, _SEQ)):
        return isinstance(value, int) and value >= _LEAST_MANY
    return name.endswith("_frame") or name == "port"
