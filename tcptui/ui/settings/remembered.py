"""What was chosen on the screen and counts the next time, too."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from tcptui.ui.user_files import read_private, write_private
from tcptui.ui.view_options import NamesChoice, ThemeChoice, TimeBase

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.ui.settings.table import Settings

#: A longer file (bytes) was not written by us.
_LONGEST: Final = 4096
_FILE: Final = "screen.json"

_Choice = TypeVar("_Choice", bound=Enum)


class ScreenChoices:
    """The colours, the zero point of times, and names or addresses, kept in ``directory`` or in memory without one.

    ``directory`` is `state_directory`.  It is only a convenience, as the recent files are: a file that cannot be read
    counts as empty, one that cannot be written is not kept, and neither is reported.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._file = directory / _FILE if directory is not None else None
        self._before: dict[str, object] | None = None
        self._now: dict[str, str] = {}

    def choose(self, choice: ThemeChoice | TimeBase | NamesChoice) -> None:
        """Remember ``choice``, which was made on the screen."""
        self._now[_setting_name(type(choice))] = choice.value
        if self._file is None:
            return
        try:
            write_private(self._file, json.dumps(self._load() | self._now).encode("ascii"))
        except OSError:
            return

    def theme(self, settings: Settings) -> ThemeChoice | None:
        """The colours: chosen in this run, else written in the file, else chosen last."""
        return self._chosen(ThemeChoice, settings.theme)

    def times(self, settings: Settings) -> TimeBase | None:
        """The zero point of times, in the same order."""
        return self._chosen(TimeBase, settings.times)

    def names(self, settings: Settings) -> NamesChoice | None:
        """Names or addresses, in the same order."""
        return self._chosen(NamesChoice, settings.names)

    def _chosen(self, kind: type[_Choice], written: _Choice | None) -> _Choice | None:
        now = _one_of(kind, self._now.get(_setting_name(kind)))
        if now is not None or written is not None:
            return now if now is not None else written
        return _one_of(kind, self._load().get(_setting_name(kind)))

    def _load(self) -> dict[str, object]:
        if self._before is None:
            self._before = {}
            if self._file is not None:
                try:
                    kept = json.loads(read_private(self._file, _LONGEST) or b"{}")
                except (ValueError, RecursionError):
                    kept = {}
                self._before = kept if isinstance(kept, dict) else {}
        return self._before


_NAMES: Final[dict[type[Enum], str]] = {ThemeChoice: "theme", TimeBase: "times", NamesChoice: "names"}


def _setting_name(kind: type[Enum]) -> str:
    """The name of the setting."""
    return _NAMES[kind]


def _one_of(kind: type[_Choice], value: object) -> _Choice | None:
    return next((choice for choice in kind if choice.value == value), None)
