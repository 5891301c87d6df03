"""Explanations of packets and connections as documents for the explain pane.

That of a connection includes its time budget, which is cached per session and computed again when the connection has
grown enough, and once more when the capture ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from tcptui.access.open_capture import rows_seen, segments_of, view_of
from tcptui.access.progress import Phase
from tcptui.analysis.timing.budget import Part, time_budget
from tcptui.findings.elsewhere import capture_there
from tcptui.findings.weight import causes_before_symptoms
from tcptui.model.finding import Severity
from tcptui.model.lru import LruCache
from tcptui.ui.main.explain_pane import Document, Passage, Tone
from tcptui.words.budget_text import Share, TurnLine, shares, slowest_turns, turns_heading
from tcptui.words.explanation import Explanation, Section, SectionKind
from tcptui.words.finding_text import explain_finding
from tcptui.words.quantities import Count
from tcptui.words.rate_text import RateLines, rate_lines
from tcptui.words.there_text import there_text
from tcptui.words.trouble_text import headline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tcptui.access.cached_findings import CachedFindings
    from tcptui.access.open_capture import JudgedCapture
    from tcptui.findings.elsewhere import CaptureThere
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.model.finding import Finding
    from tcptui.session.asked_hosts import AskedHost
    from tcptui.session.certificate_names import CertificateNames
    from tcptui.session.dns_names import DnsNames
    from tcptui.words.catalogue import Words
    from tcptui.words.language import Language


#: What a finding's explanation begins with on a screen, where only the beginning may be in sight: the cause and what
#: to do.  How it is known, how sure that is and what else it could be follow.
USEFUL: Final = (SectionKind.MEANING, SectionKind.LOOK_NEXT)


def most_useful_first(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """``sections`` of a finding in the order in which a screen shows them."""
    first = [section for kind in USEFUL for section in sections if section.kind is kind]
    return (*first, *(section for section in sections if section.kind not in USEFUL))


def _passages(
    explanation: Explanation, severity: int, sections: tuple[Section, ...], finding: Finding | None = None
) -> list[Passage]:
    passages = [Passage(explanation.title, tone=Tone.TITLE, severity=severity, finding=finding)]
    if explanation.meaning:
        passages.append(Passage(explanation.meaning))
    return [*passages, *_sections(sections)]


def _sections(sections: tuple[Section, ...]) -> list[Passage]:
    passages: list[Passage] = []
    for section in sections:
        lines = [line for line in section.lines if line]
        if not lines and not section.packets:
            continue
        for index, line in enumerate(lines or [""]):
            packets = section.packets if index == max(0, len(lines) - 1) else ()
            passages.append(Passage(line, "" if index else section.heading, packets))
    return passages


def packet_document(session: JudgedCapture, row: int, severity: int, words: Words) -> Document:
    """The explanation of one packet; ``severity`` is the one that the timeline shows for it."""
    from tcptui.words.packet_text import explain_packet  # see `tcptui.ui.preload`

    explanation = explain_packet(session, row, words)
    return tuple(_passages(explanation, severity, explanation.sections))


def stream_document(
    session: JudgedCapture, stream: int, cached: CachedFindings, words: Words, names: DnsNames | None = None,
    groups: Iterable[TroubleGroup] = (), named: AskedHost | CertificateNames | None = None,
) -> Document:  # fmt: skip
    """The explanation of one connection: its time budget and its findings, the worst trouble first.

    Where no finding is a warning or an error, a sentence that says so comes first, or that this is not known yet,
    and before it which of the capture's ``groups`` of trouble the connection belongs to all the same.  The time budget
    follows what is most useful about the first finding, what ``names`` has of the ends, and what the server is
    ``named`` otherwise, follow the budget.
    """
    passages: list[Passage] = []
    budget = [
        *bar_passage(session, stream, words), *host_passages(named, words),
        *name_passages(session, stream, names, words),
    ]  # fmt: skip
    if not any(finding.severity >= Severity.WARNING for finding in cached.findings):
        verdict = _verdict_passages(session, stream, cached.packets, words)
        passages += [*_shared_passages(stream, groups, words), *verdict, *budget]
    for place, finding in enumerate(causes_before_symptoms(cached.findings)):
        explanation = explain_finding(finding, None, words)
        sections = most_useful_first(explanation.sections)
        if place or passages:
            passages += _passages(explanation, int(finding.severity), sections, finding)
        else:
            useful = sum(section.kind in USEFUL for section in sections)
            passages += _passages(explanation, int(finding.severity), sections[:useful], finding)
            passages += [*budget, *_sections(sections[useful:])]
    return (
        *passages, *there_passages(session, stream, cached.findings, words), *rate_passages(session, stream, words),
        *turn_passages(session, stream, words),
    )  # fmt: skip


def there_passages(
    session: JudgedCapture, stream: int, findings: Iterable[Finding], words: Words
) -> tuple[Passage, ...]:  # fmt: skip
    """The capture at another place that would decide about ``findings``; empty where none would."""
    there = there_of(session, stream, findings)
    if there is None:
        return ()
    told = there_text(there, words)
    return (Passage(told.when, told.heading), *map(Passage, told.commands), Passage(told.then))


def there_of(session: JudgedCapture, stream: int, findings: Iterable[Finding]) -> CaptureThere | None:
    """`capture_there` of a connection."""
    streams = session.streams
    return capture_there(findings, *streams.ends(stream), int(streams.duration_ns[stream]))


def _shared_passages(stream: int, groups: Iterable[TroubleGroup], words: Words) -> Iterator[Passage]:
    """The trouble of the whole capture that the connection has a part in."""
    for group in groups:
        if group.is_whole and group.severity >= Severity.WARNING and stream in group.streams:
            yield Passage(headline(group, words), tone=Tone.TITLE, severity=int(group.severity))
            yield Passage(words("screen.explain.shared", n=Count(len(group.streams))))


def _verdict_passages(session: JudgedCapture, stream: int, judged: int, words: Words) -> list[Passage]:
    """What is said of a connection in whose first ``judged`` packets no finding is a warning or an error."""
    segments = segments_of(session, stream)
    if segments and not judged:
        unknown = words("screen.explain.unjudged_meaning", packets=Count(segments))
        return [Passage(words("screen.explain.unjudged"), tone=Tone.TITLE), Passage(unknown)]
    packets, troubled = int(session.streams.packets[stream]), int(session.streams.troubled[stream])
    frames = () if packets else tuple(session.store.frame[session.rows_of(stream)].tolist())
    if frames:  # ICMP errors quote it, and nothing of its own was captured
        quoted = words("screen.explain.quoted_meaning", packets=Count(len(frames)))
        return [Passage(words("screen.explain.quoted"), tone=Tone.TITLE), Passage(quoted, packets=frames)]
    verdict = "minor" if troubled else "recovered" if _spent_on_recovery(session, stream, words) else "clean"
    meaning = words(f"screen.explain.{verdict}_meaning", packets=Count(packets), troubled=Count(troubled))
    passages = [Passage(words(f"screen.explain.{verdict}"), tone=Tone.TITLE), Passage(meaning)]
    if judged < segments:
        passages.append(Passage(words("screen.explain.since", n=Count(segments - judged))))
    return passages


def host_passages(named: AskedHost | CertificateNames | None, words: Words) -> list[Passage]:
    """The host that the client asked for, or those that the server's certificate names, and where that stands."""
    if named is None:
        return []
    from tcptui.session.asked_hosts import AskedHost

    if isinstance(named, AskedHost):
        text = words("other.names.asked", name=named.name, field=named.source)
        return [Passage(text, words("other.names.asked.heading"), (named.frame,))]
    shown = list(named.names[:_CERTIFICATE_NAMES])
    more = len(named.names) - len(shown)
    shown += [words("other.names.certificate.more", n=more)] if more else []
    text = words("requests.list.comma").join(shown)
    return [Passage(text, words("other.names.certificate.heading"), (named.frame,))]


def name_passages(session: JudgedCapture, stream: int, names: DnsNames | None, words: Words) -> list[Passage]:
    """The names that the ends of ``stream`` had by DNS answers before its first packet, with those packets."""
    rows = session.rows_of(stream)
    if names is None or not len(rows):
        return []
    passages: list[Passage] = []
    for end in (session.streams.server(stream), session.streams.client(stream)):
        known = names.name_of(end.address, int(rows[0]))
        if known is not None:
            heading = "" if passages else words("other.names.heading")
            key = "name" if known.asked else "second" if known.is_second else "unasked"
            text = words(f"other.names.{key}", address=end.host, name=known.name)
            passages.append(Passage(text, heading, (known.frame,)))
    return passages


#: Names of a certificate that are told.
_CERTIFICATE_NAMES: Final = 4
#: Slowest turns that are listed; nobody reads more.
TURNS_SHOWN: Final = 8
#: The time budget of connections with more segments is computed by a worker thread (`prefetch_time_budget`), never
#: while a key waits for its repaint; while a file is being loaded, that of all connections is.
PROMPT_SEGMENTS: Final = 1_000
#: The time budget of a connection that may still grow is computed again after this growth (percent).
REGROWTH_PERCENT: Final = 10
#: LRU size: connections whose time budget is cached, per session.
_CACHED: Final = 16


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """The time budget of one connection, as the pane shows it."""

    packets: int
    """Packets of the connection when this was computed."""
    growing: bool
    """Whether more packets could still come then."""
    keys: int
    """`KeyLog.revision` then: what stands inside TLS tells what a silence was."""
    shares: tuple[Share, ...]
    turns: tuple[TurnLine, ...]
    turns_heading: str
    rates: tuple[RateLines, ...]

    def holds(self, packets: int, growing: bool, keys: int) -> bool:
        """Whether this cached result may still be shown for the connection as it is now.

        Once no more packets can come it must be exact: a single last packet may end a wait longer than all before it.
        """
        if keys != self.keys:
            return False
        if not growing:
            return packets == self.packets and not self.growing
        return packets * 100 <= self.packets * (100 + REGROWTH_PERCENT)


_caches: WeakKeyDictionary[JudgedCapture, LruCache[tuple[int, Language], TimeSpent]] = WeakKeyDictionary()


def prefetch_time_budget(session: JudgedCapture, stream: int, words: Words) -> None:
    """Compute and cache the time budget of ``stream``, however long it is; for worker threads."""
    _look_up(session, stream, words, at_once=True)


def _look_up(session: JudgedCapture, stream: int, words: Words, *, at_once: bool) -> TimeSpent | None:
    cache = _caches.setdefault(session, LruCache(_CACHED, locked=True))
    key = (stream, words.language)
    known = cache.get(key)
    growing = session.progress.growing  # read first: once it is False, all packets are there
    packets, keys = rows_seen(session, stream), session.reader.keys.revision
    if known is not None and known.holds(packets, growing, keys):
        return known
    if not at_once and (packets > PROMPT_SEGMENTS or session.progress.phase is Phase.LOADING):
        return known
    view = view_of(session, stream)
    budget = time_budget(view)
    turns = slowest_turns(budget, view, TURNS_SHOWN, words)
    heading = turns_heading(budget, len(turns), words) if turns else ""
    rates = rate_lines(view, words)
    fresh = TimeSpent(packets, growing, keys, shares(budget, words), turns, heading, rates)
    cache.put(key, fresh)
    return fresh


def _spent_on_recovery(session: JudgedCapture, stream: int, words: Words) -> bool:
    """Whether the bar, where it is known, shows time spent on recovery from loss."""
    spent = _look_up(session, stream, words, at_once=False)
    return spent is not None and any(share.part is Part.RECOVERY for share in spent.shares)


def bar_passage(session: JudgedCapture, stream: int, words: Words) -> tuple[Passage, ...]:
    """The time-budget bar; empty while it has not been computed, or when the connection has no duration."""
    spent = _look_up(session, stream, words, at_once=False)
    if spent is None or not spent.shares:
        return ()
    return (Passage("", words("budget.heading"), bar=spent.shares),)


def rate_passages(session: JudgedCapture, stream: int, words: Words) -> Iterator[Passage]:
    """What limited the rate of each direction; nothing while that has not been computed."""
    spent = _look_up(session, stream, words, at_once=False)
    for told in spent.rates if spent is not None else ():
        yield Passage(told.shares, told.heading)
        yield Passage(told.why, packets=told.frames)
        yield from map(Passage, filter(None, (told.sure, told.control)))


def turn_passages(session: JudgedCapture, stream: int, words: Words) -> tuple[Passage, ...]:
    """The slowest turns; empty when there are fewer than two, or they have not been computed."""
    spent = _look_up(session, stream, words, at_once=False)
    if spent is None or len(spent.turns) < 2:
        return ()
    told = (
        Passage(
            words(
                "budget.turn.asked" if turn.asked else "budget.turn",
                number=turn.number, total=turn.total, network=turn.network, server=turn.server,
                transfer=turn.transfer, asked=turn.asked, client=turn.client,
            ),
            packets=turn.frames,
        )
        for turn in spent.turns
    )  # fmt: skip
    return (Passage(spent.turns_heading, tone=Tone.TITLE), *told)
