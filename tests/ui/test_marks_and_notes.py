"""`m` and `M`: marks and notes on packets and connections, kept beside the file, shown wherever these are shown."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, cast

import pytest
from screen_lines import screen_lines

from tcptui.access.notes.notebook import Notebook, notes_path
from tcptui.lessons.loader import cases_folder, read_case
from tcptui.model.notes import Note
from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.user_files import LearningRecord
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.ui.conftest import Shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.ui.main.screen import MainScreen
    from tests.ui.conftest import Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


@pytest.fixture
def path(wire: Wire, tmp_path: Path) -> Path:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.refused(1000, "10.0.0.1:40002", "192.0.2.10:80")
    return wire.pcap(tmp_path / "two.pcap")


@pytest.fixture
def session(path: Path) -> Session:
    return open_file(path)


def kept(path: Path) -> dict[str, dict[str, dict[str, object]]]:
    content = json.loads(notes_path(path).read_text())
    return {name: content[name] for name in ("packets", "connections")}


async def write(shown: Shown, text: str) -> None:
    await shown.pilot.press("M", "ctrl+u", *text, "enter")
    await shown.settle()


@pytest.mark.parametrize("language", Language)
async def test_connection_is_marked_and_the_mark_is_taken_away_again(
    path: Path, session: Session, show: Show, language: Language
) -> None:
    async with show(session, language=language) as shown:
        await shown.press("j", "m")
        assert kept(path)["connections"] == {str(int(session.store.frame[session.streams.first_row[1]])): {
            "marked": True, "note": "",
        }}  # fmt: skip
        (line,) = [line for line in shown.lines() if "40002" in line and "◆" in line]
        assert "◆" in line
        await shown.press("m")
        assert kept(path) == {"packets": {}, "connections": {}}
        assert not any("◆" in line for line in shown.lines())


async def test_note_on_a_packet_stands_in_the_timeline_and_in_its_explanation(
    path: Path, session: Session, show: Show
) -> None:
    async with show(session, (200, 50)) as shown:
        await shown.press("enter", "j", "j")
        frame = int(session.store.frame[shown.screen.workspace.row])
        await write(shown, "why so late?")
        assert kept(path)["packets"] == {str(frame): {"marked": False, "note": "why so late?"}}
        text = "\n".join(shown.lines())
        assert "◆ why so late?" in text
        assert "Your note" in text
        assert f"Note on packet {frame} kept in two.pcap.notes.json." in text
        await write(shown, "")
        assert kept(path)["packets"] == {}
        assert "why so late?" not in "\n".join(shown.lines())


async def test_long_note_takes_no_column_from_the_list(session: Session, show: Show) -> None:
    async with show(session, (80, 24)) as shown:
        before = next(line for line in shown.lines() if "what happened" in line)
        await write(shown, "ask about this very long story of a port that refuses")
        after = next(line for line in shown.lines() if "what happened" in line)
        first = shown.lines()[shown.lines().index(after) + 1]

    assert "time lost" in before
    assert after.split() == before.split()
    assert "◆ ask about" in first


async def test_notes_are_there_when_the_file_is_opened_again(path: Path, show: Show) -> None:
    async with show(open_file(path)) as shown:
        await write(shown, "first one")
        await shown.press("m")
    async with show(open_file(path), (200, 50)) as shown:
        assert any("◆ first one" in line for line in shown.lines())
        assert shown.screen.workspace.connections.note_of(0).marked
        await shown.pilot.press("M")
        await shown.pilot.pause()
        assert shown.screen.prompt.text == "first one"


async def test_what_others_noted_meanwhile_stays(path: Path, session: Session, show: Show) -> None:
    async with show(session) as shown:
        await shown.press("m")
        other = Notebook(path)
        other.set_packet(3, Note(text="of a colleague"))
        other.save()
        await shown.press("j", "m")
    assert kept(path)["packets"] == {"3": {"marked": False, "note": "of a colleague"}}
    assert len(kept(path)["connections"]) == 2


async def test_capture_in_no_file_has_no_notes_and_says_where_they_would_be(session: Session, show: Show) -> None:
    session.capture_file = None
    async with show(session) as shown:
        await shown.press("m")
        assert "Marks and notes need a file: save (w), then open it." in "\n".join(shown.lines())
        await shown.press("M")
        assert not shown.screen.prompt.is_open


async def test_damaged_notes_are_told_and_left_as_they_are(path: Path, session: Session, show: Show) -> None:
    notes_path(path).write_text("{not json")
    async with show(session, (200, 50)) as shown:
        await shown.press("m")
        assert "two.pcap.notes.json is damaged" in "\n".join(shown.lines())
    assert notes_path(path).read_text() == "{not json"


async def test_notes_that_cannot_be_written_are_kept_until_the_end(path: Path, session: Session, show: Show) -> None:
    async with show(session, (200, 50)) as shown:
        notebook = shown.screen.controllers.noting.open_notebook()
        assert notebook is not None
        notebook.path = path / "no" / "folder"  # below a file
        await shown.press("m")
        assert "cannot be" in "\n".join(shown.lines())
        assert any("◆" in line for line in shown.lines())


async def test_nothing_in_a_note_reaches_the_terminal_or_a_markup(path: Path, session: Session, show: Show) -> None:
    book = Notebook(path)
    book.set_connection(1, Note(text="\x1b[31m[@click=app.quit]x[/] \x07"))
    book.save()
    async with show(session, (200, 50)) as shown:
        text = "\n".join(screen_lines(shown.screen))
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "[@click=app.quit]x[/]" in text
        await shown.press("M")
        assert shown.screen.prompt.text.isprintable()
        assert "[@click=app.quit]x[/]" in shown.screen.prompt.text


async def test_empty_list_has_nothing_to_mark(wire: Wire, tmp_path: Path, show: Show) -> None:
    async with show(open_file(wire.pcap(tmp_path / "none.pcap"))) as shown:
        await shown.press("m")
        assert "Nothing is selected to be marked." in "\n".join(shown.lines())


async def test_filter_over_marks_follows_what_is_marked(path: Path, session: Session, show: Show) -> None:
    async with show(session) as shown:
        await shown.press("j", "m")
        shown.screen.controllers.filtering.filter_by("tcptui.marked")
        await shown.settle()
        assert [int(stream) for stream in shown.screen.workspace.connections.index.order] == [1]
        await shown.press("m")
        assert [int(stream) for stream in shown.screen.workspace.connections.index.order] == []


async def test_lifted_filter_over_marks_is_put_back_with_what_is_marked_now(
    path: Path, session: Session, show: Show
) -> None:
    async with show(session) as shown:
        shown.screen.controllers.filtering.filter_by("tcptui.marked")
        await shown.settle()
        await shown.press("backslash", "j", "m", "backslash")
        assert [int(stream) for stream in shown.screen.workspace.connections.index.order] == [1]


async def test_filter_over_damaged_notes_is_told_and_shows_what_was_shown(
    path: Path, session: Session, show: Show
) -> None:
    notes_path(path).write_bytes(b"{")
    async with show(session, (160, 40)) as shown:
        shown.screen.controllers.filtering.filter_by("tcptui.marked")
        await shown.settle()
        assert any("two.pcap.notes.json is damaged" in line for line in shown.lines())
        assert [int(stream) for stream in shown.screen.workspace.connections.index.order] == [0, 1]
    assert notes_path(path).read_bytes() == b"{"


@pytest.mark.parametrize("has_place", [True, False])
async def test_marks_in_a_case_are_kept_among_the_users_files(tmp_path: Path, has_place: bool) -> None:
    (folder,) = cases_folder().glob("*connection-refused")
    shutil.copytree(folder, tmp_path / "cases" / folder.name)
    case = read_case(tmp_path / "cases" / folder.name)
    capture, state = case.captures[0], tmp_path / "mine"
    state.mkdir()
    app = TcptuiApp(open_file(capture), case=case, learning=LearningRecord(state if has_place else None))
    async with app.run_test(size=(120, 40)) as pilot:
        shown = Shown(pilot, cast("MainScreen", app.screen))
        await shown.settle()
        await shown.press("2", "m")
        said = shown.screen.hint_line.notice

    assert not notes_path(capture).exists()
    names = [path.name for path in state.iterdir()]
    assert names == ([f"connection-refused-{capture.name}.notes.json"] if has_place else [])
    assert (said == Words(Language.EN)("notes.no_place")) is not has_place
