"""The program is left in the very moment in which a screen opens: that is no crash."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest
from textual.css.query import NoMatches

from tcptui.session.session import Session
from tcptui.ui.app import TcptuiApp
from tcptui.ui.keymap import bindings

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from textual.app import App

    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

ACTIONS: Final = sorted({binding.action for binding in bindings()} | {"app.command_palette"})


@pytest.mark.parametrize("action", ACTIONS)
async def test_program_is_left_as_a_key_is_acted_on(show: Show, mixed_session: Session, action: str) -> None:
    async with show(mixed_session) as shown:
        app = shown.screen.app
        assert isinstance(app, TcptuiApp)
        await shown.screen.run_action(action)
        app.exit(return_code=0)

    assert (app.return_code, app.crash) == (0, "")


async def test_what_goes_wrong_before_is_a_crash(show: Show, mixed_session: Session) -> None:
    app = await _failing(show, mixed_session, NoMatches("before"), exits=False)

    assert (app.return_code, app.crash.splitlines()[-1].partition(":")[0]) == (1, "NoMatches")


async def test_what_else_goes_wrong_as_the_program_is_left_is_a_crash(show: Show, mixed_session: Session) -> None:
    app = await _failing(show, mixed_session, LookupError("here"), exits=True)

    assert (app.return_code, app.crash.splitlines()[-1].partition(":")[0]) == (1, "LookupError")


async def _failing(show: Show, session: Session, error: Exception, *, exits: bool) -> TcptuiApp:
    app: App[object] | None = None
    with suppress(type(error)):
        async with show(session) as shown:
            app = shown.screen.app
            if exits:
                app.exit(return_code=0)
            app._handle_exception(error)
    assert isinstance(app, TcptuiApp)
    return app
