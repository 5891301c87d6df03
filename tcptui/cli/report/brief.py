"""The first page of a report: the verdict, how far to trust the capture, and the groups of trouble, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.report.blocks import Block, Heading, Paragraph
from tcptui.words.finding_text import look_next, what_happened
from tcptui.words.frame_roles import frames_with_roles
from tcptui.words.other_text import counts_text
from tcptui.words.quantities import Count, clock_time, unbroken_duration
from tcptui.words.trouble_text import group_numbers, headline, symptoms_text, verdict
from tcptui.words.trust_text import trust_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.cli.report.summary import Summary
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.words.catalogue import Words

#: Upper bound of groups that are told; more are counted.
GROUPS_SHOWN: Final = 20
#: Upper bound of frame numbers of a group.
NAMED_FRAMES: Final = 8
#: Upper bound of connection numbers of a group.
NAMED_CONNECTIONS: Final = 12


def compose_brief(summary: Summary, words: Words, notice: str | None) -> Iterator[Block]:
    """The first page; ``notice``: the session's message, e.g. where reading stopped and why."""
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
        yield Paragraph(words("report.brief.filter", shown=Count(summary.count), all=Count(summary.total)))
    yield Paragraph(verdict(trouble, summary.count, words, is_part=is_part), label=words("report.brief.verdict"))
    yield Paragraph(trust_line(summary.trust, summary.count, words), label=words("report.brief.trust"))
    if capture.other_protocols:
        yield Paragraph(counts_text(capture.other_protocols, words), label=words("report.brief.other"))
    if notice is not None and not is_part:
        yield Paragraph(notice)
    for group in trouble.groups[:GROUPS_SHOWN]:
        yield from _group(summary, group, words)
    if len(trouble.groups) > GROUPS_SHOWN:
        yield Paragraph(words("report.brief.more-groups", n=Count(len(trouble.groups) - GROUPS_SHOWN)))


def _group(summary: Summary, group: TroubleGroup, words: Words) -> Iterator[Block]:
    yield Heading(3, headline(group, words), group.severity)
    yield Paragraph(group_numbers(group, summary.streams, words))
    if symptoms := symptoms_text(group, words):
        yield Paragraph(symptoms, label=words("trouble.symptoms"))
    text = what_happened(group.finding, words)
    if not group.is_whole and len(group.streams) > 1:
        text = words("report.brief.example", stream=group.streams[0], text=text)
    if group.finding.packets:
        frames = frames_with_roles(summary.store, group.finding.packets, NAMED_FRAMES, words)
        text = words("report.with-packets", text=text, packets=frames)
    yield Paragraph(text)
    yield Paragraph(look_next(group.finding, words), label=words("report.brief.next"))
    if len(group.streams) > 1:
        named = words("report.list-comma").join(map(str, sorted(group.streams)[:NAMED_CONNECTIONS]))
        more = len(group.streams) - NAMED_CONNECTIONS
        listed = words("report.frames-more", frames=named, n=Count(more)) if more > 0 else named
        yield Paragraph(listed, label=words("report.brief.numbers"))
