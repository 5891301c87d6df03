"""One of two captures by itself, with all panes, above the screen of both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tcptui.ui.main.carrying import Carried
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.connection_index import ListFilter
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.screen import MainScreen
from tcptui.ui.view_options import FirstPage

if TYPE_CHECKING:
    from tcptui.session.session import Session
    from tcptui.ui.theme import Glyphs
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.catalogue import Words


def place_screen(
    session: Session, stream: int, row: int, words: Words, glyphs: Glyphs, options: ViewOptions
) -> MainScreen:
    """The main screen of ``session`` at a connection and the packet in ``row``; Esc goes back to what is below it."""
    screen = MainScreen(session, words, glyphs, replace(options, first_page=FirstPage.LIST))
    screen.nested = True
    screen.controllers.carrying.carried = Carried(Sorting(), ListFilter(), place=(stream, Pane.TIMELINE, row))
    return screen
