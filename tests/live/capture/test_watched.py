"""Whoever waits for an error that a capture announces does not miss it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tcptui.capture.source import SourceStatus
from tcptui.model.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable


class Hasty:
    """A source that announces the next error before anybody has looked."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys
        self._status = SourceStatus(end=0, complete=False)

    def start(self, announce: Callable[[], None]) -> None:
        for key in self._keys:
            self._status = SourceStatus(end=0, complete=False, error=CaptureError(key, interface="right"))
            announce()

    def status(self) -> SourceStatus:
        return self._status


def test_error_that_the_next_has_replaced_was_told_all_the_same(watch: Any) -> None:
    watched = watch(Hasty("interface_away", "interface_back", "interface_is_down"))

    watched.told("interface_away")
    watched.told("interface_is_down")


def test_error_from_before_the_one_told_is_not_told_again(watch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = watch(Hasty("interface_away", "interface_back"))
    monkeypatch.setitem(type(watched).wait.__globals__, "DEADLINE_S", 0)
    watched.told("interface_back")

    with pytest.raises(AssertionError):
        watched.told("interface_away")
