"""Pane 3: the header tree of one packet, and its bytes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message
from textual.widgets import Tree

from tcptui.protocols.headers.node import ExpertLevel, Node, node_at, path_at
from tcptui.ui.background import Background
from tcptui.ui.cell_text import fit_ends
from tcptui.ui.main.hex_pane import HexPane, fits_whole_line
from tcptui.ui.theme import Glyphs
from tcptui.ui.widgets.painted_lines import PaletteMixin
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from rich.style import StyleType
    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size
    from textual.theme import Theme
    from textual.widgets.tree import TreeNode

    from tcptui.words.catalogue import Words

#: Lines of one tree, at most: to draw more takes longer than a key may wait, and nobody reads them.
LINES_MOST: Final = 1_500
#: Layers and subtrees that are expanded at first: those that this program is about.
_OPEN_AT_FIRST: Final = frozenset({"tcp", "tcp.flags", "tcp.options", "tcp.analysis"})
#: The bytes are shown below the tree only while the tree keeps this many lines.
_TREE_LEAST: Final = 6
_HEX_LEAST: Final = 3
#: The line above them.
_HEX_RULE: Final = 1
#: From this width (cells) on the bytes are beside the tree.
_BESIDE_WIDTH: Final = 140
#: A link address behind its name, a size told again, names, and both ends of a layer, for `shorter_lines`.
_NAMED_ADDRESS: Final = re.compile(r"(?<!\S)\S++ \(((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\)")
_IN_BITS: Final = re.compile(r" \(\d+ bits\)")
_SHORT_NAMES: Final = (
    ("Internet Protocol Version ", "IPv"),
    ("Transmission Control Protocol", "TCP"),
    ("User Datagram Protocol", "UDP"),
)
_FROM_TO: Final = re.compile(r", Src(?: Port)?: ([^\s,]+), Dst(?: Port)?: ([^\s,]+)")
_WHOLE: Final = re.compile(r": (\d+ bytes) on wire, \1 captured")
_ALL: Final = ", all captured"
_ON_INTERFACE: Final = re.compile(r" on interface .*")
#: What a segment's line ends with, and both ends of a line that ends with them, for `shorter_lines` and `cut_ends`.
_NUMBERS: Final = re.compile(r", (Seq|Ack|Len): ")
_BOTH_ENDS: Final = re.compile(r"(.*) (\S+)( \S+ )(\S+)")
#: Identity of a line: the names of `line_names` on the path from the root.
Key = tuple[str, ...]


def line_names(nodes: Sequence[Node]) -> list[str]:
    """Names that identify these sibling lines across packets: the field, or without one the label before the value.

    Where several lines have the same field, the first gets the field alone, the others also the label before the
    value; names that are still the same get a number.
    """
    names: list[str] = []
    seen: Counter[str] = Counter()
    for node in nodes:
        before = node.label.split(":", 1)[0].split(",", 1)[0]
        name = node.field or before
        if node.field and seen[name]:
            seen[name] += 1
            name = f"{name}/{before}"
        names.append(f"{name}/{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


def shorter_lines(label: str, right: str) -> list[str]:
    """Shorter and shorter forms of a layer's line: by short names and addresses, then with ``right`` between both.

    The last ones are without what another form would say: that all was captured, the blanks between numbers.
    """
    forms = [_IN_BITS.sub("", _NAMED_ADDRESS.sub(r"\1", label))]
    for name, short in _SHORT_NAMES:
        if forms[0].startswith(name):
            forms[0] = short + forms[0].removeprefix(name)
    forms.append(_WHOLE.sub(r": \1, all captured", _FROM_TO.sub(rf" \1 {right} \2", forms[0])))
    between = forms[-1].replace(_ALL, "")
    if _NUMBERS.search(between):
        between = _NUMBERS.sub(r" \1=", between).replace(f" {right} ", right)
    forms += [between, _ON_INTERFACE.sub("", between)]
    return [form for form in dict.fromkeys(forms) if len(form) < len(label)]


def cut_ends(form: str, right: str, room: int, ellipsis: str) -> str:
    """``form`` in ``room`` cells where it ends with two ends, ``right`` between them: what tells both apart stays."""
    found = _BOTH_ENDS.fullmatch(form)
    if found is None or found[3].strip() != right:
        return form
    name = found[1] + " "
    return name + fit_ends(found[2], found[4], found[3], max(0, room - len(name)), ellipsis)


def _innermost(root: Node) -> Node | None:
    """The innermost layer, where none is one that this program is about."""
    is_ours = any(layer.field in _OPEN_AT_FIRST for layer in root.children)
    return None if is_ours or not root.children else root.children[-1]


def with_most_lines(root: Node, words: Words, most: int = LINES_MOST) -> Node:
    """``root`` with at most ``most`` lines below it; a last one tells how many are left out."""
    left = most - 1

    def cut(node: Node) -> Node:
        nonlocal left
        kept = []
        for child in node.children:
            if left <= 0:
                break
            left -= 1
            kept.append(cut(child))
        return replace(node, children=tuple(kept))

    lines = _lines_below(root)
    if lines <= most:
        return root
    whole = cut(root)
    more = Node(words("screen.headers.more", n=Count(lines - _lines_below(whole))))
    return replace(whole, children=(*whole.children, more))


def _lines_below(node: Node) -> int:
    return sum(1 + _lines_below(child) for child in node.children)


class HeaderTree(Tree[Node], PaletteMixin):
    """The header tree; from packet to packet it keeps which lines are expanded and where the cursor is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "cursor_up", show=False),
        Binding("j", "cursor_down", show=False),
        Binding("g,home", "scroll_home_line", show=False),
        Binding("G,end", "scroll_end_line", show=False),
        Binding("right,l", "open_node", show=False),
        Binding("left,h", "close_node", show=False),
        Binding("space", "screen.pause", show=False),
    ]

    def __init__(self, glyphs: Glyphs, *, id: str = "fields") -> None:  # noqa: A002 - Textual's name
        super().__init__(Text(""), id=id)
        self.glyphs = glyphs
        self.show_root = False
        self.guide_depth = 2
        self.show_guides = glyphs.rule != "-"
        self.ICON_NODE = f"{glyphs.shut} "
        self.ICON_NODE_EXPANDED = f"{glyphs.open} "
        self.root_node: Node | None = None
        self._open: dict[Key, bool] = {}
        self._keys: dict[int, Key] = {}
        self._shape: tuple[object, ...] = ()
        self._cursor_key: Key = ()
        self._filling = False

    # -- contents ------------------------------------------------------------------
    def show(self, root: Node | None) -> None:
        """Show the layers of ``root``; expanded lines stay expanded, the cursor stays on its field."""
        self.root_node = root
        shape = () if root is None else tuple(self._shape_of(layer) for layer in root.children)
        if shape == self._shape and root is not None:
            self._relabel(self.root, root)
            return
        self._shape = shape
        self._filling = True
        with self.app.batch_update():
            self.clear()
            self._keys = {}
            target: TreeNode[Node] | None = None
            if root is not None:
                target = self._fill(self.root, root, (), _innermost(root))
            self.root.expand()
            if target is not None:
                self.call_after_refresh(self._restore_cursor, target)
            elif self.has_focus:
                self.on_focus()
        self._filling = False

    def recolour(self, theme: Theme) -> None:
        """Style all lines anew after a theme change."""
        super().recolour(theme)
        self._shape = ()
        self.show(self.root_node)

    def on_focus(self) -> None:
        """Have a cursor: Textual's tree has none until it is moved, and Enter would do nothing."""
        self.call_after_refresh(self._begin_cursor)

    def _begin_cursor(self) -> None:
        if self.cursor_line < 0 and self.root_node is not None:
            self._go_to_line(0)

    def _restore_cursor(self, target: TreeNode[Node]) -> None:
        if target.line >= 0 and self._keys.get(target.id) == self._cursor_key:
            self.move_cursor(target)

    def _shape_of(self, node: Node) -> tuple[object, ...]:
        return (node.field or node.label.split(":", 1)[0], *map(self._shape_of, node.children))

    def _fill(
        self, parent: TreeNode[Node], node: Node, above: Key, opened: Node | None = None
    ) -> TreeNode[Node] | None:
        """Add the lines of ``node``; ``opened``: the one that is expanded at first though nothing else says so."""
        found: TreeNode[Node] | None = None
        for name, child in zip(line_names(node.children), node.children, strict=True):
            key = (*above, name)
            is_open = self._open.get(key, child is opened or child.field in _OPEN_AT_FIRST)
            branch = parent.add(self._label(child), child, expand=is_open, allow_expand=bool(child.children))
            self._keys[branch.id] = key
            if key == self._cursor_key:
                found = branch
            found = self._fill(branch, child, key) or found
        return found

    def _relabel(self, branch: TreeNode[Node], node: Node) -> None:
        for below, child in zip(branch.children, node.children, strict=True):
            old = below.data
            below.data = child
            if old is None or old.label != child.label or old.severity != child.severity:
                below.set_label(self._label(child))
            self._relabel(below, child)

    def _label(self, node: Node) -> Text:
        """The line's text, in the style of `_label_style`."""
        return Text(node.label, self._label_style(node), no_wrap=True)

    def _label_style(self, node: Node) -> StyleType:
        palette, worst = self.palette, node.severity
        if worst is None and node.target:
            return Style(color=palette.link.color, underline=True)
        if worst is None:
            return Style(color=palette.faint.color) if not node.is_read else Style()
        if worst >= ExpertLevel.ERROR:
            return Style(color=palette.error.color, bold=True)
        if worst >= ExpertLevel.WARNING:
            return Style(color=palette.warning.color)
        return Style(color=palette.note.color)

    def render_label(self, node: TreeNode[Node], base_style: Style, style: Style) -> Text:
        """The line's text, that of a layer told shorter, and cut with an ellipsis, where the pane ends."""
        text = super().render_label(node, base_style, style)
        if node.parent is self.root and not node.allow_expand:
            text = Text(" " * cell_len(self.ICON_NODE), base_style) + text  # below the names of the other layers
        above, guides = node.parent, 0
        while above is not None and above is not self.root:
            above, guides = above.parent, guides + self.guide_depth
        room = self.scrollable_content_region.width - guides
        if 0 < room < text.cell_len and node.parent is self.root and node.data is not None:
            text = self._shortened(text, node.data.label, room)
        if 0 < room < text.cell_len:
            mark = self.glyphs.ellipsis
            text.truncate(room - len(mark), overflow="crop")
            text.append(mark)
        return text

    def _shortened(self, text: Text, label: str, room: int) -> Text:
        """``text`` with, for ``label`` at its end, its first shorter form that fits in ``room``, or the last."""
        before = text[: len(text) - len(label)]
        style = text.get_style_at_offset(self.app.console, len(text) - 1)
        shorter = text
        for form in shorter_lines(label, self.glyphs.right):
            shorter = before + Text(form, style, no_wrap=True)
            if shorter.cell_len <= room:
                return shorter
        cut = cut_ends(shorter.plain[len(before) :], self.glyphs.right, room - before.cell_len, self.glyphs.ellipsis)
        return before + Text(cut, style, no_wrap=True)

    # -- keys ----------------------------------------------------------------------
    def action_open_node(self) -> None:
        """Expand the line, or go to its first child when it is expanded."""
        node = self.cursor_node
        if node is None or not node.allow_expand:
            return
        if node.is_expanded:
            self.action_cursor_down()
        else:
            node.expand()

    def action_close_node(self) -> None:
        """Collapse the line, or go to its parent; at a top-level line, leave the pane."""
        node = self.cursor_node
        if node is not None and node.is_expanded and node.allow_expand:
            node.collapse()
        elif node is not None and node.parent is not None and node.parent is not self.root:
            self.move_cursor(node.parent)
        else:
            self.screen.call_later(self.screen.run_action, "back")

    def action_scroll_home_line(self) -> None:
        """Move the cursor to the first line."""
        self._go_to_line(0)

    def action_scroll_end_line(self) -> None:
        """Move the cursor to the last line."""
        self._go_to_line(self.last_line)

    def show_cursor_line(self) -> None:
        """Scroll so that the line under the cursor can be seen."""
        if self.cursor_line >= 0:
            self.scroll_to_line(self.cursor_line, animate=False)

    def _go_to_line(self, line: int) -> None:
        self.cursor_line = line
        self.scroll_to_line(line)  # Textual's tree scrolls only for its own actions

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Node]) -> None:
        """Remember that the line is expanded."""
        self._remember(event.node, True)

    def on_tree_node_collapsed(self, event: Tree.NodeCollapsed[Node]) -> None:
        """Remember that the line is collapsed."""
        self._remember(event.node, False)

    def _remember(self, node: TreeNode[Node], is_open: bool) -> None:
        key = self._keys.get(node.id)
        if key is not None:
            self._open[key] = is_open

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Node]) -> None:
        """Remember where the cursor is."""
        key = self._keys.get(event.node.id)
        if key is not None and not self._filling:
            self._cursor_key = key

    def go_to(self, path: tuple[int, ...]) -> None:
        """Move the cursor to the line at ``path`` (child indices from the root), expanding its ancestors and itself."""
        branch = self.root
        for index in path:
            branch = branch.children[index]
            if index != path[-1] or branch.children:
                branch.expand()
        self.call_after_refresh(self.move_cursor, branch)


class HeaderPane(Container):
    """The tree with the bytes below it, or beside it where there is room."""

    #: Where it stands on a screen of its own lists; the main screen's style sheet has the rest.
    DEFAULT_CSS = """
    HeaderPane {
        height: 1fr; width: 1fr; layout: vertical;
        & #fields {
            height: 1fr; width: 1fr; background: $background; padding: 0;
            scrollbar-size-vertical: 1; overflow-x: hidden; overflow-y: scroll;
        }
        & #hex {
            height: 6; width: 1fr; padding: 0; border-top: solid $edge; background: $background;
            overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        }
        &.-beside { layout: horizontal; }
        &.-beside #hex { width: 74; border-top: none; border-left: solid $edge; }
        & Tree {
            & > .tree--guides, & > .tree--guides-selected, & > .tree--guides-hover { color: $edge; }
            & > .tree--cursor { background: $row-cursor-away; color: $foreground; text-style: none; }
            & > .tree--highlight { text-style: none; }
            & > .tree--highlight-line { background: $background; }
            &:focus { background-tint: $foreground 0%; }
            &:focus > .tree--cursor { background: $row-cursor; color: $foreground; text-style: none; }
            &:ansi:focus > .tree--cursor { color: ansi_black; }
        }
    }
    """

    @dataclass
    class PacketWanted(Message):
        """A line that links to another packet was chosen."""

        pane: HeaderPane
        frame: int

        @property
        def control(self) -> HeaderPane:
            """The pane, for selectors."""
            return self.pane

    def __init__(self, glyphs: Glyphs, *, id: str = "headers") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._working: Background[Node] = Background(self)
        self._waits_for: Hashable = None
        self.tree_view = HeaderTree(glyphs)
        self.hex_pane = HexPane()
        self.is_alone = True
        """Whether no other pane is beside this one."""

    def compose(self) -> ComposeResult:
        """Tree, then bytes."""
        yield self.tree_view
        yield self.hex_pane

    def show(
        self, root: Node | None, data: bytes, found: Sequence[tuple[int, int, int]] = (), look_at: int = -1
    ) -> None:  # fmt: skip
        """Show a packet's tree and its bytes, with those of the selected field marked.

        ``found``: what searches have found, offset, length and number of the search, is coloured.  ``look_at``: the
        offset of a byte that is scrolled to.
        """
        self._working.drop()
        self.tree_view.show(root)
        self.hex_pane.show(data, found)
        self._divide(self.size)
        node = self.tree_view.cursor_node
        if node is not None and node.data is not None:
            self._mark(node.data)
        if look_at >= 0:
            self.hex_pane.show_byte(look_at)

    def work_out(
        self, key: Hashable, compute: Callable[[], Node], words: Words, data: bytes,
        found: Sequence[tuple[int, int, int]] = (), look_at: int = -1,
    ) -> None:  # fmt: skip
        """`show` the tree that ``compute`` returns; where it takes long, a line that says so stands in its place.

        ``key`` names the packet and what its tree depends on.
        """

        def bounded() -> Node:
            return with_most_lines(compute(), words)

        def take(root: Node) -> None:
            self.show(root, data, found, look_at)

        if not self._working.want(key, bounded, take) and key != self._waits_for:
            self._waits_for = key
            self.tree_view.show(Node("", children=(Node(words("screen.explain.computing")),)))
            self.hex_pane.show(data, found)
            self._divide(self.size)

    @property
    def is_settled(self) -> bool:
        """Whether the tree is there that was to be shown last."""
        return not self._working.is_busy

    def _mark(self, node: Node) -> None:
        # A field that is the whole frame is not marked: that would say nothing.
        if node.start is None or node.length >= len(self.hex_pane.data):
            self.hex_pane.mark(0, 0)
        else:
            self.hex_pane.mark(node.start, node.length)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Node]) -> None:
        """Mark the bytes of the field under the tree's cursor."""
        if event.node.data is not None:
            self._mark(event.node.data)

    def on_tree_node_selected(self, event: Tree.NodeSelected[Node]) -> None:
        """Go to the packet that the line links to, on Enter or a click."""
        node = event.node.data
        if node is not None and node.target:
            self.post_message(self.PacketWanted(self, node.target))

    def on_hex_pane_byte_clicked(self, event: HexPane.ByteClicked) -> None:
        """Move the tree's cursor to the field of the byte that was clicked."""
        root = self.tree_view.root_node
        if root is None:
            return
        path = path_at(root, event.offset)
        if path and node_at(root, path) is not root:
            self.tree_view.go_to(path)

    def on_resize(self, event: events.Resize) -> None:
        """Divide the room between tree and bytes, and keep the tree's cursor in sight."""
        self._divide(event.size)
        self.call_after_refresh(self.tree_view.show_cursor_line)

    def _divide(self, size: Size) -> None:
        width, height = size
        beside = width >= _BESIDE_WIDTH
        self.set_class(beside, "-beside")
        # What the bytes leave of a third is the tree's.
        lines = max(_HEX_LEAST, min(height // 3, _HEX_RULE + self.hex_pane.lines_in(width)))
        # Lines of eight bytes say little for their room; where no pane is beside this one, they are all there can be.
        legible = self.is_alone or fits_whole_line(width - 1)
        self.hex_pane.display = beside or (legible and height - lines >= _TREE_LEAST)
        self.hex_pane.styles.height = "1fr" if beside else lines
