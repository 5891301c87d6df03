"""Terminals for the tests, and a home that is nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from captures import mixed
from tmux_terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """`open_terminal(columns, rows, {variable: value}, …)`; all are closed, and what ran in them has ended."""
    opened: list[Terminal] = []

    def opening(columns: int = 80, rows: int = 24, environ: dict[str, str] | None = None, **more: Any) -> Terminal:
        # Recent files and crash reports go here; the compiled engine's cache stays the user's own, which is warm.
        opened.append(Terminal(columns, rows, {"XDG_STATE_HOME": str(tmp_path / "state")} | (environ or {}), **more))
        return opened[-1]

    yield opening
    for terminal in opened:
        terminal.close()


@pytest.fixture
def terminal(open_terminal: Callable[..., Terminal]) -> Terminal:
    """A terminal of 120×40."""
    return open_terminal(120, 40)


@pytest.fixture
def mixed_file(tmp_path: Path) -> Path:
    """Four connections, 31 packets."""
    path = tmp_path / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return path
