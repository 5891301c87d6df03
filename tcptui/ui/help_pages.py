"""The sections of the help screen, made from the tables that the engine itself uses.

Verdicts come from `model.verdict` with the thresholds of `analysis.kernel.segment`, states from
`analysis.kernel.transitions.TRANSITIONS`, keys from the tables of commands: so the help cannot differ from the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.analysis.kernel import segment as kernel
from tcptui.analysis.kernel.columns import TROUBLE
from tcptui.analysis.kernel.direct_decisions import edges_beside_the_table
from tcptui.analysis.kernel.transitions import TRANSITIONS, Event
from tcptui.findings.catalog import SPECS
from tcptui.model.finding import Confidence, FindingId, Severity
from tcptui.model.tcp_state import TcpState
from tcptui.model.units import NS_PER_MS
from tcptui.model.verdict import PRECEDENCE
from tcptui.ui.cell_text import fit
from tcptui.ui.prose import BlankLine, Block, Entry, Heading, Paragraph, Span, Verbatim, column_for
from tcptui.ui.prose_columns import TWO_COLUMNS, diagram_beside_table, halved, paired, sections, standing_alone
from tcptui.ui.signs import SIGNS
from tcptui.ui.start.teaching import Lesson
from tcptui.words.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.model.verdict import Verdict
    from tcptui.ui.main.state_moves import Edge, EndTransition, PacketMoves
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

_GLOSSARY: Final = "glossary."
#: Prefix of the names of verdicts about TCP Fast Open; all of them share one glossary term.
_FAST_OPEN: Final = "tfo-"
_RESETS: Final = (Event.SEND_RST, Event.RECEIVE_RST)
_SEVERITY_STYLES: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
#: Cells of a state's name in the diagram of a connection.
_STATE_CELLS: Final = 13
_ARROW_CELLS: Final = 20


class Section(Enum):
    """The sections in order; the value is part of their catalogue keys."""

    TERM = "term"
    KEYS = "keys"
    READING = "reading"
    VERDICTS = "verdicts"
    STATES = "states"
    GLOSSARY = "glossary"


@dataclass(frozen=True, slots=True)
class HelpKey:
    """The keys of one command, and what it does, in the user's language."""

    keys: str
    what: str


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """The keys of one group under its title."""

    title: str
    keys: tuple[HelpKey, ...]


def help_page(
    words: Words, glyphs: Glyphs, keys: Sequence[KeyGroup], term: str | None, moves: PacketMoves | None = None
) -> list[Block]:
    """All sections as blocks.

    The first one explains ``term``, the name of a finding or verdict or a glossary key without its prefix, if the
    glossary has it.  With ``moves``, the transitions that the selected packet caused are marked.
    """
    page: list[Block] = []
    for section, blocks in (
        (Section.TERM, _term(words, term)),
        (Section.KEYS, _keys(keys)),
        (Section.READING, _reading(words, glyphs)),
        (Section.VERDICTS, _verdicts(words)),
        (Section.STATES, _states(words, glyphs, moves)),
        (Section.GLOSSARY, _glossary(words)),
    ):
        if blocks:
            if page:
                page.append(BlankLine())
            title = words(f"guide.help.{section.value}")
            page += [Heading(title, section.value, glyphs.rule), *blocks]
    return page


def lessons(words: Words, glyphs: Glyphs) -> tuple[Lesson, ...]:
    """What a newcomer needs first: how to read the screen, a connection from SYN to FIN, verdicts, terms."""
    diagram: list[Block] = [Paragraph(words("guide.states.intro")), BlankLine(), *whole_connection(words, glyphs)]
    parts = (
        (Section.READING, standing_alone(_reading(words, glyphs))),
        (Section.STATES, [diagram]),
        (Section.VERDICTS, standing_alone(_verdicts(words))),
        (Section.GLOSSARY, standing_alone(_glossary(words))),
    )
    return tuple(
        Lesson(Heading(words(f"guide.help.{section.value}"), rule=glyphs.rule), tuple(tuple(group) for group in groups))
        for section, groups in parts
    )


#: The sections whose list of blocks is longer than a page: in two columns its groups stand beside each other.
_LONG: Final = (Section.GLOSSARY,)
_IN_COLUMNS: Final = (Section.KEYS, Section.READING, Section.VERDICTS, *_LONG)


def for_width(page: Sequence[Block], width: int) -> tuple[Block, ...]:
    """``page`` for ``width`` cells: in two columns where they fit."""
    if width < TWO_COLUMNS:
        return tuple(page)
    shown: list[Block] = []
    for heading, blocks in sections(page):
        if heading is not None:
            shown.append(heading)
        section = Section(heading.anchor) if heading is not None and heading.anchor else None
        if section in _LONG:
            shown += paired(blocks)
        elif section is Section.STATES:
            shown += diagram_beside_table(blocks, width)
        elif section in _IN_COLUMNS:
            shown.append(halved(blocks, width))
        else:
            shown += blocks
    return tuple(shown)


def sections_of(page: Iterable[Block]) -> list[Section]:
    """The sections on ``page``, in order."""
    return [Section(block.anchor) for block in page if isinstance(block, Heading) and block.anchor]


def glossary_term(term: str | None, words: Words) -> str | None:
    """The glossary key, without its prefix, for ``term``, which may name a finding or verdict; None without one."""
    if term is None or words.has(_GLOSSARY + term):
        return term
    if term.startswith(_FAST_OPEN):
        return "fast-open"
    return SPECS[FindingId(term)].glossary_term if term in set(FindingId) else None


def _term(words: Words, term: str | None) -> list[Block]:
    found = glossary_term(term, words)
    return [] if found is None else [_definition(words(_GLOSSARY + found))]


def _definition(text: str) -> Paragraph:
    """A glossary entry; the text up to its first colon is the term and is set as the lead."""
    colon = min((at for mark in ":：" if (at := text.find(mark)) > 0), default=-1) + 1
    return Paragraph(text[colon:], lead=text[:colon])


def _keys(groups: Sequence[KeyGroup]) -> list[Block]:
    column = column_for((key.keys for group in groups for key in group.keys), most=20)
    blocks: list[Block] = []
    for group in groups:
        if blocks:
            blocks.append(BlankLine())
        if group.title:
            blocks.append(Paragraph(group.title, "faint"))
        blocks += [Entry(key.keys, key.what, column, style="key") for key in group.keys]
    return blocks


def _reading(words: Words, glyphs: Glyphs) -> list[Block]:
    blocks: list[Block] = [Paragraph(words("guide.reading.row")), BlankLine()]
    entries: list[tuple[str, str, str]] = []
    for severity in reversed(Severity):
        line = glyphs.arrow_line(severity) * 4
        name = words(f"guide.severity.{severity.name.lower()}")
        entries.append((f"{glyphs.severity(severity)} {line}{glyphs.to_right} {name}", _SEVERITY_STYLES[severity], ""))
    meanings = [words(f"guide.severity.{severity.name.lower()}.meaning") for severity in reversed(Severity)]
    column = column_for(term for term, _, _ in entries)
    blocks += [Entry(term, text, column, style) for (term, style, _), text in zip(entries, meanings, strict=True)]
    blocks += [
        BlankLine(),
        Paragraph(words("guide.reading.sides", right=glyphs.to_right, left=glyphs.to_left)),
        BlankLine(),
    ]
    states = [
        ("ESTAB", "plain", "known"),
        ("ESTAB?", "assumed", "assumed"),
        ("SYN-RCVD*", "plain", "corrected"),
        ("?", "assumed", "unseen"),
    ]
    column = max(column, column_for(words(f"guide.confidence.{level.value}") for level in Confidence))
    blocks += [Entry(text, words(f"guide.state.{key}"), column, style) for text, style, key in states]
    blocks += [BlankLine(), Paragraph(words("guide.reading.list"))]
    blocks += [BlankLine(), Paragraph(words("guide.reading.signs")), BlankLine()]
    blocks += [Entry(sign.shown(glyphs), words(sign.word), column, "strong") for sign in SIGNS]
    blocks += [BlankLine(), Paragraph(words("guide.reading.confidence"))]
    for level in Confidence:
        name = words(f"guide.confidence.{level.value}")
        blocks.append(Entry(name, words(f"guide.confidence.{level.value}.meaning"), column))
    return blocks


def verdict_rule(verdict: Verdict, words: Words) -> str:
    """The sentence that says when ``verdict`` is given, with the engine's own thresholds filled in."""
    facts = {
        "fast_ms": kernel.FAST_RETRANSMIT_NS // NS_PER_MS,
        "order_ms": kernel.OUT_OF_ORDER_NS // NS_PER_MS,
        "duplicates": kernel.FAST_DUPLICATES,
    }
    return words(f"guide.verdict.{verdict.field_name}", **facts)


def _verdicts(words: Words) -> list[Block]:
    names = {verdict: words(f"screen.verdict.{verdict.field_name}") for verdict in PRECEDENCE}
    column = column_for(names.values(), most=26)
    blocks: list[Block] = [Paragraph(words("guide.verdicts.intro")), BlankLine()]
    for verdict in PRECEDENCE:
        style = "warning" if verdict & TROUBLE else "strong"
        blocks.append(Entry(names[verdict], verdict_rule(verdict, words), column, style))
    return blocks


def _states(words: Words, glyphs: Glyphs, moves: PacketMoves | None) -> list[Block]:
    blocks: list[Block] = [] if moves is None else [Paragraph(_here(words, moves), "strong"), BlankLine()]
    lit = {} if moves is None else _lit(words, moves)
    blocks += [Paragraph(words("guide.states.intro")), BlankLine()]
    blocks += whole_connection(words, glyphs)
    blocks += [BlankLine(), Paragraph(words("guide.states.table")), BlankLine()]
    events = {event: words(f"guide.event.{event.name.lower()}") for event in Event}
    column = column_for(events.values(), gap=1, most=40)
    for state in TcpState:
        leaving = [
            (event, to)
            for (start, event), to in TRANSITIONS.items()
            if start is state and not _ordinary_reset(event, to)
        ]
        name = state.label
        for event, to in leaving:
            spans = (
                Span(fit(name, _STATE_CELLS + 1), "strong"),
                Span(fit(events[event], column)),
                Span(f"{glyphs.to_right} ", "faint"),
                Span(to.label, "strong"),
                *(Span(f"  {glyphs.to_left} {name}", style) for name, style in lit.get((state, event), ())),
            )
            blocks.append(Verbatim(spans))
            name = ""
        for start, event, to in edges_beside_the_table():
            if start is state:
                blocks.append(
                    Verbatim(
                        (
                            Span(" " * (_STATE_CELLS + 1)),
                            Span(fit(words(f"guide.event.{event.name.lower()}.otherwise"), column)),
                            Span(f"{glyphs.to_right} ", "faint"),
                            Span(to.label, "strong"),
                        )
                    )
                )
    resettable = sorted({start for (start, event), to in TRANSITIONS.items() if _ordinary_reset(event, to)})
    blocks += [
        BlankLine(),
        Paragraph(words("guide.states.reset", states=", ".join(state.label for state in resettable))),
    ]
    return blocks


def _here(words: Words, moves: PacketMoves) -> str:
    """The sentence that says which states both ends are in after the selected packet."""

    def told(move: EndTransition) -> str:
        return words(f"guide.states.{'known' if move.known else 'assumed'}", state=move.after.label)

    return words("guide.states.here", frame=moves.frame, client=told(moves.client), server=told(moves.server))


def _lit(words: Words, moves: PacketMoves) -> dict[Edge, list[tuple[str, str]]]:
    """The transitions that the selected packet caused; for each, the ends that made it as (name, style)."""
    lit: dict[Edge, list[tuple[str, str]]] = {}
    for side, move in (("client", moves.client), ("server", moves.server)):
        for edge in move.edges():
            lit.setdefault(edge, []).append((words(f"guide.side.{side}"), side))
    return lit


def _ordinary_reset(event: Event, to: TcpState) -> bool:
    """Whether this is a RST that leads to CLOSED: the same in almost every state, so one sentence covers them all."""
    return event in _RESETS and to is TcpState.CLOSED


@dataclass(frozen=True, slots=True)
class _Packet:
    """One packet of an ordinary connection and the event that it is to each end (None: no event)."""

    flags: str
    from_client: bool
    client: Event | None
    server: Event | None


_ORDINARY: Final = (
    _Packet("SYN", True, Event.SEND_SYN, Event.RECEIVE_SYN),
    _Packet("SYN, ACK", False, Event.RECEIVE_SYN_ACK, Event.SEND_SYN_ACK),
    _Packet("ACK", True, None, Event.RECEIVE_ACK_OF_SYN),
    _Packet("FIN, ACK", True, Event.SEND_FIN, Event.RECEIVE_FIN),
    _Packet("ACK", False, Event.RECEIVE_ACK_OF_FIN, None),
    _Packet("FIN, ACK", False, Event.RECEIVE_FIN, Event.SEND_FIN),
    _Packet("ACK", True, None, Event.RECEIVE_ACK_OF_FIN),
)


def whole_connection(words: Words, glyphs: Glyphs) -> list[Block]:
    """A diagram of one ordinary connection: each packet and the states it leads to."""
    client, server = TcpState.CLOSED, TRANSITIONS[TcpState.CLOSED, Event.PASSIVE_OPEN]
    names = (words("guide.side.client"), words("guide.side.server"))
    blocks: list[Block] = [
        Verbatim(_lanes(names[0], " " * _ARROW_CELLS, names[1], "client", "plain", "server", plain=True)),
        Verbatim(_lanes(client.label, " " * _ARROW_CELLS, server.label, "client", "plain", "server")),
    ]
    for packet in _ORDINARY:
        before = (client, server)
        if packet.client is not None:
            client = TRANSITIONS.get((client, packet.client), client)
        if packet.server is not None:
            server = TRANSITIONS.get((server, packet.server), server)
        left = client.label if client is not before[0] else glyphs.lane
        right = server.label if server is not before[1] else glyphs.lane
        side = "client" if packet.from_client else "server"
        blocks.append(Verbatim(_lanes(left, _arrow(packet, glyphs), right, "client", side, "server")))
    timeout = TRANSITIONS[client, Event.TIMEOUT]
    waiting = fit(words("guide.event.timeout"), _ARROW_CELLS)
    blocks.append(Verbatim(_lanes(timeout.label, waiting, glyphs.lane, "client", "faint", "server")))
    return blocks


def _lanes(
    left: str, middle: str, right: str, left_style: str, style: str, right_style: str, *, plain: bool = False
) -> tuple[Span, ...]:
    """One line of the diagram: the client's lane, the arrow or text between, the server's lane."""
    lead = "faint" if plain else left_style
    tail = "faint" if plain else right_style
    return (
        Span(fit(left, _STATE_CELLS, right=True) + "  ", lead),
        Span(middle, style),
        Span("  " + right, tail),
    )


def _arrow(packet: _Packet, glyphs: Glyphs) -> str:
    room = _ARROW_CELLS - 1 - cell_len(packet.flags) - 2
    before = glyphs.line * (room // 2)
    after = glyphs.line * (room - room // 2)
    if packet.from_client:
        return f"{before} {packet.flags} {after}{glyphs.to_right}"
    return f"{glyphs.to_left}{before} {packet.flags} {after}"


def _glossary(words: Words) -> list[Block]:
    """Every glossary term, in the catalogue's order, which leads from packets to their interpretation."""
    blocks: list[Block] = []
    for key in catalogue(words.language):
        if key.startswith(_GLOSSARY):
            blocks += [_definition(words(key)), BlankLine()]
    return blocks[:-1]
