from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from textual import events
from textual.app import App
from textual.widgets import Input, Static

from tcptui.ui.hint import Hint
from tcptui.ui.main.go_to import ClockTarget, ElapsedTarget, FrameTarget, JumpTarget, parse_target
from tcptui.ui.main.prompt_line import PromptKind, PromptLine, expand, names_file
from tcptui.ui.theme import UNICODE, variable_defaults
from tcptui.ui.widgets.one_line import HintLine
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.message import Message
    from textual.pilot import Pilot


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("13", FrameTarget(13)),
        (" #13 ", FrameTarget(13)),
        ("1.5", ElapsedTarget(1_500_000_000)),
        ("0.159002", ElapsedTarget(159_002_000)),
        ("+2", ElapsedTarget(2_000_000_000)),
        ("2s", ElapsedTarget(2_000_000_000)),
        ("38 ms", ElapsedTarget(38_000_000)),
        ("92µs", ElapsedTarget(92_000)),
        (".5", ElapsedTarget(500_000_000)),
        ("123456789012.123456789", ElapsedTarget(123_456_789_012_123_456_789)),
        ("14:03", ClockTarget((14 * 60 + 3) * 60 * 10**9)),
        ("14:03:59.12", ClockTarget(((14 * 60 + 3) * 60 + 59) * 10**9 + 120_000_000)),
        ("24:00", None),
        ("12:60", None),
        ("", None),
        ("packet", None),
        ("-1", None),
        ("1e9", None),
    ],
)
def test_target_is_a_packet_a_time_or_nothing(text: str, target: JumpTarget | None) -> None:
    assert parse_target(text) == target


class Prompting(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.words = Words(Language.EN)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def compose(self) -> ComposeResult:
        yield PromptLine(self.words)
        yield HintLine(UNICODE, self.words)

    @property
    def hints(self) -> str:
        """The bottom line."""
        return "".join(text for text, _ in self.query_one(HintLine).cells(120))

    @property
    def line(self) -> PromptLine:
        return self.query_one(PromptLine)


def posted(seen: list[Message], kind: type[PromptLine.Changed]) -> list[str]:
    # The hook tells of a message at every widget that it passes.
    messages = {id(message): message for message in seen}.values()
    return [message.text for message in messages if type(message) is kind]


async def submit(app: Prompting, pilot: Pilot[None], kind: PromptKind, *keys: str) -> None:
    app.line.open(kind)
    await pilot.press(*keys, "enter")
    await pilot.pause()


async def test_line_is_hidden_until_it_is_opened() -> None:
    app = Prompting()
    async with app.run_test() as pilot:
        assert not app.line.display

        app.line.open(PromptKind.NARROW)
        await pilot.pause()

        assert app.line.display
        assert app.line.size.height == 1
        assert app.focused is app.line.query_one(Input)


async def test_every_edit_is_told_and_enter_closes() -> None:
    seen: list[Message] = []
    app = Prompting()
    async with app.run_test(message_hook=seen.append) as pilot:
        await submit(app, pilot, PromptKind.NARROW, "4", "3")

        assert not app.line.is_open
    assert posted(seen, PromptLine.Changed)[-2:] == ["4", "43"]
    assert posted(seen, PromptLine.Submitted) == ["43"]


async def test_escape_gives_back_what_was_there_before() -> None:
    seen: list[Message] = []
    app = Prompting()
    async with app.run_test(message_hook=seen.append) as pilot:
        app.line.open(PromptKind.NARROW, "old")
        await pilot.press("x", "escape")
        await pilot.pause()

        assert not app.line.is_open
    assert posted(seen, PromptLine.Cancelled) == ["old"]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", PromptKind)
def test_what_may_be_typed_is_said_whole_on_the_narrowest_screen(kind: PromptKind, language: Language) -> None:
    words = Words(language)
    label = words(f"guide.prompt.label.{kind.name.lower()}")

    assert cell_len(f" {label} {words(f'guide.prompt.{kind.name.lower()}')}") <= 60


@pytest.mark.parametrize("kind", PromptKind)
async def test_prompt_says_what_it_is_and_which_keys_it_has(kind: PromptKind) -> None:
    app = Prompting()
    async with app.run_test() as pilot:
        app.query_one(HintLine).show([Hint("q", "screen.hint.quit")])
        app.line.open(kind, "x")
        await pilot.pause()
        label = app.line.query_one("#prompt-label")
        assert label.region.x == 0
        assert label.region.right > 3  # the text is not glued to it
        assert app.line.query_one(Input).region.x == label.region.right
        assert app.hints.split()[0] == "Enter"
        assert "Esc cancel" in app.hints
        assert ("Tab complete" in app.hints) == (
            kind in (PromptKind.SAVE, PromptKind.SLICE, PromptKind.FOLDER, PromptKind.NARROW, PromptKind.COLUMN)
        )
        await pilot.press("escape")
        assert app.hints.strip() == "q quit"


@pytest.mark.parametrize(
    ("kind", "typed", "text", "offered"),
    [
        (PromptKind.SAVE, "o", "on", "one.pcap  only"),
        (PromptKind.SAVE, "one", "one.pcap", ""),
        (PromptKind.FOLDER, "o", "only/", ""),
        (PromptKind.FOLDER, "x", "x", ""),
        (PromptKind.FIND, "o", "o", ""),
    ],
)
async def test_tab_completes_a_path_and_shows_how_it_can_go_on(
    tmp_path: Path, kind: PromptKind, typed: str, text: str, offered: str
) -> None:
    (tmp_path / "one.pcap").write_bytes(b"")
    (tmp_path / "only").mkdir()
    app = Prompting()
    async with app.run_test() as pilot:
        app.line.open(kind, f"{tmp_path}/{typed}")
        await pilot.press("tab")
        await app.workers.wait_for_complete()
        await pilot.pause()
        note = str(app.line.query_one("#prompt-note", Static).render())

        assert app.line.text == f"{tmp_path}/{text}"
        assert sorted(note.replace("/", "").split()) == sorted(offered.split())
        assert app.focused is app.line.query_one(Input)


async def test_history_is_walked_with_the_arrows_and_returns_to_the_draft() -> None:
    app = Prompting()
    async with app.run_test() as pilot:
        await submit(app, pilot, PromptKind.NARROW, "a")
        await submit(app, pilot, PromptKind.NARROW, "b")
        app.line.open(PromptKind.NARROW)
        await pilot.press("c", "up")
        assert app.line.text == "b"
        await pilot.press("up", "up")
        assert app.line.text == "a"
        await pilot.press("down", "down")
        assert app.line.text == "c"


async def test_each_kind_has_its_own_history() -> None:
    app = Prompting()
    async with app.run_test() as pilot:
        await submit(app, pilot, PromptKind.NARROW, "a")
        app.line.open(PromptKind.GO_TO)
        await pilot.press("up")

        assert app.line.text == ""


async def test_pasted_escapes_become_visible_text() -> None:
    app = Prompting()
    async with app.run_test() as pilot:
        app.line.open(PromptKind.NARROW)
        app.line.query_one(Input).insert_text_at_cursor("\x1b[31m[/x]\u202e")
        await pilot.pause()

        assert app.line.text == "␛[31m[/x]\ufffd"


@pytest.mark.parametrize("how", ["paste", "ctrl+v"])
async def test_escapes_that_are_pasted_over_a_selection_become_visible_text(how: str) -> None:
    app, pasted = Prompting(), "\x1b[31m[/x]\u202e"
    async with app.run_test() as pilot:
        app.line.open(PromptKind.NARROW, "old")
        field = app.line.query_one(Input)
        field.select_all()
        if how == "paste":
            field.post_message(events.Paste(pasted))
        else:
            app.copy_to_clipboard(pasted)
            await pilot.press(how)
        await pilot.pause()

        assert app.line.text == "␛[31m[/x]\ufffd"


async def test_note_with_markup_is_text() -> None:
    app = Prompting()
    async with app.run_test() as pilot:
        app.line.open(PromptKind.GO_TO)
        app.line.note("[/x] [bold]", wrong=True)
        await pilot.pause()

        note = app.line.query_one("#prompt-note", Static)
        assert str(note.render()) == "[/x] [bold]"
        assert note.has_class("-wrong")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("a b c ctrl+u d e", "de"),
        ("a b backspace c", "ac"),
        ("a b left left c", "cab"),
        ("a b ctrl+a c", "cab"),
        ("a ctrl+a delete c", "c"),
        ("a b up c", "oldc"),
        ("a b up down c", "abc"),
    ],
)
async def test_keys_that_come_in_one_piece_work_in_their_order(keys: str, text: str) -> None:
    app = Prompting()
    async with app.run_test() as pilot:
        await submit(app, pilot, PromptKind.FIND, *"old")
        app.line.open(PromptKind.FIND)
        await pilot.pause()
        for key in keys.split():
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert app.line.text == text


def test_path_in_a_closed_folder_or_of_nobodys_home_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert names_file(str(tmp_path / "file"))
    assert not names_file("")
    assert not names_file("~no-such-user-here/file")
    assert expand("~no-such-user-here/file") == Path("~no-such-user-here/file")

    def denied(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.is_file", denied)
    assert not names_file(str(tmp_path / "file"))
