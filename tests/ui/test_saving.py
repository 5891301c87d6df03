"""What the main screen says of saving a capture."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tcptui.model.errors import OutputError
from tests.ui.conftest import threads_held, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


@pytest.mark.parametrize(("is_taken", "said"), [(False, "1.2k"), (True, "exists")])
async def test_what_came_of_saving_is_said(
    show: Show, mixed_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_taken: bool, said: str
) -> None:
    def save(path: Path) -> int:
        if is_taken:
            raise OutputError("output_exists", path=str(path))
        return 1_234

    monkeypatch.setattr(mixed_session, "save", save)
    async with show(mixed_session) as shown:
        shown.screen.controllers.saving.save(str(tmp_path / "a.pcap"))
        await until(lambda: "a.pcap" in shown.screen.hint_line.notice)

        assert said in shown.screen.hint_line.notice


async def test_two_copies_that_wait_for_a_thread_are_both_made(
    show: Show, mixed_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[str] = []

    def save(path: Path) -> int:
        saved.append(path.name)
        return 1_234

    monkeypatch.setattr(mixed_session, "save", save)
    async with show(mixed_session) as shown:
        are_free = threads_held()
        for name in ("a.pcap", "b.pcap"):
            shown.screen.controllers.saving.save(str(tmp_path / name))
            await asyncio.sleep(0)
        are_free.set()
        await until(lambda: len(saved) == 2)

    assert saved == ["a.pcap", "b.pcap"]
