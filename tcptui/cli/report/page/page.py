"""The page: the verdict on the capture first, its trouble in groups, then the worst connections with their evidence.

Its length is bounded, however many connections there are, and it says what it leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import tcptui
from tcptui.analysis.timing.budget import time_budget
from tcptui.charts.cells import full_view
from tcptui.charts.svg import svg
from tcptui.cli.report.link_names import link_name
from tcptui.cli.report.page.frame import page_begin, page_end
from tcptui.cli.report.page.ladder import ladder
from tcptui.cli.report.page.markup import Markup, element
from tcptui.findings.weight import causes_before_symptoms, worst_finding
from tcptui.model.finding import Severity
from tcptui.model.safe_text import safe_text
from tcptui.words.budget_text import shares
from tcptui.words.finding_text import (
    explain_finding,
    finding_name,
    finding_title,
    look_next,
    what_happened,
    what_it_means,
)
from tcptui.words.frame_roles import frames_with_roles
from tcptui.words.other_text import counts_text
from tcptui.words.quantities import Count, byte_size, clock_time, unbroken_duration
from tcptui.words.rate_text import rate_lines
from tcptui.words.request_text import where_it_went
from tcptui.words.there_text import there_text
from tcptui.words.trouble_text import group_numbers, headline, symptoms_text, verdict
from tcptui.words.trust_text import trust_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.analysis.timing.budget_parts import TimeBudget
    from tcptui.charts.chart import Chart
    from tcptui.cli.report.summary import Connection, Summary
    from tcptui.findings.elsewhere import CaptureThere
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.model.finding import Finding
    from tcptui.model.request import Request
    from tcptui.words.catalogue import Words

    #: The requests of a connection.
    RequestsOf = Callable[[int], Sequence[Request]]
    #: The time-sequence graph of a connection; None where no data went.
    ChartOf = Callable[[int], Chart | None]

#: Connections that are told; without trouble, so many of the largest.
CONNECTIONS: Final = 100
HEALTHY: Final = 5
#: Groups of trouble that are told.
GROUPS: Final = 20
#: Bytes of the connections' part, after which further ones are only listed: a page stays below 2 MB.
MOST_BYTES: Final = 1_800_000
#: Bytes of the graphs, after which no more are drawn: the worst connections come first.
MOST_GRAPH_BYTES: Final = 250_000
#: Further connections in trouble that get a row each.
LISTED: Final = 200
#: Findings of a connection that are explained; of others, the names.
_EXPLAINED: Final = 4
#: Requests of a connection that are listed, the slowest; and characters of an operation.
_REQUESTS: Final = 5
_OPERATION: Final = 120
_NAMED_FRAMES: Final = 10
_GLYPHS: Final = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "·"}

_BAR_WIDTH: Final = 960
_BAR_HEIGHT: Final = 22
#: A percentage stands within its part from this width on.
_LABEL_FROM: Final = 56


def page(
    summary: Summary, label: str, requests_of: RequestsOf, chart_of: ChartOf, words: Words, notice: str | None
) -> Iterator[str]:
    """The page in pieces; ``notice``: the session's message, e.g. where reading stopped and why.

    ``label``: the names of the files without their folders, which are nobody's business who gets the page.
    """
    label = safe_text(label)
    yield page_begin(words("page.title", file=label), words.language)
    yield _top(summary, label, words, notice)
    chosen, troubled = _chosen(summary)
    yield from _groups(summary, set(chosen), words)
    yield from _connections(summary, chosen, troubled, requests_of, chart_of, words)
    yield page_end(words("page.foot", version=tcptui.__version__))


def _top(summary: Summary, label: str, words: Words, notice: str | None) -> str:
    capture, trouble = summary.capture, summary.trouble
    size = {"packets": Count(capture.packets), "tcp": Count(capture.tcp_packets), "n": Count(summary.total)}
    line = words("report.brief.size", **size)
    if capture.start_ns is not None and capture.end_ns is not None:
        lasted = unbroken_duration(capture.end_ns - capture.start_ns, words)
        line = words("report.brief.size-time", start=clock_time(capture.start_ns), duration=lasted, **size)
    worst = max((group.severity for group in trouble.groups), default=Severity.NOTE)
    shade = worst.name.lower() if worst > Severity.NOTE else ""
    is_part = bool(capture.trust.quality.unread)
    told = [] if notice is None else [element("p", notice, cls="mark warning")]
    parts = [element("h1", label), *(told if is_part else []), element("p", line, cls="soft")]
    if summary.shown is not None:
        shown = words("report.brief.filter", shown=Count(summary.count), all=Count(summary.total))
        parts.append(element("p", shown, cls="soft"))
    chosen_by = "filter" if summary.hides_some else None
    said = verdict(trouble, summary.count, words, is_part=is_part, chosen_by=chosen_by)
    parts.append(element("p", said, cls=f"verdict {shade}".rstrip()))
    parts += [] if is_part else told
    about = [*trust_items(summary.trust, words)]
    if capture.link_types:
        about.append(words("report.capture.links", links=", ".join(map(link_name, capture.link_types))))
    if capture.other_protocols:
        about.append(words("report.capture.other", counts=counts_text(capture.other_protocols, words)))
    items = element("ul", *(element("li", item) for item in about), cls="small")
    parts.append(element("div", element("p", words("report.trust.heading"), cls="soft small"), items))
    return element("header", *parts) + "\n"


# -- trouble in groups ---------------------------------------------------------------------
def _groups(summary: Summary, told: set[int], words: Words) -> Iterator[str]:
    groups = summary.trouble.groups
    if not groups:
        return
    yield element("h2", words("page.trouble")) + "\n"
    for group in groups[:GROUPS]:
        yield _group(summary, group, told, words) + "\n"
    if len(groups) > GROUPS:
        yield element("p", words("page.more-groups", n=Count(len(groups) - GROUPS)), cls="soft")


def _group(summary: Summary, group: TroubleGroup, told: set[int], words: Words) -> Markup:
    text = what_happened(group.finding, words)
    if not group.is_whole and len(group.streams) > 1:
        text = words("report.brief.example", stream=group.streams[0], text=text)
    parts = [
        element("h3", _mark(group.severity), headline(group, words)),
        element("p", group_numbers(group, summary.streams, words), cls="soft small"),
        _labelled("trouble.symptoms", symptoms_text(group, words), words),
        element("p", text),
        element("p", what_it_means(group.finding, words)),
        _labelled("report.brief.next", look_next(group.finding, words), words),
        _facts(group.finding, words),
    ]
    if group.finding.packets:
        frames = frames_with_roles(summary.store, group.finding.packets, _NAMED_FRAMES, words)
        parts.append(element("p", words("page.packets", packets=frames), cls="small"))
    linked = [stream for stream in group.streams if stream in told][:_NAMED_FRAMES]
    if linked:
        links = [element("a", f"{stream}", href=f"#c{stream}") for stream in linked]
        more = len(group.streams) - len(linked)
        tail = words("page.and-more", n=Count(more)) if more else ""
        label = words("report.brief.numbers") + words("narrative.space")
        parts.append(element("p", label, Markup(", ".join(links)), tail, cls="small"))
    return element("section", *parts, cls=f"card group {group.severity.name.lower()}")


def _labelled(label: str, text: str, words: Words) -> Markup:
    """A paragraph of ``text`` behind the words ``label``; empty without a text."""
    return element("p", element("span", words(label), cls="soft"), words("narrative.space"), text) if text else Markup()


# -- connections ---------------------------------------------------------------------------
def _chosen(summary: Summary) -> tuple[list[int], int]:
    """The connections that are told, the worst first, and how many are in trouble."""
    survey = summary.survey
    troubled = survey.with_severity(Severity.ERROR) + survey.with_severity(Severity.WARNING)
    chosen = survey.trouble_first[: min(troubled, CONNECTIONS)]
    if not troubled:
        chosen = summary.largest_healthy(HEALTHY)[0]
    return chosen, troubled


def _connections(
    summary: Summary, chosen: list[int], troubled: int, requests_of: RequestsOf, chart_of: ChartOf, words: Words
) -> Iterator[str]:
    if not chosen:
        return
    yield element("h2", words("page.worst" if troubled else "page.largest")) + "\n"
    used = told = drawn = 0
    for stream in chosen:
        if used > MOST_BYTES:
            break
        connection = summary.connection(stream)
        graph = _graph(connection, chart_of, words) if drawn < MOST_GRAPH_BYTES else Markup()
        drawn += len(graph.encode())
        piece = _connection(summary, connection, requests_of(stream), graph, words) + "\n"
        used += len(piece.encode())
        told += 1
        yield piece
    rest = summary.survey.trouble_first[told:troubled] if troubled else []
    if rest:
        yield element("h2", words("report.connections.more")) + "\n"
        headings = ("#", *(words(f"report.column.{name}") for name in ("client", "server", "worst")))
        rows = []
        for stream in rest[:LISTED]:
            connection = summary.connection(stream)
            worst = worst_finding(connection.findings)
            ends = str(connection.client.endpoint), str(connection.server.endpoint)
            rows.append((str(stream), *ends, "" if worst is None else finding_title(worst, words)))
        yield _table(headings, rows, {0})
        if len(rest) > LISTED:
            yield element("p", words("report.connections.left-out", n=Count(len(rest) - LISTED)), cls="soft")


def _graph(connection: Connection, chart_of: ChartOf, words: Words) -> Markup:
    """The graph of the connection's data; empty where none went."""
    chart = chart_of(connection.stream)
    if chart is None:
        return Markup()
    ends = {"client": connection.client.endpoint, "server": connection.server.endpoint}
    heading = words("graph.heading", stream=connection.stream, **ends)
    return element("div", Markup(svg(chart, full_view(chart), words, heading)), cls="wide")


def _connection(
    summary: Summary, connection: Connection, requests: Sequence[Request], graph: Markup, words: Words
) -> Markup:
    stream = connection.stream
    view = summary.view(stream)
    ranked = causes_before_symptoms(connection.findings)
    above_note = [finding for finding in ranked if finding.severity > Severity.NOTE]
    severity = connection.severity or Severity.NOTE
    ends = {"client": connection.client.endpoint, "server": connection.server.endpoint}
    parts = [
        element("h3", _mark(severity), words("report.connection.title", stream=stream, **ends)),
        element("p", _numbers(connection, words), cls="soft small"),
    ]
    explained = above_note[:_EXPLAINED] or ranked[:1]
    parts += [_finding(finding, words) for finding in explained]
    there = summary.capture_there(stream, explained)
    parts += [] if there is None else _there(there, words)
    others = [finding for finding in ranked if finding not in explained]
    if others:
        names = words("report.list-semicolon").join(dict.fromkeys(finding_name(one.id, words) for one in others))
        parts.append(element("p", element("span", words("report.connection.notes") + " ", cls="soft"), names))
    budget = time_budget(view)
    bar = _budget_bar(budget, words)
    if bar:
        parts += [element("h4", words("budget.heading")), bar]
    for told in rate_lines(view, words):
        parts += [element("h4", told.heading), *(element("p", sentence, cls="small") for sentence in told.sentences)]
    if graph:
        parts += [element("h4", words("page.graph")), graph]
    drawing = ladder(view, summary.store, above_note, words)
    if drawing:
        parts += [element("h4", words("page.ladder")), drawing]
    if requests:
        parts += [element("h4", words("page.requests")), _requests(requests, words)]
    shade = severity.name.lower()
    return element("section", *parts, cls=f"card {shade}", id=f"c{stream}")


def _numbers(connection: Connection, words: Words) -> str:
    said = words(
        "report.connection.size",
        packets=Count(connection.packets),
        duration=unbroken_duration(connection.duration_ns, words),
        sent=byte_size(connection.client.payload_bytes),
        received=byte_size(connection.server.payload_bytes),
    )
    parts = [said]
    if connection.irtt_ns is not None:
        parts.append(words("report.connection.irtt", time=unbroken_duration(connection.irtt_ns, words)))
    return words("report.list-semicolon").join(parts)


def _finding(finding: Finding, words: Words) -> Markup:
    told = explain_finding(finding, None, words)
    confidence = words(f"report.confidence.{finding.confidence.value}")
    kind = words(f"report.severity.{finding.severity.name.lower()}")
    title = element("h4", told.title + " ", element("span", f"({kind}, {confidence})", cls="sure"))
    rows = []
    for section in told.sections:
        lines = section.lines
        inner = [element("p", line) if len(lines) > 1 else Markup(element("span", line)) for line in lines]
        if section.packets:
            named = ", ".join(map(str, section.packets[:_NAMED_FRAMES]))
            more = len(section.packets) - _NAMED_FRAMES
            named = words("report.frames-more", frames=named, n=more) if more > 0 else named
            inner.append(element("span", " " + words("page.packets", packets=named), cls="soft"))
        rows += [element("dt", section.heading), element("dd", *inner)]
    meaning = element("p", told.meaning) if told.meaning else Markup()
    return Markup(title + meaning + element("dl", *rows, cls="small"))


def _there(there: CaptureThere, words: Words) -> list[Markup]:
    """The capture at another place that would decide."""
    told = there_text(there, words)
    commands = (element("p", command, cls="small") for command in told.commands)
    return [element("h4", told.heading), element("p", told.when), *commands, element("p", told.then, cls="small")]


def _facts(finding: Finding, words: Words) -> Markup:
    confidence = words(f"report.confidence.{finding.confidence.value}")
    return element("p", words("page.how-sure", confidence=confidence), cls="small")


def _requests(requests: Sequence[Request], words: Words) -> Markup:
    """The slowest requests as a table."""
    slowest = sorted(requests, key=lambda one: -one.duration_ns)[:_REQUESTS]
    headings = tuple(words(f"requests.column.{name}") for name in ("operation", "status", "duration", "where"))
    rows = []
    for one in sorted(slowest, key=lambda one: one.number):
        operation = one.operation or words("requests.not-captured")
        shown = operation if len(operation) <= _OPERATION else operation[: _OPERATION - 1] + "…"
        shown = words("requests.one-reading", operation=shown) if one.one_reading else shown
        status = one.status or words("requests.no-answer")
        rows.append((shown, status, unbroken_duration(one.duration_ns, words), where_it_went(one, words)))
    table = _table(headings, rows, {2})
    left = len(requests) - len(rows)
    return Markup(table + element("p", words("page.requests-more", n=Count(left)), cls="soft small")) if left else table


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], numeric: set[int]) -> Markup:
    def cells(name: str, row: Sequence[str]) -> Markup:
        return element("tr", *(element(name, cell, cls="n" if at in numeric else "") for at, cell in enumerate(row)))

    head = element("thead", cells("th", headings))
    return element("div", element("table", head, element("tbody", *(cells("td", row) for row in rows))), cls="wide")


def _mark(severity: Severity) -> Markup:
    return element("span", f"{_GLYPHS[severity]} ", cls="mark")


def _budget_bar(budget: TimeBudget, words: Words) -> Markup:
    """The bar and its legend, the largest part first there; empty for a connection without duration."""
    told = shares(budget, words)
    if not told:
        return Markup()
    drawn, at = [], 0.0
    for share in told:
        width = _BAR_WIDTH * share.time_ns / budget.elapsed_ns
        cls = f"p{int(share.part)}"
        drawn.append(element("rect", cls=cls, x=at, y=0, width=max(width, 0.5), height=_BAR_HEIGHT))
        if width >= _LABEL_FROM:
            middle = at + width / 2
            label = share.percent
            drawn.append(element("text", label, cls="on", x=middle, y=15.5, text_anchor="middle"))
        at += width
    name = "; ".join(f"{share.name} {share.percent}" for share in told)
    facts = {"aria_label": name, "viewBox": f"0 0 {_BAR_WIDTH} {_BAR_HEIGHT}", "preserveAspectRatio": "none"}
    bar = element("svg", *drawn, cls="bar", role="img", **facts)
    ranked = sorted(told, key=lambda share: -share.time_ns)
    items = (
        element("li", _legend_key(int(share.part)), f"{share.name} {share.time} ({share.percent})") for share in ranked
    )
    return Markup(bar + element("ul", *items, cls="legend"))


def _legend_key(part: int) -> Markup:
    square = element("rect", cls=f"p{part}", width=10, height=10)
    return element("svg", square, cls="key", viewBox="0 0 10 10", aria_hidden="true")
