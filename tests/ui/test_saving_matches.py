"""`w` with a filter on saves the packets that match, of a capture that is in a file already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screen_lines import screen_lines

from tcptui.session.session import Session, open_file
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


async def test_filtered_packets_are_saved_with_their_numbers(
    show: Show, mixed_session: Session, tmp_path: Path
) -> None:
    out = tmp_path / "some.pcapng"
    async with show(mixed_session) as shown:
        said: list[str] = []
        shown.screen.say = lambda text, _seconds=0.0: said.append(text)  # type: ignore[method-assign]
        await shown.press("w")
        assert not shown.screen._prompt.is_open
        shown.screen.filter_by("tcp.port == 8443")
        await shown.settle()
        await until(lambda: shown.screen.matching is not None)
        await shown.press("w")
        assert shown.screen._prompt.is_open
        assert "Save what matches to" in "\n".join(screen_lines(shown.screen))
        shown.screen._prompt.replace_text(str(out))
        await shown.press("enter")
        await until(lambda: len(said) == 2)
        shown.screen.save_matching(str(out))
        await until(lambda: len(said) == 3)

    assert "In a file already" in said[0]
    assert said[1].startswith("2 of 31 packets written to ")
    assert "some.pcapng exists" in said[2]
    saved = open_file(out)
    assert saved.store.count == 2
    assert [saved.packet(row).comments[0][:7] for row in range(2)] == ["packet ", "packet "]
    saved.close()
