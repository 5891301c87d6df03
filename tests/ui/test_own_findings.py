"""Findings of one's own on the screen: in the list, the timeline, the explanation and the overview."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.capture.file_source import open_file
from tcptui.dfilter.compile import compile_filter
from tcptui.model.finding import OwnId, Severity
from tcptui.session.catch_up import Compile
from tcptui.session.own.rule import OwnRule
from tcptui.session.session import Session
from tcptui.words.language import Language
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

WORDS = {
    "en": ("Odd [bold]port[/x]", "Somebody uses an odd port."),
    "zh": ("奇怪的端口", "有人使用了奇怪的端口。"),
}


@pytest.fixture
def session(wire: Wire, tmp_path: Path) -> Session:
    """Two connections that only the user finds fault with; the second one."""
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.clean(1000, "10.0.0.1:40002", "192.0.2.10:8080")
    path = wire.pcap(tmp_path / "two.pcap")
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    odd = compile_filter("tcp.port == 8080 and tcp.len > 0")
    session.find_also([OwnRule(OwnId("odd-port", WORDS), odd, Severity.WARNING)])
    return session


@pytest.mark.parametrize("language", Language)
async def test_told_in_list_timeline_and_explanation(session: Session, show: Show, language: Language) -> None:
    session.run_here()
    title = {Language.EN: "Odd [bold]port[/x] (own finding)", Language.ZH: "奇怪的端口（自定义）"}[language]
    async with show(session, (200, 50), language) as shown:
        assert sum(title in line for line in shown.lines()) >= 1, "the list"
        await shown.press("j")
        text = "\n".join(shown.lines())
        assert text.count(title) >= 2
        sentence = {Language.EN: "Somebody uses an odd port.", Language.ZH: "有人使用了奇怪的端口。"}[language]
        assert sentence in text
        await shown.press("k", "n")
        (found,) = session.own_findings(1)
        assert shown.screen.workspace.connections.stream == 1, "the next problem"
        await shown.press("enter", "n")
        assert int(session.store.frame[shown.screen.workspace.row]) in found.packets
        assert title in "\n".join(shown.lines()), "the packet"


async def test_filter_and_groups_and_overview_know_it(session: Session, show: Show) -> None:
    session.run_here()
    async with show(session, (160, 45)) as shown:
        shown.screen.controllers.filtering.filter_by('tcptui.finding == "odd-port"')
        await shown.settle()
        assert [int(stream) for stream in shown.screen.workspace.connections.index.order] == [1]
        await shown.press("backslash", "0")
        await until(lambda: "Odd [bold]port[/x]" in "\n".join(shown.lines()))
        await shown.press("question_mark")
        await shown.press("escape")


async def test_help_about_it_opens_and_no_case_teaches_it(session: Session, show: Show) -> None:
    session.run_here()
    async with show(session, (160, 45)) as shown:
        await shown.press("n", "enter")
        await shown.press("question_mark")
        assert shown.pilot.app.screen is not shown.screen
        await shown.press("escape")
        await shown.press("l")
        assert "odd-port" not in str(shown.pilot.app.screen)


async def test_found_by_the_worker_while_the_screen_is_there(session: Session, show: Show) -> None:
    async with show(session, (160, 45)) as shown:
        await until(lambda: "Odd [bold]port[/x]" in "\n".join(shown.lines()))
        assert session.severity[1] == Severity.WARNING
