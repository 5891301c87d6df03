"""What was chosen on the screen and counts the next time, too."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from tcptui.ui.view_options import NamesChoice, ThemeChoice, TimeBase
from tcptui.userdirs.state_file import StateFile

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
    """What was chosen on the screen, kept in ``directory`` (`state_directory`), or in memory without one.

    That is the colours, the zero point of times, names or addresses, and the user's columns.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._file: StateFile[dict[str, object]] = StateFile(
            directory, _FILE, _LONGEST, empty={}, decode=_table, encode=lambda kept: kept
        )
        self._before: dict[str, object] | None = None
        self._now: dict[str, object] = {}

    def choose(self, choice: ThemeChoice | TimeBase | NamesChoice) -> None:
        """Remember ``choice``, which was made on the screen."""
        chosen = {_setting_name(type(choice)): choice.value}
        self._now |= chosen
        self._file.change(lambda kept: kept | chosen)

    def choose_columns(self, packets: Sequence[str], connections: Sequence[str]) -> None:
        """Remember the user's columns, of packets and of connections: of each list what has changed in this window."""
        for name, chosen in ((_PACKETS, packets), (_CONNECTIONS, connections)):
            before, after = _texts(self._now.get(name, self._load().get(name))), list(chosen)
            self._now[name] = after
            if after != before:
                self._file.change(partial(_with_columns, name=name, before=before, after=after))

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
        return tuple(text for text in _texts(kept)[:_MOST_COLUMNS] if 0 < len(text) <= _LONGEST_COLUMN)

    def _chosen(self, kind: type[_Choice], written: _Choice | None) -> _Choice | None:
        now = _one_of(kind, self._now.get(_setting_name(kind)))
        if now is not None or written is not None:
            return now if now is not None else written
        return _one_of(kind, self._load().get(_setting_name(kind)))

    def _load(self) -> dict[str, object]:
        if self._before is None:
            self._before = self._file.read()
        return self._before


def _texts(content: object) -> list[str]:
    return [text for text in content if isinstance(text, str)] if isinstance(content, list) else []


def _with_columns(kept: dict[str, object], name: str, before: list[str], after: list[str]) -> dict[str, object]:
    """``kept`` with the list ``name`` changed as from ``before`` to ``after``; what others changed stays so."""
    now = _texts(kept.get(name))
    if now != before:
        now = [text for text in now if text in after or text not in before]
        after = now + [text for text in after if text not in before and text not in now]
    return kept | {name: after}


def _table(content: object) -> dict[str, object]:
    """The choices that JSON has in ``content``.  Raises ValueError."""
    if not isinstance(content, dict):
        raise ValueError("no table")  # noqa: TRY004  as of other content that makes no sense
    return content


_NAMES: Final[dict[type[Enum], str]] = {ThemeChoice: "theme", TimeBase: "times", NamesChoice: "names"}


def _setting_name(kind: type[Enum]) -> str:
    """The name of the setting."""
    return _NAMES[kind]


def _one_of(kind: type[_Choice], value: object) -> _Choice | None:
    return next((choice for choice in kind if choice.value == value), None)
