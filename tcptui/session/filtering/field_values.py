"""The values of any field that can be read, for packets of a session: each field by its cheapest way."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.dfilter import types
from tcptui.dfilter.expression import (
    And,
    CallValue,
    Contains,
    Exists,
    FieldValue,
    Matches,
    Not,
    Or,
    SliceValue,
    Xor,
)
from tcptui.dfilter.traps import values_of
from tcptui.model.field import AnyOf, Column, Owner, Reader
from tcptui.model.field import FieldType as T
from tcptui.model.fields import FIELDS
from tcptui.session.filtering import patterns
from tcptui.session.filtering.absent import may_have
from tcptui.session.filtering.cancelling import never
from tcptui.session.filtering.columns import elsewhere, read_column
from tcptui.session.filtering.datagram_fields import read_members
from tcptui.session.filtering.dns_datagrams import DNS_LAYERS, has_dns
from tcptui.session.filtering.evaluator import simple
from tcptui.session.filtering.families import family_of, is_said_by_messages, possible
from tcptui.session.filtering.header_bytes import PLACED, placed, read_placed
from tcptui.session.filtering.header_options import (
    OPTION_FIELDS,
    OPTION_VALUES,
    may_have_option,
    options_of,
    read_option,
)
from tcptui.session.filtering.header_places import in_order
from tcptui.session.filtering.kernel_fields import KERNEL_FIELDS, read_kernel
from tcptui.session.filtering.leaf_memory import LeafMemory
from tcptui.session.filtering.message_tables import TABLED_PROTOCOLS, MessageTables, tells
from tcptui.session.filtering.message_values import Asked, MessageValues
from tcptui.session.filtering.noted import NOTED, read_notes
from tcptui.session.filtering.occurrences import Cells, Occurrences, by_place, merged, moved, none_of
from tcptui.session.filtering.owner_fields import OWNER_FIELDS, read_owners
from tcptui.session.filtering.packet_bytes import STRETCHES, containing, has_place, values
from tcptui.session.filtering.plain import (
    QUICK_PROTOCOLS,
    READ_PLAINLY,
    PlainRows,
    either_address,
    has_protocol,
    plain,
    plain_rows,
    read_plain,
)
from tcptui.session.filtering.plain_datagrams import datagrams_of, has_header, may_hold
from tcptui.session.filtering.requests import REQUEST_FIELDS, RequestReader
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.spoken_families import SpokenFamilies
from tcptui.session.filtering.stream_columns import StreamColumns
from tcptui.session.filtering.tables import EVIDENCE, TABLED, read_findings, read_table
from tcptui.session.filtering.texts import value_text
from tcptui.session.filtering.trees import TreeReader, is_in, members
from tcptui.session.filtering.tunnelled import TUNNELLED_FIELDS, TUNNELLED_PROTOCOLS, tunnelled

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

    from tcptui.dfilter.expression import Test
    from tcptui.model.field import Field
    from tcptui.model.packet_store import I32
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.session.filtering.rows import Mask

#: Costs of a test, for the order in which tests are asked.
_COLUMNS, _TABLES, _STREAMS, _BYTES, _TREES = range(5)
_SLOW_TABLES: Final = (Reader.BUDGET, Reader.FINDINGS)
#: Fields that are read without a header tree, and are no columns.
COMPUTED: Final = TABLED | EVIDENCE | NOTED | KERNEL_FIELDS | OWNER_FIELDS | REQUEST_FIELDS


class FieldReader:
    """Finds fields in the packets of a session."""

    def __init__(
        self, session: FilteredCapture, cancelled: Callable[[], bool] = never, *, own: bool = True, deep: bool = False
    ) -> None:
        """Without ``own``, findings that a user has defined are left out.  ``deep``: as `TreeReader`."""
        self._session = session
        self._own = own
        self.trees = TreeReader(session, cancelled, deep=deep)
        self._values = session.indexes.of(MessageValues, MessageValues)
        self._spoken = session.indexes.of(SpokenFamilies, SpokenFamilies)
        self._requests = RequestReader(session, self.trees)
        self._messages = MessageTables(session, self.trees) if deep else None
        self._leaves = LeafMemory()
        self._last: PlainRows | None = None
        self._streams: StreamColumns | None = None

    @contextmanager
    def asked_about(self, rows: int) -> Iterator[None]:
        """Meanwhile ``rows`` rows are asked about: what many of them need of the stream table is read once."""
        self._streams = StreamColumns(self._session, rows)
        try:
            yield
        finally:
            self._streams = None

    # ---- for whoever wants values

    def occurrences(self, field: Field, rows: I32) -> Occurrences:
        """The values of ``field`` in ``rows`` (ascending)."""
        return self.read(FieldValue(field), Rows.of(np.asarray(rows, np.int32)))

    def texts(self, field: Field, rows: I32) -> list[list[str]]:
        """For each of ``rows`` (ascending) the values of ``field`` as ``tshark -T fields`` prints them.

        No list is to be changed: rows without a value share one.
        """
        found = self.counted(FieldValue(field), Rows.of(np.asarray(rows, np.int32)))
        return by_place(found, [value_text(found.type, value, field) for value in found.values.tolist()])

    # ---- for the evaluator

    def cost(self, test: Test) -> int:
        """How dear the test is."""
        if isinstance(test, Not):
            return self.cost(test.of)
        if isinstance(test, And | Or | Xor):
            return max(map(self.cost, test.of))
        if isinstance(test, Exists) and _is_quick(test.value):
            return _TABLES
        dearest = _BYTES if isinstance(test, Contains | Matches) else _COLUMNS
        for value in values_of(test):
            if isinstance(value, FieldValue):
                dearest = max(dearest, _cost(value))
            elif isinstance(value, SliceValue | CallValue):
                dearest = max(dearest, _TABLES)
        return dearest

    def has(self, value: FieldValue, rows: Rows) -> Mask:
        """Mask of the ``rows`` that have the field."""
        if value.field.name in DNS_LAYERS and value.layers is None and not value.is_raw:
            return self._has(value, rows)
        if value.field.name in TABLED_PROTOCOLS and value.layers is None and not value.is_raw:
            return self._of_trees(value.field, rows, bare=True).present()
        if not _is_quick(value):
            cells = self.cells(value, rows)
            return self.read(value, rows).present() if cells is None else cells.present
        if value.field.name == "frame":
            return np.ones(len(rows), np.bool_)
        mask = plain(self._session, rows)
        some = rows.only(mask)
        if len(some) == len(rows):
            return has_protocol(self._session, value.field.name, rows)
        others = ~mask
        mask[mask] = has_protocol(self._session, value.field.name, some)
        mask[others] = self._leaves.asked(Exists(value), rows.only(others), lambda rows: self._has(value, rows))
        return mask

    def _has(self, value: FieldValue, rows: Rows) -> Mask:
        """Which of ``rows`` have a protocol of `HEADERS` or of `DNS_LAYERS`: bytes tell it, else trees."""
        datagrams = datagrams_of(self._session, rows)
        mask = datagrams.mask.copy()
        mask[mask] = (has_dns if value.field.name in DNS_LAYERS else has_header)(datagrams, value.field.name)
        others = ~datagrams.mask
        if others.any() and value.field.name in TUNNELLED_PROTOCOLS:
            inside = tunnelled(self._session, rows)
            mask[inside.mask] = inside.has(value.field.name)
            others &= ~inside.mask
        if others.any():
            mask[others] = self.read(value, rows.only(others)).present()
        return mask

    def read(self, value: FieldValue, rows: Rows) -> Occurrences:
        """The values of ``value`` in ``rows``."""
        field = value.field
        if value.layers is not None and not value.is_raw and field.name.startswith("frame."):
            # There is one frame: its layer is the first, and the last.
            found = any(is_in(1, part, 1) for part in value.layers)
            return self._read(field, rows) if found else none_of(types.type_of(field), len(rows))
        if value.layers is not None or value.is_raw:
            return self.trees.read(field, rows, value.layers, raw=value.is_raw)
        return self._read(field, rows)

    def counted(self, value: FieldValue, rows: Rows) -> Occurrences:
        """The values of ``value`` with every repetition of the field: a column has one where the tree may have two."""
        field = value.field
        if field.repeats and isinstance(field.source, Column):
            return self.trees.read(field, rows, value.layers, raw=value.is_raw)
        return self.read(value, rows)

    def buffers(self, value: FieldValue, rows: Rows) -> Occurrences:
        """Bytes that `contains` and `matches` look into: of a protocol, all from its first byte to its buffer's end."""
        field = value.field
        if types.type_of(field) is not T.PROTOCOL or value.is_raw:
            return self.read(value, rows)
        if value.layers is not None:
            return self.trees.read(field, rows, value.layers, rest=True)
        if field.name not in STRETCHES:
            return self._of_trees(field, rows, rest=True)
        return self._split(field, rows, has_place(self._session, field.name, rows), self._of_bytes, rest=True)

    def contains(self, value: FieldValue, wanted: bytes, rows: Rows) -> Mask | None:
        """Mask of the ``rows`` that have ``wanted`` within the field; None: there is no short cut."""
        name = value.field.name
        if name not in STRETCHES or value.layers is not None or value.is_raw or not wanted:
            return None
        ordinary = has_place(self._session, name, rows)
        mask = np.zeros(len(rows), np.bool_)
        mask[ordinary] = containing(self._session, name, wanted, rows.only(ordinary))
        if not ordinary.all():
            is_protocol = types.type_of(value.field) is T.PROTOCOL
            found = self._of_trees(value.field, rows.only(~ordinary), rest=is_protocol)
            hits = np.fromiter((wanted in one for one in found.values.tolist()), np.bool_, len(found.values))
            mask[~ordinary] = found.any(hits)
        return mask

    def cells(self, value: FieldValue, rows: Rows) -> Cells | None:
        """Values by columns and tables, where each of ``rows`` has one at most; None: not they alone tell."""
        field, source = value.field, value.field.source
        if value.layers is not None or value.is_raw or not (isinstance(source, Column) or field.name in TABLED):
            return None
        if not _is_in_memory(field) and elsewhere(self._session.store, rows).any():
            return None
        return self._cells(field, rows)

    def either_end(self, value: FieldValue, decide: Callable[[Occurrences], Mask], rows: Rows) -> Mask | None:
        """Mask of the ``rows`` with an IPv4 address of either end that ``decide`` takes; None: no short cut."""
        if value.field.name != "ip.addr" or value.layers is not None or value.is_raw:
            return None
        plainly = self._known(rows)
        found = either_address(self._session, plainly, decide)
        if found is None or plainly.mask.all():
            return found
        mask = np.zeros(len(rows), np.bool_)
        mask[plainly.mask] = found
        rest = self._of_trees(value.field, rows.only(~plainly.mask))
        mask[~plainly.mask] = rest.any(decide(rest))
        return mask

    def searched(self, pattern: re.Pattern[bytes], values: list[bytes]) -> Mask:
        """In which of ``values`` the pattern finds something.  Raises as `patterns.contains`."""
        return patterns.contains(pattern, values, self.trees.cancelled)

    def remembered(self, test: Test, rows: Rows) -> Mask:
        """Mask of the ``rows`` that pass ``test``, which joins no others."""
        if self.cost(test) < _BYTES:
            return simple(test, rows, self)
        return self._leaves.asked(test, rows, lambda left: simple(test, left, self))

    def drop(self, first: int) -> None:
        """Keep nothing about rows before ``first``, which were evicted."""
        self._leaves.drop(first)
        self.trees.unread.drop(first)

    def forget(self, rows: I32 | None = None) -> None:
        """Ask anew about ``rows`` (None: all): what was concluded of them may have changed."""
        if rows is None:
            self._leaves.clear()
            self.trees.clear()
            self.trees.unread.clear()
            self._requests.clear()
            return
        self._leaves.forget(rows)
        self.trees.forget(rows)
        self.trees.unread.forget(rows)

    # ---- tiers

    def _read(self, field: Field, rows: Rows) -> Occurrences:
        if field.name in STRETCHES:
            return self._split(field, rows, has_place(self._session, field.name, rows), self._of_bytes)
        if all(name in READ_PLAINLY for name in members(field)):
            plainly = self._known(rows)
            return self._split(field, rows, plainly.mask, lambda field, rows: self._of_plain(field, rows, plainly))
        if all(name in PLACED for name in members(field)):
            ordinary = plain(self._session, rows)
            ordinary[ordinary] = placed(self._session, members(field), rows.only(ordinary))
            return self._split(field, rows, ordinary, self._of_places)
        if field.name in OPTION_VALUES:
            return self._of_options(field, rows)
        if not _is_cheap(field):
            return self._of_trees(field, rows)
        if _is_in_memory(field):
            return self._of_memory(field, rows)
        # Of quoted and cut headers columns know nothing, or not what tshark shows.
        odd = elsewhere(self._session.store, rows)
        return self._split(field, rows, ~odd, self._of_memory)

    def _split(
        self, field: Field, rows: Rows, cheap: Mask, read: Callable[[Field, Rows], Occurrences], *, rest: bool = False
    ) -> Occurrences:
        """What ``read`` says of the ``cheap`` rows, and trees of the others."""
        if cheap.all():
            return read(field, rows)
        if not cheap.any():
            return self._of_trees(field, rows, rest=rest)
        parts = [
            moved(read(field, rows.only(cheap)), np.flatnonzero(cheap), len(rows)),
            moved(self._of_trees(field, rows.only(~cheap), rest=rest), np.flatnonzero(~cheap), len(rows)),
        ]
        return merged(types.type_of(field), parts, len(rows))

    def _of_bytes(self, field: Field, rows: Rows) -> Occurrences:
        return values(self._session, field.name, rows)

    def _of_places(self, field: Field, rows: Rows) -> Occurrences:
        parts = [read_placed(self._session, name, rows) for name in in_order(members(field))]
        return merged(types.type_of(field), parts, len(rows))

    def _of_options(self, field: Field, rows: Rows) -> Occurrences:
        ordinary = plain(self._session, rows)
        options = options_of(self._session, rows.only(ordinary))
        ordinary[ordinary] = options.regular
        return self._split(field, rows, ordinary, lambda field, _: read_option(field.name, options.of_regular()))

    def _with_option(self, name: str, rows: Rows) -> Mask:
        """Which of ``rows`` may have the field ``name`` of `OPTION_FIELDS`."""
        ordinary = plain(self._session, rows)
        could = ~ordinary
        could[ordinary] = may_have_option(options_of(self._session, rows.only(ordinary)), name)
        return could

    def _of_plain(self, field: Field, rows: Rows, plainly: PlainRows) -> Occurrences:
        parts = [read_plain(self._session, name, rows, plainly.four) for name in members(field)]
        return merged(types.type_of(field), parts, len(rows))

    def _known(self, rows: Rows) -> PlainRows:
        """`plain_rows`, which both halves of a field such as ``ip.addr`` ask for the same rows."""
        if self._last is None or self._last.rows is not rows:
            self._last = plain_rows(self._session, rows)
        return self._last

    def _of_trees(self, field: Field, rows: Rows, *, rest: bool = False, bare: bool = False) -> Occurrences:
        """`_read_trees`, of what messages of a file say only where it was not asked before."""
        session = self._session
        is_final = self._messages is not None and not session.progress.growing
        if not is_final or not all(map(is_said_by_messages, members(field))):
            return self._read_trees(field, rows, rest=rest, bare=bare)
        asked = Asked(field.name, rest, bare, session.reader.keys.revision)
        known, kept = self._values.of(asked, rows)
        if kept is not None and known.all():
            return kept
        some = rows if kept is None else rows.only(~known)
        found = self._read_trees(field, some, rest=rest, bare=bare)
        if not self.trees.lacks_any(some):
            self._values.keep(asked, some, found, session.store.count)
        if kept is None:
            return found
        parts = [moved(kept, np.flatnonzero(known), len(rows)), moved(found, np.flatnonzero(~known), len(rows))]
        return merged(types.type_of(field), parts, len(rows))

    def _read_trees(self, field: Field, rows: Rows, *, rest: bool, bare: bool) -> Occurrences:
        """What trees say, which are built of those packets alone that may have the field, and of no plain datagram.

        ``bare``: whether there are values is all that is asked.
        """
        could = possible(self._session.store, field.name, rows)
        there = may_have(self._session, field.name, rows)
        if there is not None:
            could = there if could is None else could & there
        if field.name in OPTION_FIELDS:
            with_option = self._with_option(field.name, rows)
            could = with_option if could is None else could & with_option
        if could is not None and is_said_by_messages(field.name):
            families = {family_of(name) for name in members(field)}
            could[could] = self._spoken.may_have(self._session, families, rows.only(could), self.trees.cancelled)
        if could is not None and not could.any():
            return none_of(types.type_of(field), len(rows))
        if could is None or could.all():
            return self._beside_trees(field, rows, rest=rest, bare=bare)
        found = self._beside_trees(field, rows.only(could), rest=rest, bare=bare)
        return moved(found, np.flatnonzero(could), len(rows))

    def _beside_trees(self, field: Field, rows: Rows, *, rest: bool, bare: bool) -> Occurrences:
        """What plain datagrams, segments in tunnels and tables of messages say, and trees of the other packets."""
        names, parts, others = members(field), [], np.ones(len(rows), np.bool_)
        datagrams = datagrams_of(self._session, rows)
        if datagrams.mask.any() and rest:
            others[datagrams.mask] = may_hold(datagrams, field.name)
        elif datagrams.mask.any():
            told, read = read_members(self.trees, datagrams, rows, names)
            parts.append(moved(read, np.flatnonzero(datagrams.mask), len(rows)))
            others[datagrams.mask] = ~told
        if others.any() and all(name in TUNNELLED_FIELDS for name in names):
            inside = tunnelled(self._session, rows)
            parts.append(moved(inside.read(field.name, names), np.flatnonzero(inside.mask), len(rows)))
            others &= ~inside.mask
        is_told = not rest and tells(field.name, bare=bare)
        if others.any() and is_told and self._messages is not None:
            self.trees.want([field.name])
            some = np.flatnonzero(others)
            told, read = self._messages.read(field.name, rows.only(others))
            parts.append(moved(read, some, len(rows)))
            others[some] = ~told
        if others.any():
            found = self.trees.read(field, rows.only(others), rest=rest)
            parts.append(moved(found, np.flatnonzero(others), len(rows)))
        return merged(types.type_of(field), parts, len(rows))

    def _of_memory(self, field: Field, rows: Rows) -> Occurrences:
        source = field.source
        if isinstance(source, AnyOf):
            parts = [self._of_memory(FIELDS[name], rows) for name in source.names]
            return merged(types.type_of(field), parts, len(rows))
        if field.name in NOTED:
            return read_notes(self._session, field, rows)
        if field.name in KERNEL_FIELDS:
            return read_kernel(self._session, field, rows)
        if field.name in OWNER_FIELDS:
            return read_owners(self._session, field, rows)
        if field.name in REQUEST_FIELDS:
            return self._requests.read(field, rows)
        if field.name in EVIDENCE:
            return read_findings(self._session, field, rows, own=self._own)
        return self._cells(field, rows).occurrences()

    def _cells(self, field: Field, rows: Rows) -> Cells:
        if isinstance(field.source, Column):
            return read_column(self._session.store, field, field.source, rows)
        return read_table(self._streams or StreamColumns(self._session, len(rows)), field, rows)


def _is_cheap(field: Field) -> bool:
    """Whether columns and tables answer for all packets but those with odd headers."""
    source = field.source
    if isinstance(source, AnyOf):
        return all(_is_cheap(FIELDS[name]) for name in source.names)
    return isinstance(source, Column) or field.name in COMPUTED


def _is_in_memory(field: Field) -> bool:
    """Whether memory knows all of the field, which is cheap: no packet has it in a quoted or a cut header."""
    return field.owner is Owner.TCPTUI or not field.name.startswith("tcp.")


def _is_quick(value: FieldValue) -> bool:
    """Whether a plain segment tells without its bytes if it has the protocol ``value``."""
    return value.field.name in QUICK_PROTOCOLS and value.layers is None and not value.is_raw


def _cost(value: FieldValue) -> int:
    field = value.field
    if value.layers is not None or value.is_raw:
        return _TREES
    if field.name in STRETCHES or field.name in OPTION_VALUES or all(name in PLACED for name in members(field)):
        return _BYTES
    if all(name in READ_PLAINLY for name in members(field)):
        return _TABLES
    if not _is_cheap(field):
        return _TREES
    if isinstance(field.source, Column):
        return _COLUMNS
    if field.source is Reader.REQUESTS:
        return _BYTES
    return _STREAMS if field.source in _SLOW_TABLES else _TABLES
