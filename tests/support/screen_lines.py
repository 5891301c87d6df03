"""What stands on a Textual screen, drawn by its compositor: the one place of the tests that knows where it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual._context import visible_screen_stack

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.strip import Strip


def screen_strips(screen: Screen[object]) -> list[Strip]:
    """The rows of the terminal with their styles."""
    return screen._compositor.render_strips()


def screen_lines(screen: Screen[object]) -> list[str]:
    """The rows of the terminal as text."""
    return [strip.text for strip in screen_strips(screen)]


def frame_lines(screen: Screen[object]) -> list[str]:
    """The rows as a frame has them: behind a screen that covers a part of another stands the other one."""
    visible_screen_stack.set(screen.app._background_screens)
    return screen_lines(screen)
