"""What `y` puts on the clipboard: the text of what is under the cursor, made safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.model.safe_text import safe_text
from tcptui.ui.pane_layout import Pane

if TYPE_CHECKING:
    from tcptui.ui.widgets.virtual_list import VirtualList
    from tcptui.ui.widgets.workspace import Workspace


def _row_text(rows: VirtualList) -> str:
    if not rows.row_count:
        return ""
    width = max(rows.scrollable_content_region.width, 1)
    return " ".join("".join(segment.text for segment in rows.row(rows.cursor, width)).split())


def copied_text(workspace: Workspace) -> str:
    """The connection, the packet, the field, or the whole explanation; empty when there is nothing."""
    pane = workspace.active
    if pane is Pane.CONNECTIONS:
        return safe_text(_row_text(workspace.connections))
    if pane is Pane.TIMELINE:
        return safe_text(_row_text(workspace.ladder))
    if pane is Pane.HEADERS:
        node = workspace.field_under_cursor()
        return "" if node is None else safe_text(node.label)
    return workspace.explain.text
