"""Functions of modules that are imported when they are first called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Lazy:
    """The function or class ``name`` of ``module``: what reads a protocol is imported where a capture speaks it."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name
        self._found: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        """Call it, imported if it has not been."""
        return self.load()(*arguments)

    def load(self) -> Callable[..., Any]:
        """The function itself."""
        if self._found is None:
            found: Callable[..., Any] = getattr(import_module(f"tcptui.protocols.{self.module}"), self.name)
            self._found = found
        return self._found
