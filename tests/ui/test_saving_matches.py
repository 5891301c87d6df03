"""`w` with a filter on saves the packets that match, of a capture that is in a file already."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import numpy as np
import pytest
from running_source import RunningSource
from screen_lines import screen_lines

from tcptui.session.session import Session, open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.main.filter_work import FilterWork
from tcptui.ui.main.filtering import evaluation
from tcptui.ui.main.save_matching import Left, save_left
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.view_options import ViewOptions
from tcptui.words.language import Language
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.ui.main.matching import Matching
    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


def packets_in(path: Path) -> int:
    """How many packets the file has by now."""
    if not path.exists() or not path.stat().st_size:
        return 0
    session = open_file(path)
    session.close()
    return session.store.count


async def test_filtered_packets_are_saved_with_their_numbers(
    show: Show, mixed_session: Session, tmp_path: Path
) -> None:
    out = tmp_path / "some.pcapng"
    async with show(mixed_session) as shown:
        said: list[str] = []
        shown.screen.say = lambda text, _seconds=0.0: said.append(text)  # type: ignore[method-assign]
        await shown.press("w")
        assert not shown.screen.prompt.is_open
        shown.screen.controllers.filtering.filter_by("tcp.port == 8443")
        await shown.settle()
        await until(lambda: shown.screen.controllers.filtering.matching is not None)
        await shown.press("w")
        assert shown.screen.prompt.is_open
        assert "Save what matches to" in "\n".join(screen_lines(shown.screen))
        shown.screen.prompt.replace_text(str(out))
        await shown.press("enter")
        await until(lambda: len(said) == 2)
        shown.screen.controllers.saving.save_matching(str(out))
        await until(lambda: len(said) == 3)

    assert "Already in a file" in said[0]
    assert said[1].startswith("2 of 31 packets written to ")
    assert "some.pcapng exists" in said[2]
    saved = open_file(out)
    assert saved.store.count == 2
    assert [saved.reader.packet(row).comments[0][:7] for row in range(2)] == ["packet ", "packet "]
    saved.close()


async def test_filter_that_is_still_worked_out_is_the_one_whose_packets_are_saved(
    show: Show, mixed_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`w` told that a filter must be set first, or saved what the filter before had let through."""
    may_answer, answer = Event(), FilterWork.answer

    def late(work: FilterWork) -> Matching:
        may_answer.wait(600)
        return answer(work)

    monkeypatch.setattr(FilterWork, "answer", late)
    async with show(mixed_session) as shown:
        for text, count in (("tcp.port == 8443", 2), ("tcp.port == 40004", 8)):
            out = tmp_path / f"{count}.pcapng"
            shown.screen.controllers.filtering.filter_by(text)
            await shown.press("w")
            assert shown.screen.prompt.is_open
            shown.screen.prompt.replace_text(str(out))
            await shown.press("enter")
            assert not out.exists()
            may_answer.set()
            await until(lambda out=out, count=count: packets_in(out) == count)
            may_answer.clear()
        shown.screen.controllers.filtering.filter_by("tcp.port == 80")
        shown.screen.controllers.saving.save_matching(str(tmp_path / "none.pcapng"))
        shown.screen.controllers.filtering.drop()
        may_answer.set()
        await shown.settle()

    assert not (tmp_path / "none.pcapng").exists()


async def test_of_a_live_capture_one_key_saves_all_and_another_what_matches(wire: Wire, tmp_path: Path) -> None:
    wire.lossy(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.refused(100, "10.0.0.2:40002", "192.0.2.10:81")
    recorded = wire.pcap(tmp_path / "made.pcap").read_bytes()
    source = RunningSource(recorded[:24], directory=tmp_path)
    source.give(recorded[24:], 15)
    session = Session([source])
    app = TcptuiApp(session, Language.EN, ViewOptions(numeric=True, refresh_hz=10))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, MainScreen)
        await until(lambda: session.store.count == 15)
        await pilot.press("W")
        assert not screen.prompt.is_open
        assert "/ sets one" in screen_lines(screen)[-1]
        screen.controllers.filtering.filter_by("tcp.port == 81")
        await until(lambda: screen.controllers.filtering.matching is not None)
        for key, label, name in (("w", "Save all to", "all.pcap"), ("W", "Save what matches to", "some.pcapng")):
            await pilot.press(key)
            assert label in "\n".join(screen_lines(screen))
            screen.prompt.replace_text(str(tmp_path / name))
            await pilot.press("enter")
            await until((tmp_path / name).exists)
            await until(lambda: not any(worker.group == "save" for worker in app.workers if worker.is_running))
        session.store.evict(14)
        assert (
            save_left(
                session, Left(screen.controllers.filtering.matching, None), tmp_path / "left.pcap", None, app.words
            )
            == 1
        ), "the other is gone"
        session.stop()

    saved = {name: open_file(tmp_path / name) for name in ("all.pcap", "some.pcapng")}
    assert [each.store.count for each in saved.values()] == [15, 2]
    assert [saved["some.pcapng"].reader.packet(row).comments[0][:9] for row in range(2)] == ["packet 14", "packet 15"]
    for each in saved.values():
        each.close()


@pytest.mark.parametrize(("text", "expected"), [("8443", 2), ("10.0.0.1", None)])
async def test_what_words_leave_is_saved_too(
    show: Show, mixed_session: Session, tmp_path: Path, text: str, expected: int | None
) -> None:
    out, store = tmp_path / "some.pcapng", mixed_session.store
    async with show(mixed_session) as shown:
        await shown.press("/", *text, "enter")
        await shown.settle()
        listed = shown.screen.workspace.connections.index.order.tolist()
        await shown.press("W")
        assert shown.screen.prompt.is_open
        shown.screen.prompt.replace_text(str(out))
        await shown.press("enter")
        await until(out.exists)
        await until(lambda: not any(worker.group == "save" for worker in shown.screen.app.workers if worker.is_running))
    own = [row for row in range(store.count) if int(store.stream[row]) in listed]
    saved = open_file(out)

    assert 0 < len(own) < store.count
    assert saved.store.count == len(own) == (expected or len(own))
    assert [saved.reader.packet(at).comments[0].split(" of ")[0] for at in range(len(own))] == [
        f"packet {row + 1}" for row in own
    ]
    saved.close()


def test_words_beside_a_filter_leave_what_passes_both(mixed_session: Session) -> None:
    matching = FilterWork(mixed_session, "tcp.flags.syn == 1", evaluation).answer()
    every = Left(matching, None).rows(mixed_session).tolist()
    some = Left(matching, np.array([1], np.int32)).rows(mixed_session).tolist()
    words_alone = Left(None, np.array([1], np.int32)).rows(mixed_session).tolist()

    assert set(some) == set(every) & set(words_alone)
    assert 0 < len(some) < len(every)
    assert 0 < len(some) < len(words_alone)
