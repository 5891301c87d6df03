"""Tools over the bundled cases, without a server."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tcptui.serve.captures import Captures
from tcptui.serve.folders import Folders
from tcptui.serve.refusal import Refusal
from tcptui.serve.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CASES: Final = Path(__file__).parents[2] / "cases"
KEY: Final = bytes(range(32))


class Asking:
    """Asks tools over ``folder``."""

    def __init__(
        self, folder: Path, stack: ExitStack, *, key: bytes | None = KEY, language: str = "en", is_drawn: bool = False
    ) -> None:  # fmt: skip
        captures = Captures(Folders([folder], stack), key, language, is_drawn=is_drawn)
        stack.callback(captures.close)
        self._tools = Tools(captures)

    def text(self, tool: str, **given: Any) -> str:
        return self._tools.call(tool, given)

    def __call__(self, tool: str, **given: Any) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.text(tool, **given))
        return told

    def refusal(self, tool: str, **given: Any) -> dict[str, Any]:
        with pytest.raises(Refusal) as refused:
            self.text(tool, **given)
        return refused.value.told

    def every(self, tool: str, **given: Any) -> list[dict[str, Any]]:
        """All items, page by page."""
        page = self(tool, **given)
        items = list(page["items"])
        while "cursor" in page:
            page = self(tool, **given, cursor=page["cursor"])
            assert page["items"]
            items += page["items"]
        return items


@pytest.fixture
def asking() -> Iterator[Callable[..., Asking]]:
    """Makes an `Asking`, whose captures are closed behind the test."""
    with ExitStack() as stack:
        yield lambda folder=CASES, **options: Asking(folder, stack, **options)
