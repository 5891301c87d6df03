"""What the widget of a pane may have besides what every pane has; `panes` looks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.message import Message

if TYPE_CHECKING:
    from textual.widget import Widget


@runtime_checkable
class TitledPane(Protocol):
    """A pane that says something behind its name: in its title, or in itself where it has none."""

    has_title: bool

    @property
    def told(self) -> str:
        """What it says."""


@runtime_checkable
class TroubledPane(Protocol):
    """A pane with problems of its own that `n` and `N` go to while it is in front."""

    @property
    def has_trouble(self) -> bool:
        """Whether there are any."""


@dataclass
class TitleChanged(Message):
    """`TitledPane.told` says something else now."""

    widget: Widget
