"""What every widget that paints its own cells has: the palette of the current theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from tcptui.ui.theme import Palette

if TYPE_CHECKING:
    from textual.theme import Theme


class Coloured(Widget):
    """Mixed in *behind* the widget it adds to: Textual takes style sheets and component classes from the first base.

    Resolves its palette when it first paints, and again when the theme or one of its classes has changed.

    Component classes would do the same, but Textual resolves those of every widget each time any class,
    focus or style changes above it: nineteen for each of a dozen widgets took a third of the time to the
    first rows.
    """

    _palette: Palette | None = None

    @property
    def palette(self) -> Palette:
        """The styles of this widget in the current theme."""
        if self._palette is None:
            self._palette = Palette.of(self)
        return self._palette

    def notify_style_update(self) -> None:
        """Forget resolved styles: the theme or a class changed."""
        super().notify_style_update()
        self._palette = None

    def on_mount(self) -> None:
        """Hear of other themes."""
        self.app.theme_changed_signal.subscribe(self, self.recolour)

    def recolour(self, _theme: Theme) -> None:
        """Draw in the colours of another theme."""
        self._palette = None
        self.refresh()
