"""Composes the report for people: the verdict and the groups of trouble, and on request how each is known.

With `Detail.EXPLAIN` the worst connections are explained, healthy ones are mostly only counted; the length is bounded,
however many connections there are, and the report says what it leaves out.  `Detail.FULL` leaves nothing out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.analysis.timing.budget import time_budget
from tcptui.cli.commands import Detail
from tcptui.cli.report.blocks import Block, Bullets, Command, Heading, Paragraph, Table
from tcptui.cli.report.link_names import link_name
from tcptui.findings.catalog import spec_of
from tcptui.findings.elsewhere import capture_outside
from tcptui.findings.weight import causes_before_symptoms, worst_finding
from tcptui.model.finding import Severity
from tcptui.model.tcp_state import TcpState
from tcptui.words.budget_text import sentence, slowest_turns, turns_heading
from tcptui.words.finding_text import explain_finding, finding_name, finding_title, look_next, what_happened
from tcptui.words.frame_roles import frames_with_roles
from tcptui.words.kernel_text import summary_lines
from tcptui.words.other_text import counts_text
from tcptui.words.quantities import Count, byte_size, clock_time, unbroken_duration
from tcptui.words.rate_text import rate_lines
from tcptui.words.there_text import there_text
from tcptui.words.trouble_text import group_numbers, headline, symptoms_text, verdict
from tcptui.words.trust_text import trust_items, trust_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcptui.analysis.capture_trust import CaptureTrust
    from tcptui.analysis.stream.view import StreamView
    from tcptui.cli.report.summary import Capture, Connection, Side, Summary, Survey
    from tcptui.findings.elsewhere import CaptureThere
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.model.finding import Finding
    from tcptui.words.catalogue import Words
    from tcptui.words.explanation import Explanation

#: Upper bound of connections with problems that are explained in full.
EXPLAINED_CONNECTIONS: Final = 20
#: Upper bound of further ones that get a table row each.
LISTED_CONNECTIONS: Final = 100
#: Upper bound of connections without problems that get a table row each, the largest ones.
HEALTHY_CONNECTIONS: Final = 10
#: Upper bound of turns of a connection that get a table row each, the slowest ones.
LISTED_TURNS: Final = 20
#: Upper bound of frame numbers named as evidence before "and n more".
NAMED_FRAMES: Final = 12

#: Upper bound of groups that are told; more are counted.
_GROUPS_SHOWN: Final = 20
#: Upper bound of frame numbers of a group.
_NAMED_IN_BRIEF: Final = 8
#: Upper bound of connection numbers of a group.
_NAMED_CONNECTIONS: Final = 12

SHOWN_BY_FILTER: Final = "report.brief.filter"
SHOWN_BY_PROGRAM: Final = "report.brief.program"
#: What chose the connections, as `verdict` has it.
_CHOOSERS: Final = {SHOWN_BY_FILTER: "filter", SHOWN_BY_PROGRAM: "program"}


def compose_report(
    summary: Summary, words: Words, notice: str | None, detail: Detail, shown_by: str = SHOWN_BY_FILTER
) -> Iterator[Block]:
    """The report on a whole capture; ``notice``: the session's message, e.g. where reading stopped and why.

    ``shown_by``: the key of the sentence that says which connections are shown, where not all are.
    """
    yield from _compose_brief(summary, words, notice, shown_by)
    if not summary.count and not summary.trouble.groups:
        return
    if detail is Detail.BRIEF:
        if shown_by == SHOWN_BY_FILTER:  # who has run a program has no file to ask again
            yield Paragraph(words("report.brief.hint"), apart=True)
        return
    yield from _outside_part(summary, words)
    if not summary.count:
        return
    full = detail is Detail.FULL
    survey = summary.survey
    yield from trust_part(summary.trust, words)
    yield Heading(2, words("report.connections.heading"))
    errors, warnings = survey.with_severity(Severity.ERROR), survey.with_severity(Severity.WARNING)
    troubled = errors + warnings
    counts = {"all": summary.count, "errors": errors, "warnings": warnings, "healthy": summary.count - troubled}
    yield Paragraph(words("report.connections.counts", **{name: Count(n) for name, n in counts.items()}))
    explained = troubled if full else min(troubled, EXPLAINED_CONNECTIONS)
    for stream in survey.trouble_first[:explained]:
        yield from _connection_part(summary, summary.connection(stream), words, whole=full)
    listed = survey.trouble_first[explained:troubled]
    if listed:
        yield Heading(3, words("report.connections.more"))
        yield _table((summary.connection(stream) for stream in listed[:LISTED_CONNECTIONS]), words)
        if len(listed) > LISTED_CONNECTIONS:
            yield Paragraph(words("report.connections.left-out", n=Count(len(listed) - LISTED_CONNECTIONS)))
    yield from _healthy_part(summary, words, summary.count if full else HEALTHY_CONNECTIONS)
    if survey.counts:
        yield Heading(2, words("report.findings.heading" if survey.counts_all else "report.findings.troubled"))
        yield _finding_table(survey, words)


def compose_connection(summary: Summary, stream: int, words: Words, notice: str | None) -> Iterator[Block]:
    """The report on one connection of a capture, with all of its findings and its slowest turns."""
    capture = summary.capture
    yield from _capture_part(capture, summary, words, notice)
    yield from _kernel_part(capture, words)
    yield from _connection_part(summary, summary.connection(stream), words, whole=True)


def _capture_part(capture: Capture, summary: Summary, words: Words, notice: str | None) -> Iterator[Block]:
    yield Heading(1, capture.label)
    parts = [words("report.capture.packets", packets=Count(capture.packets), tcp=Count(capture.tcp_packets))]
    parts.append(words("report.capture.connections", n=Count(summary.count)))
    if capture.other_protocols:
        parts.append(words("report.capture.other", counts=counts_text(capture.other_protocols, words)))
    if capture.start_ns is not None and capture.end_ns is not None:
        parts.append(
            words("report.capture.time", start=clock_time(capture.start_ns), end=clock_time(capture.end_ns),
                  duration=unbroken_duration(capture.end_ns - capture.start_ns, words))
        )  # fmt: skip
        parts.append(words("report.capture.links", links=", ".join(map(link_name, capture.link_types))))
    if notice is not None:
        parts.insert(0 if capture.trust.quality.unread else len(parts), notice)
    yield Bullets(tuple(parts))


def _outside_part(summary: Summary, words: Words) -> Iterator[Block]:
    """What is told of no connection: findings that only tell what connections waited for, or that are about none."""
    told = [group for group in summary.trouble.above_note if spec_of(group.finding.id).is_outside]
    if told:
        yield Heading(2, words("report.outside.heading"))
    for group in told:
        yield from finding_part(group.finding, explain_finding(group.finding, None, words), words)
        yield from there_part(capture_outside(group.finding), words)


def trust_part(trust: CaptureTrust, words: Words) -> Iterator[Block]:
    """What casts doubt on the capture."""
    yield Heading(2, words("report.trust.heading"))
    yield Bullets(trust_items(trust, words))


def _connection_part(summary: Summary, connection: Connection, words: Words, *, whole: bool) -> Iterator[Block]:
    title = words(
        "report.connection.title",
        stream=connection.stream,
        client=connection.client.endpoint,
        server=connection.server.endpoint,
    )
    yield Heading(3, title, connection.severity)
    yield Paragraph(_measures(connection, words))
    view = summary.view(connection.stream)
    yield from _time_part(view, words, whole=whole)
    yield from _rate_part(view, words)
    ranked = causes_before_symptoms(connection.findings)
    told = [finding for finding in ranked if whole or finding.severity > Severity.NOTE]
    for finding in told:
        yield from finding_part(finding, explain_finding(finding, None, words), words)
    yield from there_part(summary.capture_there(connection.stream, told), words)
    notes = [] if whole else [finding for finding in ranked if finding.severity is Severity.NOTE]
    if notes:
        titles = words("report.list-semicolon").join(finding_name(finding.id, words) for finding in notes)
        yield Paragraph(titles, label=words("report.connection.notes"))


def _time_part(view: StreamView, words: Words, *, whole: bool) -> Iterator[Block]:
    """The time budget of a connection; with ``whole``, also of its slowest turns."""
    budget = time_budget(view)
    if not budget.elapsed_ns:
        return
    label = words("report.label", name=words("budget.heading"))
    yield Paragraph(sentence(budget, words), label=label)
    slowest = slowest_turns(budget, view, LISTED_TURNS, words) if whole else ()
    if len(slowest) > 1:
        asked = ("asked",) if any(turn.asked for turn in slowest) else ()
        names = ("turn", "packet", "total", "network", "server", "transfer", *asked, "client")
        headings = tuple(words(f"budget.column.{name}") for name in names)
        rows = tuple(
            (str(t.number), str(t.request_frame), t.total, t.network, t.server, t.transfer)
            + ((t.asked,) if asked else ())
            + (t.client,)
            for t in slowest
        )
        yield Paragraph(turns_heading(budget, len(slowest), words))
        yield Table(headings, rows, frozenset(range(len(names))))


def _rate_part(view: StreamView, words: Words) -> Iterator[Block]:
    """What limited the rate of each direction of a connection."""
    for told in rate_lines(view, words):
        yield Paragraph(" ".join(told.sentences), label=words("report.label", name=told.heading))


def finding_part(finding: Finding, explanation: Explanation, words: Words) -> Iterator[Block]:
    """One finding with its evidence, how sure it is, what else it could be and where to look next."""
    title = words(
        "report.finding.title",
        title=explanation.title,
        severity=words(f"report.severity.{finding.severity.name.lower()}"),
        confidence=words(f"report.confidence.{finding.confidence.value}"),
    )
    yield Heading(4, title, finding.severity)
    if explanation.meaning:
        yield Paragraph(explanation.meaning)
    for section in explanation.sections:
        label = words("report.label", name=section.heading)
        if len(section.lines) > 1:
            yield Paragraph("", label=label)
            yield Bullets(section.lines)
            continue
        text = "".join(section.lines)
        if section.packets:
            text = words("report.with-packets", text=text, packets=_frames(section.packets, words))
        yield Paragraph(text, label=label)


def there_part(there: CaptureThere | None, words: Words) -> Iterator[Block]:
    """The capture at another place that would decide, if there is one."""
    if there is None:
        return
    told = there_text(there, words)
    yield Heading(4, told.heading)
    yield Paragraph(told.when)
    yield from map(Command, told.commands)
    yield Paragraph(told.then)


def _frames(packets: Sequence[int], words: Words) -> str:
    named = ", ".join(map(str, packets[:NAMED_FRAMES]))
    more = len(packets) - NAMED_FRAMES
    return words("report.frames-more", frames=named, n=more) if more > 0 else named


def _healthy_part(summary: Summary, words: Words, most: int) -> Iterator[Block]:
    """The ``most`` largest connections without problems, a table row each."""
    largest, count = summary.largest_healthy(most)
    if not largest:
        return
    yield Heading(3, words("report.connections.healthy"))
    headings = ("#", *(words(f"report.column.{name}") for name in ("client", "server", "packets", "bytes", "end")))
    rows = []
    for stream in largest:
        connection = summary.connection(stream)
        client, server = connection.client, connection.server
        rows.append(
            (
                str(stream),
                str(client.endpoint),
                str(server.endpoint),
                f"{Count(connection.packets)}",
                byte_size(connection.wire_bytes),
                f"{client.state.label} / {server.state.label}",
            )
        )
    yield Table(headings, tuple(rows), frozenset({0, 3, 4}))
    if count > len(largest):
        yield Paragraph(words("report.connections.smaller", n=Count(count - len(largest))))


def _measures(connection: Connection, words: Words) -> str:
    parts = [
        words(
            "report.connection.size",
            packets=Count(connection.packets),
            sent=byte_size(connection.client.payload_bytes),
            received=byte_size(connection.server.payload_bytes),
            duration=unbroken_duration(connection.duration_ns, words),
        ),
        words(
            "report.connection.states", client=_state(connection.client, words), server=_state(connection.server, words)
        ),
    ]
    if connection.irtt_ns is not None:
        parts.append(words("report.connection.irtt", time=unbroken_duration(connection.irtt_ns, words)))
    if connection.ack_rtt is not None:
        spread = connection.ack_rtt
        times = (spread.minimum_ns, spread.median_ns, spread.maximum_ns)
        least, middle, most = (unbroken_duration(time, words) for time in times)
        parts.append(words("report.connection.ack-rtt", minimum=least, median=middle, maximum=most))
    counts = {
        "resent": connection.resent,
        "out-of-order": connection.out_of_order,
        "duplicate-acks": connection.duplicate_acks,
        "zero-windows": connection.zero_windows,
        "missed": connection.missed,
    }
    parts += [words(f"report.connection.{name}", n=Count(n)) for name, n in counts.items() if n]
    return words("report.list-semicolon").join(parts)


def _state(side: Side, words: Words) -> str:
    label = side.state.label
    if side.state is TcpState.UNSEEN:
        return words("report.state.unseen")
    return label if side.state_known else words("report.state.assumed", state=label)


def _table(connections: Iterable[Connection], words: Words) -> Table:
    headings = ("#", *(words(f"report.column.{name}") for name in ("client", "server", "packets", "worst")))
    rows = []
    for connection in connections:
        worst = worst_finding(connection.findings)
        ends = (str(connection.client.endpoint), str(connection.server.endpoint))
        title = "" if worst is None else finding_title(worst, words)
        rows.append((str(connection.stream), *ends, f"{Count(connection.packets)}", title))
    return Table(headings, tuple(rows), frozenset({0, 3}))


def _finding_table(survey: Survey, words: Words) -> Table:
    headings = (words("report.column.finding"), "id", words("report.column.connections"))
    rows = ((finding_name(name, words), str(name), f"{Count(n)}") for name, n in survey.counts.items())
    return Table(headings, tuple(rows), frozenset({2}))


def _compose_brief(summary: Summary, words: Words, notice: str | None, shown_by: str) -> Iterator[Block]:
    """The first page; ``notice`` and ``shown_by`` as of `compose_report`."""
    capture, trouble = summary.capture, summary.trouble
    yield Heading(1, capture.label)
    is_part = bool(capture.trust.quality.unread)
    if notice is not None and is_part:  # before anything that holds for a part only
        yield Paragraph(notice)
    size = {"packets": Count(capture.packets), "tcp": Count(capture.tcp_packets), "n": Count(summary.total)}
    if capture.start_ns is None or capture.end_ns is None:
        yield Paragraph(words("report.brief.size", **size))
    else:
        lasted = unbroken_duration(capture.end_ns - capture.start_ns, words)
        yield Paragraph(words("report.brief.size-time", start=clock_time(capture.start_ns), duration=lasted, **size))
    if summary.shown is not None:
        yield Paragraph(words(shown_by, shown=Count(summary.count), all=Count(summary.total)))
    chosen_by = _CHOOSERS[shown_by] if summary.hides_some else None
    said = verdict(trouble, summary.count, words, is_part=is_part, chosen_by=chosen_by)
    yield Paragraph(said, label=words("report.brief.verdict"))
    yield Paragraph(trust_line(summary.trust, summary.count, words), label=words("report.brief.trust"))
    if capture.other_protocols:
        yield Paragraph(counts_text(capture.other_protocols, words), label=words("report.brief.other"))
    yield from _kernel_part(capture, words)
    if notice is not None and not is_part:
        yield Paragraph(notice)
    for group in trouble.groups[:_GROUPS_SHOWN]:
        yield from _group(summary, group, words)
    if len(trouble.groups) > _GROUPS_SHOWN:
        yield Paragraph(words("report.brief.more-groups", n=Count(len(trouble.groups) - _GROUPS_SHOWN)))


def _kernel_part(capture: Capture, words: Words) -> Iterator[Block]:
    """What this host's kernel said while the packets were captured."""
    label = words("kernel.report.label")
    if capture.kernel_unusable is not None:
        yield Paragraph(words(f"kernel.report.unusable.{capture.kernel_unusable.value}"), label=label)
    if capture.kernel is not None:
        text = words("report.list-semicolon").join(summary_lines(capture.kernel, words))
        yield Paragraph(text, label=label)


def _group(summary: Summary, group: TroubleGroup, words: Words) -> Iterator[Block]:
    yield Heading(3, headline(group, words), group.severity)
    yield Paragraph(group_numbers(group, summary.streams, words))
    if symptoms := symptoms_text(group, words):
        yield Paragraph(symptoms, label=words("trouble.symptoms"))
    text = what_happened(group.finding, words)
    if not group.is_whole and len(group.streams) > 1:
        text = words("report.brief.example", stream=group.streams[0], text=text)
    if group.finding.packets:
        frames = frames_with_roles(summary.store, group.finding.packets, _NAMED_IN_BRIEF, words)
        text = words("report.with-packets", text=text, packets=frames)
    yield Paragraph(text)
    yield Paragraph(look_next(group.finding, words), label=words("report.brief.next"))
    if len(group.streams) > 1:
        named = words("report.list-comma").join(map(str, sorted(group.streams)[:_NAMED_CONNECTIONS]))
        more = len(group.streams) - _NAMED_CONNECTIONS
        listed = words("report.frames-more", frames=named, n=Count(more)) if more > 0 else named
        yield Paragraph(listed, label=words("report.brief.numbers"))
