"""Notices stand before the hints, not in their place, and the next key takes them away."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

import tcptui.ui
from tcptui.access.progress import Notice
from tcptui.ui.hint import Hint
from tcptui.ui.main.layout import MIN_WIDTH
from tcptui.ui.theme import ASCII, UNICODE, Glyphs
from tcptui.ui.widgets.one_line import HintLine, NoticeLine
from tcptui.words.catalogue import Words, catalogue
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


def bottom(shown: Shown) -> str:
    return shown.lines()[-1]


@pytest.mark.parametrize(("language", "help_word"), [(Language.EN, "? help"), (Language.ZH, "? 帮助")])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_notice_leaves_hints_in_sight_and_the_next_key_clears_it(
    show: Show, mixed_session: Session, size: tuple[int, int], language: Language, help_word: str
) -> None:
    async with show(mixed_session, size, language) as shown:
        await shown.press("s")
        said = shown.screen.words("screen.notice.sorted", key=shown.screen.words("screen.sort.problems"))
        told = bottom(shown)
        await shown.press("j")
        after = bottom(shown)
        await shown.press("s", "s")
        again = bottom(shown)

    assert told.startswith(f" {said}   ")
    assert help_word in told
    assert said not in after
    assert after.startswith(f" {help_word}")
    assert shown.screen.words("screen.sort.packets") in again


async def test_hints_behind_a_notice_are_those_of_the_pane_in_front(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (120, 40)) as shown:
        await shown.press("enter", "n")
        line, hints = bottom(shown), list(shown.screen.hint_line.hints)
        await shown.press("k")
        without = list(shown.screen.hint_line.hints)

    assert hints == without
    assert "? help" in line


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("notice", ["", "Sorted.", "x" * 200, "按每秒包数排序。" * 9])
def test_line_is_never_longer_than_the_terminal(glyphs: Glyphs, notice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = HintLine(glyphs, Words(Language.EN))
    line.hints, line.notice = [Hint("?", "screen.hint.help"), Hint("q", "screen.hint.quit")], notice
    monkeypatch.setattr(HintLine, "palette", _plain())
    for width in (60, 80, 120):
        text = "".join(part for part, _style in line.cells(width))
        assert cell_len(text.rstrip()) <= width
        assert ("? help" in text) == (cell_len(notice) < 50)


def _plain() -> object:
    from types import SimpleNamespace

    from rich.style import Style

    return SimpleNamespace(bar=Style(), key=Style())


def test_notices_that_are_said_by_their_key_alone_are_whole_on_the_narrowest_terminal() -> None:
    """Sentences without facts, or with the number of a packet: what else they are about may be as long as it likes."""
    said = {
        key
        for path in Path(tcptui.ui.__path__[0]).rglob("*.py")
        for key in re.findall(r'(?:say\(self\.words|_tell)\("([^"{]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(said) > 20
    for language in Language:
        sentences = catalogue(language)
        for key in said:
            text = re.sub(r"\{(?:frame|nearest)\}", "99999", sentences[key])
            assert "{" in text or cell_len(text) <= MIN_WIDTH - 2, (language, key)


_AWAY = Notice("messages.interface_away", {"interface": "wg0-office", "since": "11:41:04"})


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_notice_about_the_capture_is_told_to_its_end(
    show: Show, mixed_session: Session, size: tuple[int, int], language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept, and what to do, stands at the end of such a sentence."""
    monkeypatch.setattr(mixed_session.catch_up, "progress", replace(mixed_session.progress, notice=_AWAY))
    async with show(mixed_session, size, language) as shown:
        told = Words(language)(_AWAY.key, **_AWAY.facts)
        below = "".join("".join(shown.lines()[-7:]).split())
        assert "".join(told.split()) in below

        narrow = NoticeLine(UNICODE, Words(language))
        narrow.text = told * 20
        assert len(narrow.lines_for(60)) == 3
        assert narrow.lines_for(60)[-1].endswith(UNICODE.ellipsis)
        monkeypatch.setattr(mixed_session.catch_up, "progress", replace(mixed_session.progress, notice=None))
        await shown.press("j")
        assert "wg0-office" not in "".join(shown.lines())
