"""What was chosen on the screen and counts the next time, too."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from tcptui.ui.user_files import read_private, write_private
from tcptui.ui.view_options import NamesChoice, ThemeChoice, TimeBase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcptui.ui.settings.table import Settings

#: A longer file (bytes) was not written by us.
_LONGEST: Final = 16_384
#: A column of more characters was not written by us, nor are there more of them.
_LONGEST_COLUMN: Final = 400
_MOST_COLUMNS: Final = 8
_FILE: Final = "screen.json"
_PACKETS: Final = "packet_columns"
_CONNECTIONS: Final = "connection_columns"

_Choice = TypeVar("_Choice", bound=Enum)


class ScreenChoices:
    """What was chosen on the screen, kept in ``directory`` or in memory without one.

    That is the colours, the zero point of times, names or addresses, and the user's columns.
    ``directory`` is `state_directory`.  It is only a convenience, as the recent files are: a file that cannot be read
    counts as empty, one that cannot be written is not kept, and neither is reported.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._file = directory / _FILE if directory is not None else None
        self._before: dict[str, object] | None = None
        self._now: dict[str, object] = {}

    def choose(self, choice: ThemeChoice | TimeBase | NamesChoice) -> None:
        """Remember ``choice``, which was made on the screen."""
        self._now[_setting_name(type(choice))] = choice.value
        self._keep()

    def choose_columns(self, packets: Sequence[str], connections: Sequence[str]) -> None:
        """Remember the user's columns, of packets and of connections."""
        self._now |= {_PACKETS: list(packets), _CONNECTIONS: list(connections)}
        self._keep()

    def _keep(self) -> None:
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

    def packet_columns(self, settings: Settings) -> tuple[str, ...]:
        """The user's columns of packets, in the same order."""
        return self._columns(_PACKETS, settings.packet_columns)

    def connection_columns(self, settings: Settings) -> tuple[str, ...]:
        """The user's columns of connections, in the same order."""
        return self._columns(_CONNECTIONS, settings.connection_columns)

    def _columns(self, name: str, written: tuple[str, ...] | None) -> tuple[str, ...]:
        if name not in self._now and written is not None:
            return written
        kept = self._now.get(name, self._load().get(name))
        texts = kept if isinstance(kept, list) else []
        return tuple(
            text for text in texts[:_MOST_COLUMNS] if isinstance(text, str) and 0 < len(text) <= _LONGEST_COLUMN
        )

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
