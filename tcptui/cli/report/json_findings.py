"""Formats findings for the JSON report: one by one, or many of the same kind from their columns."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from tcptui.cli.report.json_text import CachedTexts, seconds, to_json
from tcptui.findings.weight import cause_confidence, seconds_lost
from tcptui.model.finding import Finding
from tcptui.words.finding_text import title_and_happened
from tcptui.words.quantities import duration

if TYPE_CHECKING:
    from tcptui.findings.bulk import BulkFinding
    from tcptui.model.finding import CaptureFinding, Confidence, FindingId, Severity
    from tcptui.model.packet_store import I64
    from tcptui.words.catalogue import Words

#: Encloses the name of a fact where its value is to be inserted; occurs neither in catalogue sentences nor in JSON.
_MARK: Final = "\0"
#: Slots in a template: a fact's value as in a sentence, and as in JSON.
_AS_TOLD: Final = "told"
_TOLD: Final = f"{_MARK}{_AS_TOLD} {{}}{_MARK}".format
_WRITTEN: Final = "written"
_FACT: Final = f"{_MARK}{_WRITTEN} {{}}{_MARK}".format


class Tell(Protocol):
    """Makes sentences of findings."""

    def __call__(self, finding: Finding) -> str:
        """The sentences of ``finding``; facts that are strings appear in them unchanged."""

    def duration(self, seconds: float) -> str:
        """A duration as it appears in these sentences."""


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


def finding_text(finding: Finding, tell: Tell) -> str:
    """The JSON object of one finding."""
    return _object(finding, ", ".join(map(str, finding.packets)), to_json(finding.facts), to_json(tell(finding)))


def capture_finding_text(found: CaptureFinding, tell: Tell) -> str:
    """The JSON object of a finding about the whole capture: as `finding_text`, with its connections and its time."""
    streams = ", ".join(map(str, found.streams))
    return f'{finding_text(found.finding, tell)[:-1]}, "streams": [{streams}], "since": {seconds(found.since_ns)}}}'


def _object(finding: Finding, packets: str, facts: str, text: str) -> str:
    begin, weight, others, cause = _of_kind(finding.id, finding.severity, finding.confidence, finding.alternatives)
    lost = to_json(seconds_lost(finding))
    return f"{begin}{packets}{weight}{facts}{others}{text}{cause}{lost}}}"


@lru_cache(maxsize=1024)
def _of_kind(
    finding: FindingId, severity: Severity, confidence: Confidence, alternatives: tuple[str, ...]
) -> tuple[str, str, str, str]:
    """What all findings of a kind have in common: the text before the packets, facts, sentences and seconds lost."""
    kind = Finding(finding, -1, (), severity, confidence, {}, alternatives)
    return (
        f'{{"id": {to_json(str(finding))}, "packets": [',
        f'], "severity": "{severity.name.lower()}", "confidence": "{confidence.value}", "facts": ',
        f', "alternatives": {to_json(alternatives)}, "text": ',
        f', "cause_confidence": "{cause_confidence(kind).value}", "seconds_lost": ',
    )


class TemplatedFindings:
    """Formats findings of the same kind: one template, filled for each of them."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._durations = CachedTexts(lambda time_ns: tell.duration(time_ns / 1e9))
        self._floats = CachedTexts(lambda time_ns: float.__repr__(time_ns / 1e9))

    def texts(self, alike: BulkFinding, before: list[str]) -> list[str]:
        """The JSON objects of ``alike``, as `finding_text` formats them, each appended to its element of ``before``."""
        differing = alike.differing
        # Make the sentences once, with a mark for each fact that differs: the words around the facts are the same.
        pattern = alike.pattern({name: f"{_MARK}{name}{_MARK}" for name in differing})
        told = self._tell(pattern).split(_MARK)
        words = "".join([_TOLD(part) if place % 2 else to_json(part)[1:-1] for place, part in enumerate(told)])
        facts = ", ".join([
            f"{to_json(name)}: {_FACT(name) if name in differing else to_json(value)}"
            for name, value in pattern.facts.items()
        ])  # fmt: skip
        template = _object(pattern, ", ".join(map(_FACT, alike.evidence)), f"{{{facts}}}", f'"{words}"')
        literals, slots = template.split(_MARK)[::2], template.split(_MARK)[1::2]
        columns = self._columns(differing)
        filled = "%s" + "%s".join([literal.replace("%", "%%") for literal in literals])
        return list(map(filled.__mod__, zip(before, *(columns[slot] for slot in slots), strict=True)))

    def _columns(self, differing: dict[str, I64 | list[str]]) -> dict[str, list[str]]:
        """The values for each slot of the template."""
        columns: dict[str, list[str]] = {}
        for name, value in differing.items():
            if isinstance(value, list):
                quoted = {text: to_json(text) for text in set(value)}
                told, written = value, [quoted[text] for text in value]
            elif name.endswith("_s"):
                times = value.tolist()
                told, written = self._durations.texts(times), self._floats.texts(times)
            else:
                told = written = list(map(str, value.tolist()))
            columns[f"{_AS_TOLD} {name}"], columns[f"{_WRITTEN} {name}"] = told, written
        return columns
