"""Of which rows header trees are built, while a test runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcptui.session.filtering.trees import TreeReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest


def note_trees(monkeypatch: pytest.MonkeyPatch, *methods: str) -> list[int]:
    """The rows given to these methods of `TreeReader` from now on, each as often as it is."""
    rows: list[int] = []

    def note(name: str) -> None:
        trees = getattr(TreeReader, name)

        def noted(self: TreeReader, some: Iterable[int], **how: Any) -> object:
            some = list(some)
            rows.extend(some)
            return trees(self, some, **how)

        monkeypatch.setattr(TreeReader, name, noted)

    for name in methods:
        note(name)
    return rows
