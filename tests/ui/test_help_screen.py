from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from textual.app import App

from tcptui.analysis.kernel import segment as kernel
from tcptui.analysis.kernel.transitions import TRANSITIONS, Event
from tcptui.model.finding import FindingId
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict
from tcptui.ui.export.keys import EXPORT_KEYS
from tcptui.ui.follow.keys import FOLLOW_KEYS
from tcptui.ui.graph.keys import GRAPH_KEYS
from tcptui.ui.groups.keys import GROUPS_KEYS
from tcptui.ui.help_pages import Section, for_width, glossary_term, help_page, sections_of, whole_connection
from tcptui.ui.keymap import COMMANDS, PANE_KEYS, Command
from tcptui.ui.merged.keys import LADDER_KEYS, MERGED_KEYS
from tcptui.ui.other.keys import OTHER_KEYS
from tcptui.ui.overview.keys import OVERVIEW_KEYS
from tcptui.ui.palette import ActionCommands, Palette, main_entries, main_keys, open_palette
from tcptui.ui.prose import Block, Entry, Paragraph, lay_out, text_of
from tcptui.ui.requests.keys import REQUESTS_KEYS
from tcptui.ui.screens.help import HelpScreen, SectionTabs
from tcptui.ui.search.keys import SEARCH_KEYS
from tcptui.ui.signs import EXPLAINED_BY_THEMSELVES, SIGNS
from tcptui.ui.theme import ASCII, UNICODE, Glyphs, variable_defaults
from tcptui.ui.widgets.document import Document
from tcptui.words.catalogue import Words, catalogue
from tcptui.words.language import Language

if TYPE_CHECKING:
    from textual.screen import Screen


def lines_of(blocks: list[Block], width: int = 78) -> list[str]:
    return text_of(lay_out(blocks, width)[0])


def page(language: Language = Language.EN, term: str | None = None) -> list[Block]:
    words = Words(language)
    return help_page(words, UNICODE, main_keys(words), term)


def test_paragraph_keeps_its_lead_in_another_style_across_lines() -> None:
    block = Paragraph("and the rest of it", lead="A lead that is long: ", lead_style="warning")

    lines = list(block.lines(12))

    assert text_of(lines) == ["A lead that", "is long: and", "the rest of", "it"]
    assert [[(span.text, span.style) for span in line] for line in lines[:2]] == [
        [("A lead that", "warning")],
        [("is long: ", "warning"), ("and", "plain")],
    ]


def test_entry_goes_below_its_term_where_there_is_no_room_beside() -> None:
    block = Entry("term", "what it means", 10)

    assert text_of(block.lines(40)) == ["term      what it means"]
    assert text_of(block.lines(20)) == ["term", "  what it means"]


@pytest.mark.parametrize("language", Language)
def test_every_key_of_the_table_is_in_the_help(language: Language) -> None:
    shown = "\n".join(lines_of(page(language), 120))

    for command in (*PANE_KEYS, *COMMANDS):
        if command.shown:
            assert command.shown in shown
            assert Words(language)(command.word) in shown


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "table",
    [
        OVERVIEW_KEYS,
        GRAPH_KEYS,
        EXPORT_KEYS,
        SEARCH_KEYS,
        FOLLOW_KEYS,
        OTHER_KEYS,
        REQUESTS_KEYS,
        GROUPS_KEYS,
        MERGED_KEYS,
        LADDER_KEYS,
    ],
    ids=lambda table: table[0].screen,
)
def test_every_key_of_the_other_screens_has_its_words(table: tuple[Command, ...], language: Language) -> None:
    words = Words(language)

    assert all(words(command.word) for command in table)


def test_every_verdict_is_explained_with_the_thresholds_in_use() -> None:
    words = Words(Language.EN)
    shown = "\n".join(lines_of(page(), 300))

    for verdict in Verdict:
        assert words(f"screen.verdict.{verdict.field_name}") in shown
    assert f"{kernel.FAST_RETRANSMIT_NS // 1_000_000} ms" in shown
    assert f"({kernel.OUT_OF_ORDER_NS // 1_000_000} ms" in shown


def test_every_transition_is_in_the_state_table() -> None:
    words = Words(Language.EN)
    shown = [" ".join(line.split()) for line in lines_of(page(), 100)]
    resets = next(line for line in lines_of(page(), 400) if line.startswith("A reset"))

    state = ""
    listed = set()
    names = {each.label: each for each in TcpState}
    events = {words(f"guide.event.{event.name.lower()}"): event for event in Event}
    for line in shown:
        left, arrow, right = line.partition(" ▶ ")
        if not arrow or right not in names:
            continue
        first, _, rest = left.partition(" ")
        if first in names:
            state, left = first, rest
        if left in events and state:
            listed.add(((names[state], events[left]), names[right]))
    for (start, event), to in TRANSITIONS.items():
        if event in (Event.SEND_RST, Event.RECEIVE_RST) and to is TcpState.CLOSED:
            assert start.label in resets
        else:
            assert ((start, event), to) in listed


def test_reset_of_an_active_open_is_in_the_state_table_beside_that_of_a_passive_one() -> None:
    shown = [" ".join(line.split()) for line in lines_of(page(), 100)]
    passive = shown.index("receives RST ▶ LISTEN")

    assert "receives RST (active open) ▶ CLOSED" in shown[passive:][:3]


def test_picture_of_a_connection_ends_closed_on_both_sides() -> None:
    lines = lines_of(whole_connection(Words(Language.EN), ASCII))

    assert "SYN-SENT" in lines[2]
    assert "SYN-RECEIVED" in lines[2]
    assert lines[-1].split()[0] == "CLOSED"
    assert "CLOSED" in lines[-2]
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [57, 77, 117])
def test_help_fits_every_width(language: Language, width: int) -> None:
    assert max(map(cell_len, lines_of(page(language), width))) <= width


def test_term_under_the_cursor_comes_first() -> None:
    lines = lines_of(page(term="fast-retransmission"), 300)

    assert sections_of(page(term="fast-retransmission"))[0] is Section.TERM
    assert lines[1] == Words(Language.EN)("glossary.fast-retransmission")
    assert sections_of(page(term="no-such-term"))[0] is Section.KEYS


@pytest.mark.parametrize("language", Language)
def test_every_verdict_and_finding_has_a_term(language: Language) -> None:
    words = Words(language)
    ids = [verdict.field_name.replace("_", "-") for verdict in Verdict] + [finding.value for finding in FindingId]

    assert [name for name in ids if not words.has(f"glossary.{glossary_term(name, words)}")] == []


@pytest.mark.parametrize("language", Language)
def test_glossary_sets_the_term_apart_from_its_definition(language: Language) -> None:
    words = Words(language)
    leads = {block.lead for block in page(language) if isinstance(block, Paragraph) and block.lead}

    assert len(leads) == sum(key.startswith("glossary.") for key in catalogue(language))
    assert all(lead.endswith((":", "：")) and len(lead) < 60 for lead in leads)
    assert words("glossary.mss").startswith(next(lead for lead in leads if "MSS" in lead))


class Helping(App[None]):
    def __init__(self, language: Language = Language.EN) -> None:
        super().__init__()
        self.words = Words(language)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def action_set_theme(self, name: str) -> None:
        self.theme = name

    def show_help(self) -> None:
        self.push_screen(HelpScreen(self.words, UNICODE, main_keys(self.words)))


async def test_number_tab_and_click_go_to_a_section() -> None:
    app = Helping()
    async with app.run_test(size=(80, 24)) as pilot:
        app.show_help()
        await pilot.pause()
        document = app.screen.query_one(Document)
        assert document.anchor_on_screen() == "keys"

        await pilot.press("4")
        await pilot.pause()
        assert document.anchor_on_screen() == "states"
        await pilot.press("shift+tab")
        await pilot.pause()
        assert document.anchor_on_screen() == "verdicts"
        await pilot.click(SectionTabs, offset=(2, 0))
        await pilot.pause()
        assert document.anchor_on_screen() == "keys"


@pytest.mark.parametrize("number", range(2, 6))
async def test_section_on_screen_stays_there_in_a_terminal_of_another_size(number: int) -> None:
    app = Helping()
    async with app.run_test(size=(100, 30)) as pilot:
        app.show_help()
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, HelpScreen)
        await pilot.press(str(number))
        await pilot.pause()
        section = screen.current
        for size in ((250, 70), (60, 16), (160, 45)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert screen.current is section, size


async def test_scrolling_marks_the_section_on_screen() -> None:
    app = Helping()
    async with app.run_test(size=(80, 24)) as pilot:
        app.show_help()
        await pilot.pause()
        await pilot.press("end")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, HelpScreen)
        assert screen.current is not Section.KEYS


@pytest.mark.parametrize("key", ["escape", "q", "question_mark"])
async def test_help_is_left_by_several_keys(key: str) -> None:
    app = Helping()
    async with app.run_test() as pilot:
        app.show_help()
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert not isinstance(app.screen, HelpScreen)


async def titles(screen: Screen[object], query: str = "") -> list[str]:
    provider = ActionCommands(screen)
    hits = provider.search(query) if query else provider.discover()
    return [hit.text or "" async for hit in hits]


async def test_palette_offers_only_what_the_screen_can_do() -> None:
    app = Helping()
    async with app.run_test():
        offered = await titles(app.screen)

        # This screen has none of the main screen's actions; the app itself can change its colours.
        assert app.words("guide.palette.theme.tcptui-light") in offered
        assert app.words("screen.key.narrow") not in offered


async def test_palette_says_when_nothing_fits() -> None:
    app = Helping(Language.ZH)
    async with app.run_test():
        assert await titles(app.screen, "zzzzzz") == [app.words("guide.palette.nothing")]


@pytest.mark.parametrize("language", Language)
def test_every_command_for_the_palette_has_a_title_and_its_key(language: Language) -> None:
    entries = main_entries(Words(language))

    assert len(entries) == sum(command.in_palette for command in COMMANDS)
    assert all(entry.title and entry.about for entry in entries)


async def test_palette_opens_once_and_shows_brackets_as_text() -> None:
    app = Helping()
    async with app.run_test(size=(80, 24)) as pilot:
        open_palette(app, app.words, UNICODE)
        open_palette(app, app.words, UNICODE)
        await pilot.pause()

        assert sum(isinstance(screen, Palette) for screen in app.screen_stack) == 1
        await pilot.press("escape")


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("language", Language)
def test_every_sign_of_the_screens_is_explained(language: Language, glyphs: Glyphs) -> None:
    words = Words(language)
    blocks = help_page(words, glyphs, [], None)
    entries = {(block.term, block.text) for block in blocks if isinstance(block, Entry)}

    assert {(sign.shown(glyphs), words(sign.word)) for sign in SIGNS} <= entries
    told = {name for sign in SIGNS for name in sign.glyphs}
    assert told | EXPLAINED_BY_THEMSELVES == {field.name for field in fields(Glyphs)}


def wide(language: Language, width: int) -> list[str]:
    return lines_of(list(for_width(page(language), width)), width)


@pytest.mark.parametrize("language", Language)
def test_wide_help_has_two_columns_and_leaves_nothing_out(language: Language) -> None:
    single, double = lines_of(page(language), 117), wide(language, 117)

    def letters(lines: list[str]) -> list[str]:
        return sorted("".join(lines).replace(" ", ""))

    assert letters(double) == letters(single)
    assert all(cell_len(line) <= 117 for line in double)
    assert len(double) < 0.85 * len(single)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [117, 157, 197, 247])
def test_column_of_the_wide_help_does_not_end_with_what_introduces_a_list(language: Language, width: int) -> None:
    introduction, first = Words(language)("guide.reading.signs"), SIGNS[0].shown(UNICODE)
    lines = wide(language, width)
    place = next(place for place, line in enumerate(lines) if introduction in line)

    begin, below = cell_len(lines[place].partition(introduction)[0]), lines[place + 2]
    assert any(cell_len(below[:at]) == begin and below.startswith(first, at) for at in range(len(below)))


@pytest.mark.parametrize("language", Language)
def test_help_of_less_than_120_columns_has_one(language: Language) -> None:
    assert wide(language, 115) == lines_of(page(language), 115)


async def test_sections_of_the_wide_help_are_where_their_tabs_say() -> None:
    app = Helping()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = HelpScreen(app.words, UNICODE, main_keys(app.words))
        await app.push_screen(screen)
        await pilot.pause()
        shown = screen.query_one(Document).shown_text
        width = cell_len(shown[0])  # a heading's rule ends where the page does
        for number, section in enumerate(sections_of(page()), 1):
            await pilot.press(str(number))
            await pilot.pause()
            assert screen.current is section

    assert shown == wide(Language.EN, width)
    assert shown != lines_of(page(), width)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [78, 116, 198])
def test_table_of_states_stands_beside_the_diagram_where_both_fit(language: Language, width: int) -> None:
    lines = wide(language, width)
    first = next(at for at, line in enumerate(lines) if line.lstrip().startswith("SYN-SENT  ─"))
    table = next(at for at, line in enumerate(lines) if "RFC 9293" in line)

    assert (table < first) == (width >= 116)
    assert all(cell_len(line) <= width for line in lines)
