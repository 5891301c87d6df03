"""The table of the columns in which groups of connections are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.ui.cell_text import fit, grouped, span
from tcptui.words.finding_text import finding_name
from tcptui.words.quantities import byte_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcptui.session.groups import Group, GroupBy, GroupKey
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Cells of the sign in front, and between two columns.
SIGN: Final = 3
GAP: Final = 2
#: An optional column is shown only while the name keeps this many cells, or all that it needs.
NAME_LEAST: Final = 24
#: What is the matter with the worst connection is told where it has at least so many cells.
WORST_LEAST: Final = 24


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """One column right of the name: numbers, never cut."""

    heading: str
    """End of the catalogue key of its heading."""
    cell: Callable[[Group, Glyphs], str]
    is_optional: bool = True
    """Whether it gives way to the name; later ones first."""

    def width(self, groups: Sequence[Group], words: Words, glyphs: Glyphs) -> int:
        """Cells of its heading and widest number, with the gap before."""
        texts = [words(f"groups.column.{self.heading}"), *(self.cell(group, glyphs) for group in groups)]
        return max(map(cell_len, texts)) + GAP


def _trouble(group: Group, glyphs: Glyphs) -> str:
    counts = ((glyphs.error, group.errors), (glyphs.warning, group.warnings))
    return " ".join(f"{sign}{grouped(count)}" for sign, count in counts if count)


def _lost(group: Group, glyphs: Glyphs) -> str:
    return span(group.lost_ns, glyphs.micro) if group.lost_ns else ""


#: From left to right, right of the name.
GROUP_COLUMNS: Final = (
    GroupColumn("connections", lambda group, _glyphs: grouped(group.connections), is_optional=False),
    GroupColumn("trouble", _trouble, is_optional=False),
    GroupColumn("lost", _lost),
    GroupColumn("bytes", lambda group, _glyphs: byte_size(group.wire_bytes)),
    GroupColumn("packets", lambda group, _glyphs: grouped(group.packets)),
)


def key_text(key: GroupKey, words: Words) -> str:
    """What the connections of a group have in common, as a list shows it."""
    if key.finding is not None:
        return finding_name(key.finding, words)
    if len(key.hosts) == 2:
        return f"{key.hosts[0]} - {key.hosts[1]}"
    host = "".join(key.hosts)
    if key.port < 0:
        return host
    return f"[{host}]:{key.port}" if ":" in host else f"{host}:{key.port}" if host else str(key.port)


@dataclass(frozen=True, slots=True)
class GroupCells:
    """How the list is laid out in a given width."""

    by: GroupBy
    name: int
    """Cells of the name."""
    columns: tuple[tuple[GroupColumn, int], ...]
    """The columns that are shown, with their widths."""
    worst: int
    """Cells for what is the matter with the worst connection; 0: not shown."""

    @classmethod
    def of(cls, width: int, by: GroupBy, groups: Sequence[Group], words: Words, glyphs: Glyphs) -> GroupCells:
        """The layout for ``groups`` in ``width`` cells."""
        wanted = max((cell_len(key_text(group.key, words)) for group in groups), default=0)
        wanted = max(wanted, cell_len(words(f"groups.column.{by.value}")))
        room, shown = width - SIGN, []
        for column in GROUP_COLUMNS:
            size = column.width(groups, words, glyphs)
            if column.is_optional and room - size < min(wanted, NAME_LEAST):
                break
            room -= size
            shown.append((column, size))
        worst = room - wanted - GAP
        if worst < WORST_LEAST:
            return cls(by, min(wanted, max(room, 0)), tuple(shown), 0)
        return cls(by, wanted, tuple(shown), worst)

    def heading(self, words: Words, ellipsis: str) -> str:
        """The line of headings."""
        cells = " " * SIGN + fit(words(f"groups.column.{self.by.value}"), self.name, ellipsis)
        cells += "".join(
            fit(words(f"groups.column.{column.heading}"), size, "", right=True) for column, size in self.columns
        )
        return cells + (" " * GAP + fit(words("groups.column.worst"), self.worst, ellipsis) if self.worst else "")

    def numbers(self, group: Group, glyphs: Glyphs) -> str:
        """The numbers of ``group``."""
        return "".join(fit(column.cell(group, glyphs), size, "", right=True) for column, size in self.columns)
