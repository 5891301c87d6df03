"""Colours and glyphs: what each meaning looks like, in one place.

No meaning rests on colour alone: severity has a glyph, a line style and a word, a side
has a direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from textual.dom import DOMNode
from textual.theme import Theme

from tcptui.model.finding import Severity
from tcptui.ui.textual_private import belong_to

if TYPE_CHECKING:
    from rich.style import Style
    from textual.app import App
    from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Every symbol that the screens draw; each is one cell wide but `micro`, and in ASCII `left` and `right`."""

    error: str = "✗"
    warning: str = "!"
    note: str = "·"
    line: str = "─"
    line_warning: str = "╌"
    line_error: str = "━"
    to_right: str = "▶"
    to_left: str = "◀"
    lane: str = "│"
    rule: str = "─"
    tick: str = "┴"
    corner: str = "┌"
    cursor: str = "▸"
    ellipsis: str = "…"
    live: str = "●"
    paused: str = "‖"
    right: str = "→"
    left: str = "←"
    delta: str = "Δ"
    micro: str = "µs"
    open: str = "▼"
    shut: str = "▶"
    bullet: str = "•"
    marked: str = "◆"
    descending: str = "▾"
    ascending: str = "▴"
    fills: str = "░█▓▒▚▞×·?≡~"
    """Fill characters of the time-budget bar, indexed by `Part`."""
    request_fills: str = "╌═:▸─█▓▒×·"
    """Fill characters of a request's bar, indexed by `RequestPart`."""

    def severity(self, severity: int) -> str:
        """The glyph of a `Severity`; a blank for 0, no severity."""
        return (" ", self.note, self.warning, self.error)[severity]

    def arrow_line(self, severity: int) -> str:
        """The character that the shaft of a packet's arrow is drawn with, by `Severity`."""
        return (self.line, self.line, self.line_warning, self.line_error)[severity]


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(
    error="x", note=".", line="-", line_warning=".", line_error="=", to_right=">", to_left="<", lane="|", rule="-",
    tick="+", corner="+", cursor=">", ellipsis="~", live="*", paused="=", right="->", left="<-", delta="d", micro="us",
    open="v", shut=">", bullet="*", marked="#", descending="-", ascending="+", fills="-SCWNPR.?FA",
    request_fills="oT:>-S=Cx.",
)  # fmt: skip

#: CSS variables of our own with their values for dark themes; used for those that a theme does not define itself.
_VARIABLES: Final = {
    "client": "#74bbff",
    "server": "#d2a8ff",
    "good": "#7ee787",
    "alarm": "#ff7f7f",
    "caution": "#f2b84b",
    "remark": "#8ac8ff",
    "faint": "#9aa4b0",
    "row-cursor": "#1f3b5c",
    "row-cursor-away": "#1c2938",
    "row-step": "#332e12",
    "bar": "#1b2632",
    "edge": "#3b4754",
    "edge-active": "#74bbff",
    "key": "#f2b84b",
    "hit1": "#f2d14b",
    "hit1-ink": "#10151b",
    "hit2": "#62d6d6",
    "hit2-ink": "#10151b",
    "hit3": "#ff9ecf",
    "hit3-ink": "#10151b",
    "hit4": "#a4e07a",
    "hit4-ink": "#10151b",
}
_LIGHT: Final = {
    "client": "#0550ae",
    "server": "#7238bd",
    "good": "#146c31",
    "alarm": "#c00d2b",
    "caution": "#7d5200",
    "remark": "#0757ba",
    "faint": "#57606a",
    "row-cursor": "#cfe3ff",
    "row-cursor-away": "#e4ebf3",
    "row-step": "#fff3c4",
    "bar": "#e6ebf1",
    "edge": "#b7c0ca",
    "edge-active": "#0550ae",
    "key": "#7d5200",
    "hit1": "#ffe07a",
    "hit1-ink": "#1f2328",
    "hit2": "#9ee8ee",
    "hit2-ink": "#1f2328",
    "hit3": "#ffbfe0",
    "hit3-ink": "#1f2328",
    "hit4": "#c0efa0",
    "hit4-ink": "#1f2328",
}
#: On black of our own, because nobody knows the terminal's background.  Blue, red and dark grey cannot be read on
#: black, and nothing but black on a colour: `:ansi` rules of the style sheet give the cursor row black text.
_SIXTEEN: Final = {
    "client": "ansi_cyan",
    "server": "ansi_bright_magenta",
    "good": "ansi_bright_green",
    "alarm": "ansi_bright_red",
    "caution": "ansi_bright_yellow",
    "remark": "ansi_bright_cyan",
    "faint": "ansi_white",
    "row-cursor": "ansi_cyan",
    "row-cursor-away": "ansi_black",
    "row-step": "ansi_black",
    "bar": "ansi_black",
    "edge": "ansi_bright_black",
    "edge-active": "ansi_bright_cyan",
    "key": "ansi_bright_yellow",
    "hit1": "ansi_green",
    "hit1-ink": "ansi_black",
    "hit2": "ansi_magenta",
    "hit2-ink": "ansi_bright_white",
    "hit3": "ansi_blue",
    "hit3-ink": "ansi_bright_white",
    "hit4": "ansi_white",
    "hit4-ink": "ansi_black",
}

DARK: Final = Theme(
    name="tcptui",
    primary="#74bbff",
    secondary="#d2a8ff",
    warning="#f2b84b",
    error="#ff7f7f",
    success="#7ee787",
    accent="#f2b84b",
    foreground="#dbe2ea",
    background="#10151b",
    surface="#10151b",
    panel="#1b2632",
    variables={
        **_VARIABLES,
        "scrollbar": "#33495f",
        "scrollbar-hover": "#41617f",
        "scrollbar-active": "#74bbff",
        "scrollbar-background": "#151c24",
        "scrollbar-background-hover": "#151c24",
        "scrollbar-background-active": "#151c24",
        "scrollbar-corner-color": "#151c24",
    },
)
LIGHT: Final = Theme(
    name="tcptui-light",
    primary="#0550ae",
    secondary="#7238bd",
    warning="#7d5200",
    error="#c00d2b",
    success="#146c31",
    accent="#7d5200",
    foreground="#1f2328",
    background="#ffffff",
    surface="#ffffff",
    panel="#e6ebf1",
    dark=False,
    variables=_LIGHT,
)
SIXTEEN: Final = Theme(
    name="tcptui-16",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_magenta",
    warning="ansi_bright_yellow",
    error="ansi_bright_red",
    success="ansi_bright_green",
    accent="ansi_bright_yellow",
    foreground="ansi_bright_white",
    background="ansi_black",
    surface="ansi_black",
    panel="ansi_black",
    boost="ansi_black",
    variables={
        **_SIXTEEN,
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_bright_white",
        "block-cursor-foreground": "ansi_bright_white",
        "block-cursor-background": "ansi_blue",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_white",
        "screen-selection-background": "ansi_blue",
        "screen-selection-foreground": "ansi_white",
        "scrollbar": "ansi_blue",
        "scrollbar-hover": "ansi_blue",
        "scrollbar-active": "ansi_bright_blue",
        "scrollbar-background": "ansi_black",
        "scrollbar-background-hover": "ansi_black",
        "scrollbar-background-active": "ansi_black",
        "scrollbar-corner-color": "ansi_black",
    },
)
THEMES: Final = (DARK, LIGHT, SIXTEEN)


def variable_defaults(dark: bool = True) -> dict[str, str]:
    """Our CSS variables with default values, for themes that do not define them."""
    return dict(_VARIABLES if dark else _LIGHT)


def _resolved(widget: Widget, name: str) -> Style:
    """The style that the style sheet gives class ``cell--<name>`` inside ``widget``."""
    node = DOMNode(classes=f"cell--{name}")
    belong_to(node, widget)
    widget.app.stylesheet.apply(node, animate=False)
    return node.styles.partial_rich_style if name in _OVERLAYS else node.styles.rich_style


#: Styles that are laid over others: only the attributes that the style sheet sets for them are kept.
_OVERLAYS: Final = frozenset({"cursor", "away", "step", "field", "hit1", "hit2", "hit3", "hit4"})
#: Cache per app: the parsed style sheet, and under it one palette per base style of a widget.
_RESOLVED: Final[WeakKeyDictionary[App[Any], tuple[object, dict[Style, Palette]]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Palette:
    """The resolved styles of one widget.  None of them is None, so that the NO_COLOR filters work."""

    plain: Style
    strong: Style
    faint: Style
    head: Style
    client: Style
    server: Style
    good: Style
    error: Style
    warning: Style
    note: Style
    key: Style
    link: Style
    field: Style
    bar: Style
    assumed: Style
    edge: Style
    cursor: Style
    """Overlay for the row under the cursor."""
    away: Style
    """Overlay for the row under the cursor while another pane has the focus."""
    step: Style
    """Overlay for the rows that the current step of a lesson points at."""
    hit1: Style
    """Overlay for what the first search that is kept has found; the others have their own."""
    hit2: Style
    hit3: Style
    hit4: Style

    @classmethod
    def of(cls, widget: Widget) -> Palette:
        """The palette of ``widget``: the styles that the classes ``cell--*`` of the style sheet have inside it.

        Cached by the widget's base style; the cache is dropped when the style sheet has been parsed again.
        """
        rules, base = widget.app.stylesheet.rules, widget.rich_style
        known_rules, known = _RESOLVED.get(widget.app, (None, {}))
        if known_rules is not rules:
            known = {}
            _RESOLVED[widget.app] = (rules, known)
        palette = known.get(base)
        if palette is None:
            palette = known[base] = cls(**{name: _resolved(widget, name) for name in cls.__dataclass_fields__})
        return palette

    def severity(self, severity: int) -> Style:
        """The style of a `Severity`; plain for 0, no severity."""
        if severity == Severity.ERROR:
            return self.error
        if severity == Severity.WARNING:
            return self.warning
        return self.note if severity == Severity.NOTE else self.plain

    def hit(self, number: int) -> Style:
        """The overlay of what the search with that number, from 1, has found."""
        return (self.hit1, self.hit2, self.hit3, self.hit4)[number - 1]

    def side(self, from_server: bool) -> Style:
        """The style of one side's packets."""
        return self.server if from_server else self.client
