"""What the overview explains: a group of trouble, or that there is none; as a document, and as text to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from rich.cells import cell_len

from tcptui.ui.cell_text import span
from tcptui.ui.explain_document import USEFUL, bar_passage, most_useful_first, turn_passages
from tcptui.ui.main.explain_pane import PACKETS_SHOWN, Document, Passage, Tone
from tcptui.words.finding_text import explain_finding, finding_short
from tcptui.words.frame_roles import role_runs
from tcptui.words.quantities import Count, byte_size, unbroken_duration
from tcptui.words.trouble_text import group_numbers, headline, symptoms_text
from tcptui.words.trust_text import trust_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcptui.access.open_capture import JudgedCapture
    from tcptui.findings.trouble import TroubleGroup
    from tcptui.model.endpoint import Endpoint
    from tcptui.ui.main.trouble_watch import CaptureSeen
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words
    from tcptui.words.explanation import Section

#: Connections of a group that are named below its explanation; Enter lists all.
NAMED_CONNECTIONS: Final = 12


def group_document(session: JudgedCapture, group: TroubleGroup, words: Words) -> Document:
    """The explanation of ``group``: its numbers, what happened with the packets that show it, what that means."""
    first, rest = group_documents(session, group, words)
    return (*first, *rest)


def group_documents(session: JudgedCapture, group: TroubleGroup, words: Words) -> tuple[Document, Document]:
    """The explanation of ``group`` in two parts: what it is and what to do, and how that is known and how surely."""
    explanation = explain_finding(group.finding, None, words)
    sections = most_useful_first(explanation.sections)
    useful = [section for section in sections if section.kind in USEFUL]
    first = (*_happened(session, group, explanation.meaning, words), *_lines(useful))
    return first, tuple(_lines(sections[len(useful) :]))


def _happened(session: JudgedCapture, group: TroubleGroup, happened: str, words: Words) -> Iterator[Passage]:
    named = group.finding if group.is_whole or len(group.streams) == 1 else None
    yield Passage(headline(group, words), tone=Tone.TITLE, severity=int(group.severity), finding=named)
    # Else nothing is known any more of the worst.
    if session.streams.are_stored(np.array(group.streams[:1], np.int64)).all():
        yield Passage(group_numbers(group, session.streams, words), tone=Tone.FAINT)
    if symptoms := symptoms_text(group, words):
        yield Passage(symptoms, words("trouble.symptoms"))
    if not group.is_whole and len(group.streams) > 1:
        happened = words("report.brief.example", stream=group.streams[0], text=happened)
    frames = group.finding.packets
    yield Passage(happened, packets=frames, roles=tuple(role_runs(session.store, frames[:PACKETS_SHOWN], words)))


def _lines(sections: Iterable[Section]) -> Iterator[Passage]:
    for section in sections:
        for place, line in enumerate(filter(None, section.lines)):
            yield Passage(line, "" if place else section.heading)


def members_document(
    session: JudgedCapture, group: TroubleGroup, most: int, words: Words, glyphs: Glyphs, *, width: int = 0
) -> Document:
    """The connections of a group of several, the worst first, one line each; of more than ``most`` the rest counted.

    ``width``: as in `connections_document`.
    """
    if len(group.streams) < 2:
        return ()
    return connections_document(session, group.streams[:most], len(group.streams), words, glyphs, width=width)


def worst_document(session: JudgedCapture, group: TroubleGroup, words: Words) -> Document:
    """What is the matter with the worst connection of a group that is one story of many, each with its own trouble."""
    worst = session.headline(group.streams[0]) if group.is_whole and group.streams else None
    if worst is None:
        return ()
    explanation = explain_finding(worst, None, words)
    title = Passage(explanation.title, tone=Tone.TITLE, severity=int(worst.severity), finding=worst)
    happened = [Passage(explanation.meaning)] if explanation.meaning else []
    return (title, *happened, *_lines(most_useful_first(explanation.sections)))


def time_document(session: JudgedCapture, group: TroubleGroup, words: Words) -> Document:
    """Where the time of the worst connection of ``group`` went, as far as that is known at once."""
    worst = group.streams[:1]
    if not worst or not session.streams.are_stored(np.array(worst))[0]:
        return ()
    spent = (*bar_passage(session, worst[0], words), *turn_passages(session, worst[0], words))
    return (Passage("", words("overview.one", stream=worst[0])), *spent) if spent else ()


def largest_document(session: JudgedCapture, largest: Sequence[int], words: Words, glyphs: Glyphs) -> Document:
    """The connections ``largest`` of the most bytes, none of them evicted, one line each."""
    if not largest:
        return ()
    streams = session.streams
    number = max(len(str(stream)) for stream in largest)
    clients, servers = _column(map(streams.client, largest)), _column(map(streams.server, largest))
    sizes = [byte_size(int(streams.wire_bytes[stream])) for stream in largest]
    widest = max(map(len, sizes))
    passages = [Passage("", words("overview.largest"))]
    for stream, client, server, size in zip(largest, clients, servers, sizes, strict=True):
        facts = {"stream": str(stream).ljust(number), "client": client, "server": server}
        named = words("overview.connection", right=glyphs.right, **facts)
        packets = Count(int(streams.packets[stream]))
        took = unbroken_duration(int(streams.duration_ns[stream]), words)
        told = words("overview.largest.one", size=size.rjust(widest), packets=packets, duration=took)
        passages.append(Passage(f"{named}  {told}", hanging=number + 2))
    return tuple(passages)


def connections_document(
    session: JudgedCapture, some: Sequence[int], count: int, words: Words, glyphs: Glyphs, *, width: int = 0
) -> Document:
    """The connections ``some``, one line each, of ``count``; what is the matter with each where ``width`` has room."""
    streams, lost = session.streams, session.lost_ns
    shown = np.array(some, np.int64)
    passages = [Passage("", words("overview.connections"))] if count > 1 else []
    kept = shown[streams.are_stored(shown)].tolist()
    number = max((len(str(stream)) for stream in kept), default=0)
    clients, servers = _column(map(streams.client, kept)), _column(map(streams.server, kept))
    for stream, client, server in zip(kept, clients, servers, strict=True):
        facts = {"stream": str(stream).ljust(number), "client": client, "server": server}
        forms = [words("overview.connection", right=glyphs.right, **facts)]
        if lost[stream]:
            told = span(int(lost[stream]), glyphs.micro)
            forms.append(words("overview.connection.lost", text=forms[0], lost=told))
        worst = session.headline(stream) if width else None
        if worst is not None:
            forms.append(f"{forms[-1]}  {finding_short(worst, words)}")
        fitting = (form for form in reversed(forms) if not width or cell_len(form) <= width)
        passages.append(Passage(next(fitting, forms[0]).rstrip(), hanging=number + 2))
    if count > len(some):
        passages.append(Passage(words("overview.connections.more", n=Count(count - len(some)))))
    return tuple(passages)


def _column(ends: Iterable[Endpoint]) -> list[str]:
    """``ends`` as texts, with blanks behind the shorter ones, so that what follows stands below each other."""
    made = list(map(str, ends))
    longest = max(map(len, made), default=0)
    return [text.ljust(longest) for text in made]


def quiet_document(seen: CaptureSeen | None, words: Words) -> Document:
    """What was looked at where there is no trouble, and how far the capture can be trusted."""
    if seen is None:
        return (Passage(words("overview.looking"), tone=Tone.FAINT),)
    passages = []
    if seen.connections:
        passages.append(Passage(words("overview.looked-at"), words("overview.looked-at.heading")))
    if seen.trust is not None and seen.packets:
        items = words("report.list-semicolon").join(trust_items(seen.trust, words))
        passages.append(Passage(items, words("overview.trust")))
    return tuple(passages)


def document_text(document: Document) -> str:
    """``document`` as text to copy: a line for each paragraph, unwrapped, packets by number."""
    lines = []
    for passage in document:
        text = ": ".join(filter(None, (passage.heading.rstrip(":："), passage.text)))
        runs = passage.roles or ((("", passage.packets),) if passage.packets else ())
        named = "; ".join(f"{role} {', '.join(f'#{frame}' for frame in run)}".strip() for role, run in runs)
        rest = len(passage.packets) - sum(len(run) for _, run in runs)
        more = f" +{rest}" if rest else ""
        lines.append(f"{text} [{named}{more}]" if named else text)
    return "\n".join(lines).replace("\u00a0", " ")
