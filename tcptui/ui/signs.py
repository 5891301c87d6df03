"""The table of the signs that the screens draw, which the help explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tcptui.ui.theme import Glyphs


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign; its meaning has the catalogue key ``guide.sign.<name>``."""

    name: str
    glyphs: tuple[str, ...]
    """The fields of `Glyphs` that it is made of."""
    pattern: str
    """How it looks; each ``{}`` stands for the next of the glyphs."""

    @property
    def word(self) -> str:
        """Catalogue key of its meaning."""
        return f"guide.sign.{self.name}"

    def shown(self, glyphs: Glyphs) -> str:
        """The sign as it stands on the screen."""
        return self.pattern.format(*(getattr(glyphs, name) for name in self.glyphs))


SIGNS: Final = (
    Sign("counts", ("error", "warning"), "{}3 {}30"),
    Sign("troubled", ("warning",), "{}30"),
    Sign("rate", (), "bit/s"),
    Sign("live", ("live",), "{}"),
    Sign("ended", ("bullet",), "{}"),
    Sign("paused", ("paused",), "{}"),
    Sign("cursor", ("cursor",), "{}"),
    Sign("sorted", ("descending", "ascending"), "{} {}"),
    Sign("cut", ("ellipsis",), "{}"),
    Sign("marked", ("marked",), "{}"),
    Sign("delta", ("delta",), "{}"),
    Sign("ways", ("right", "left"), "{} {}"),
    Sign("branches", ("open", "shut"), "{} {}"),
)
#: Glyphs that need no entry of their own: those that only draw lines, those that the entries of severities and
#: directions show, a unit of time, and those of the bars of times, whose legends stand below them.
EXPLAINED_BY_THEMSELVES: Final = frozenset({
    "rule", "tick", "corner", "lane", "line", "line_warning", "line_error", "to_right", "to_left", "note", "micro",
    "fills", "request_fills",
})  # fmt: skip
