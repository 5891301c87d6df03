"""The table of settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tcptui.ui.main.column_names import SortKey
from tcptui.ui.view_options import FirstPage, LayoutChoice, NamesChoice, ThemeChoice, TimeBase, TourChoice
from tcptui.words.language import Language

#: The value that leaves a choice to the program, where it is the default.
AUTO: Final = "auto"


class Kind(Enum):
    """What is written behind the equals sign."""

    CHOICE = auto()
    """One of the values."""
    LIST = auto()
    """Some of the values."""
    TEXTS = auto()
    """Texts of the user's own."""
    KEYS = auto()
    """A table: names of commands, and the key of each."""
    FILTERS = auto()
    """A table: names, and the display filter of each."""
    PORTS = auto()
    """Ports, and the protocol that is read on each."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; its sentence in the catalogue is ``settings.doc.<name>``."""

    name: str
    """Also the name of its field in `Settings`."""
    kind: Kind
    choices: type[Enum] | None = None
    """What the values become."""
    values: tuple[str, ...] = ()
    """The values that may be written."""
    default: str = AUTO
    """As it is written in the file."""
    is_remembered: bool = False
    """Whether the last choice on the screen counts where the file says nothing."""

    @property
    def doc(self) -> str:
        """Catalogue key of the sentence about it."""
        return f"settings.doc.{self.name}"


def _values(choices: type[Enum], *before: str) -> tuple[str, ...]:
    return (*before, *(str(choice.value) for choice in choices))


def _written(names: tuple[str, ...]) -> str:
    """``names`` as a list in TOML."""
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


#: The sort keys of columns that can be left out.
_COLUMNS: Final = tuple(key.value for key in SortKey if key not in (SortKey.START, SortKey.PROBLEMS))
SETTINGS: Final = (
    Setting("language", Kind.CHOICE, Language, _values(Language, AUTO)),
    Setting("theme", Kind.CHOICE, ThemeChoice, _values(ThemeChoice, AUTO), is_remembered=True),
    Setting("times", Kind.CHOICE, TimeBase, _values(TimeBase), TimeBase.CONNECTION.value, is_remembered=True),
    Setting("names", Kind.CHOICE, NamesChoice, _values(NamesChoice), NamesChoice.ADDRESSES.value, is_remembered=True),
    Setting("sort", Kind.CHOICE, SortKey, _values(SortKey, AUTO)),
    Setting("columns", Kind.LIST, SortKey, _COLUMNS, _written(_COLUMNS)),
    Setting("packet_columns", Kind.TEXTS, default="[]", is_remembered=True),
    Setting("connection_columns", Kind.TEXTS, default="[]", is_remembered=True),
    Setting("layout", Kind.CHOICE, LayoutChoice, _values(LayoutChoice, AUTO)),
    Setting("tour", Kind.CHOICE, TourChoice, _values(TourChoice), TourChoice.ON.value),
    Setting("first", Kind.CHOICE, FirstPage, _values(FirstPage), FirstPage.OVERVIEW.value),
    Setting("keys", Kind.KEYS, default="{}"),
    Setting("filters", Kind.FILTERS, default="{}"),
    Setting("decode_as", Kind.PORTS, default="[]"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the file; None: it does not say, or leaves it to the program."""

    language: Language | None = None
    theme: ThemeChoice | None = None
    times: TimeBase | None = None
    names: NamesChoice | None = None
    sort: SortKey | None = None
    columns: tuple[SortKey, ...] | None = None
    packet_columns: tuple[str, ...] | None = None
    connection_columns: tuple[str, ...] | None = None
    layout: LayoutChoice | None = None
    tour: TourChoice | None = None
    first: FirstPage | None = None
    keys: tuple[tuple[str, str], ...] = ()
    """Names of commands, and the key that each has instead of its own."""
    filters: tuple[tuple[str, str], ...] = ()
    """Names, and the display filter of each, right or wrong."""
    decode_as: tuple[str, ...] = ()
    """``9999=http`` …: ports, and the protocol that is read on each; right ones only."""


DEFAULTS: Final = Settings()
