"""The table of the columns in which groups of connections are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from tcptui.session.groups import GroupBy, GroupSort
from tcptui.ui.cell_text import fit, fit_endpoint, grouped, span
from tcptui.words.finding_text import finding_name
from tcptui.words.quantities import byte_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcptui.session.groups import Group, GroupKey
    from tcptui.session.host_names import HostName
    from tcptui.ui.theme import Glyphs
    from tcptui.words.catalogue import Words

#: Cells of the sign in front, and between two columns: a blank and the sign of the order.
SIGN: Final = 3
GAP: Final = 2
#: An optional column is shown only while the name keeps this many cells, or all that it needs: two IPv4 addresses.
NAME_LEAST: Final = 33
#: The kinds of groups that have two directions of their own; of others it is that from clients to servers.
_DIRECTED: Final = (GroupBy.HOST, GroupBy.PAIR)
#: A server's name stands behind its address where it has at least so many cells, and takes no more than so many.
NAMED_LEAST: Final = 8
_NAMED_MOST: Final = 40
#: What is the matter with the worst connection is told where it has at least so many cells.
WORST_LEAST: Final = 24

_BETWEEN: Final = " - "


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """One column right of the name: numbers, never cut."""

    heading: str
    """End of the catalogue key of its heading."""
    cell: Callable[[Group, Glyphs], str]
    is_optional: bool = True
    """Whether it gives way to the name; later ones first."""
    by_kind: bool = False
    """Whether its heading depends on what the groups are: its direction does."""
    is_joined: bool = False
    """Whether it is shown only together with the next."""

    def title(self, by: GroupBy, words: Words, glyphs: Glyphs) -> str:
        """Its heading."""
        kind = f".{_directions(by)}" if self.by_kind else ""
        return words(f"groups.column.{self.heading}{kind}", right=glyphs.right, left=glyphs.left)

    def width(self, by: GroupBy, groups: Sequence[Group], words: Words, glyphs: Glyphs) -> int:
        """Cells of its heading and widest number, with the gap before."""
        texts = [self.title(by, words, glyphs), *(self.cell(group, glyphs) for group in groups)]
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
    GroupColumn("bytes_forth", lambda group, _glyphs: byte_size(group.bytes_forth), by_kind=True, is_joined=True),
    GroupColumn("bytes_back", lambda group, _glyphs: byte_size(group.bytes_back), by_kind=True),
    GroupColumn("packets_forth", lambda group, _glyphs: grouped(group.packets_forth), by_kind=True, is_joined=True),
    GroupColumn("packets_back", lambda group, _glyphs: grouped(group.packets_back), by_kind=True),
)


def _directions(by: GroupBy) -> str:
    """The end of the catalogue keys of the directions that groups by ``by`` have."""
    return by.value if by in _DIRECTED else "other"


def sort_text(sort: GroupSort, by: GroupBy, words: Words, glyphs: Glyphs) -> str:
    """In which order groups by ``by`` are listed."""
    kind = f".{_directions(by)}" if sort in (GroupSort.BYTES_FORTH, GroupSort.BYTES_BACK) else ""
    return words(f"groups.sorted.{sort.value}{kind}", right=glyphs.right, left=glyphs.left)


def key_text(key: GroupKey, words: Words) -> str:
    """What the connections of a group have in common, as a list shows it."""
    if key.finding is not None:
        return finding_name(key.finding, words)
    if key.process:
        return key.process
    if len(key.hosts) == 2:
        return _BETWEEN.join(key.hosts)
    host = "".join(key.hosts)
    if key.port < 0:
        return host
    return f"[{host}]:{key.port}" if ":" in host else f"{host}:{key.port}" if host else str(key.port)


def _label_cells(key: GroupKey, name: HostName | None, words: Words) -> int:
    """Cells of what a group is called, with the name of its server behind."""
    own = cell_len(key_text(key, words))
    return own if name is None else own + 1 + min(cell_len(name.name), _NAMED_MOST)


def name_in(key: GroupKey, width: int, words: Words, ellipsis: str) -> str:
    """`key_text` in exactly ``width`` cells; of addresses the ends are kept, which tell them apart."""
    if len(key.hosts) == 2:
        first, second = key.hosts
        room = max(0, width - cell_len(_BETWEEN))
        mine = max(room // 2, room - len(second))
        pair = _end_of(first, mine, ellipsis), _end_of(second, room - min(mine, len(first)), ellipsis)
        return fit(_BETWEEN.join(pair), width, ellipsis)
    cut = fit_endpoint if key.port >= 0 else fit
    return cut(key_text(key, words), width, ellipsis)


def _end_of(address: str, width: int, ellipsis: str) -> str:
    """``address`` in at most ``width`` cells: its beginning is what others have, too."""
    keep = max(0, width - len(ellipsis))
    return address if len(address) <= width else ellipsis + address[len(address) - keep :]


@dataclass(frozen=True, slots=True)
class GroupCells:
    """How the list is laid out in a given width."""

    by: GroupBy
    sort: GroupSort
    name: int
    """Cells of the name."""
    columns: tuple[tuple[GroupColumn, int], ...]
    """The columns that are shown, with their widths."""
    worst: int
    """Cells for what is the matter with the worst connection; 0: not shown."""

    @classmethod
    def of(
        cls, width: int, by: GroupBy, sort: GroupSort, groups: Sequence[Group], words: Words, glyphs: Glyphs,
        names: Mapping[GroupKey, HostName],
    ) -> GroupCells:  # fmt: skip
        """The layout for ``groups`` in ``width`` cells; the column that they are sorted by is always shown."""
        wanted = max((_label_cells(group.key, names.get(group.key), words) for group in groups), default=0)
        wanted = max(wanted, cell_len(words(f"groups.column.{by.value}")))
        sizes = {column: column.width(by, groups, words, glyphs) for column in GROUP_COLUMNS}
        kept = [column for column in GROUP_COLUMNS if not column.is_optional or column.heading == sort.value]
        room = width - SIGN - sum(sizes[column] for column in kept)
        for column in GROUP_COLUMNS:
            if column in kept:
                continue
            least = min(wanted, NAME_LEAST)
            if column.by_kind and by not in _DIRECTED:  # the worst connection tells more
                least = wanted + GAP + WORST_LEAST
            if room - sizes[column] < least:
                if kept[-1].is_joined and kept[-1].heading != sort.value:
                    room += sizes[kept.pop()]
                break
            room -= sizes[column]
            kept.append(column)
        shown = tuple((column, sizes[column]) for column in GROUP_COLUMNS if column in kept)
        worst = room - wanted - GAP
        if worst < WORST_LEAST:
            return cls(by, sort, min(wanted, max(room, 0)), shown, 0)
        return cls(by, sort, wanted, shown, worst)

    def heading(self, words: Words, glyphs: Glyphs) -> str:
        """The line of headings, with a sign at the one that the groups are sorted by."""
        cells = " " * SIGN + fit(words(f"groups.column.{self.by.value}"), self.name, glyphs.ellipsis)
        for column, size in self.columns:
            sign = glyphs.descending if column.heading == self.sort.value else ""
            cells += fit(sign + column.title(self.by, words, glyphs), size, "", right=True)
        worst = fit(words("groups.column.worst"), self.worst, glyphs.ellipsis)
        return cells + (" " * GAP + worst if self.worst else "")

    def numbers(self, group: Group, glyphs: Glyphs) -> str:
        """The numbers of ``group``."""
        return "".join(fit(column.cell(group, glyphs), size, "", right=True) for column, size in self.columns)
