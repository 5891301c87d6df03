"""Screens that can be replaced by the same screen in another language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from textual.screen import Screen

    from tcptui.words.catalogue import Words


@runtime_checkable
class Translatable(Protocol):
    """A screen that knows how to begin anew where the user is."""

    def in_language(self, words: Words) -> Screen[Any]:
        """A screen like this one with the texts of ``words``."""
        ...
