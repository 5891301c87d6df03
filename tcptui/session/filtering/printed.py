"""Values of fields as ``tshark -T fields`` prints them: where that is not the value, but a line of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.dfilter import types
from tcptui.model.field import FieldType as T
from tcptui.model.field_rows.said import HEADER_NAME, HEADER_VALUES
from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.frame import date_text
from tcptui.protocols.secret_fields import cleaner_of, may_be_secret
from tcptui.protocols.secrets_out import header_without_secrets
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.occurrences import by_place
from tcptui.session.filtering.rows import Rows
from tcptui.session.filtering.trees import DESCRIBED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.field import Field
    from tcptui.model.packet_store import I32, I64
    from tcptui.session.filtering.filtered_capture import FilteredCapture


class FieldPrinter:
    """Prints the fields ``fields`` of packets of a session, reading each packet once."""

    def __init__(
        self, session: FilteredCapture, fields: Sequence[Field], *, deep: bool = False, secrets: bool = False
    ) -> None:
        """``deep``: as `TreeReader`; ``secrets``: for who compares values, and shows none."""
        self._secrets = secrets
        self._fields = fields
        self._has_named = any(field.name in HEADER_VALUES for field in fields)
        self._reader = FieldReader(session, deep=deep)
        self._reader.trees.want([*(field.name for field in fields), *([HEADER_NAME] if self._has_named else ())])

    def texts(self, rows: I32) -> list[list[list[str]]]:
        """For each field and each of ``rows`` (ascending) the values; no list is to be changed."""
        return [self._texts(field, rows) for field in self._fields]

    def hide_some(self, rows: I32) -> list[bool]:
        """For each of ``rows``, true if it has a value that is not shown as it was sent."""
        hide = [False] * len(rows)
        for field in self._fields:
            if may_be_secret(field.name):
                pairs = zip(self._texts(field, rows), self._sent(field, rows), strict=True)
                hide = [one or shown != sent for one, (shown, sent) in zip(hide, pairs, strict=True)]
        return hide

    def unread(self, first: int, stop: int) -> I64:
        """The rows from ``first`` to ``stop`` - 1 that were asked for messages that nobody read: `UnreadRows`."""
        return self._reader.trees.unread.of((field.name for field in self._fields), first, stop)

    def _texts(self, field: Field, rows: I32) -> list[list[str]]:
        """The values as they may be shown: without secrets."""
        texts = self._sent(field, rows)
        if self._secrets:
            return texts
        if field.name in HEADER_VALUES:
            names = self._sent(FIELDS[HEADER_NAME], rows)
            return [
                [header_without_secrets(*one) for one in zip(named, values, strict=False)]
                for named, values in zip(names, texts, strict=True)
            ]
        clean = cleaner_of(field.name)
        return texts if clean is None else [[clean(text) for text in values] for values in texts]

    def _sent(self, field: Field, rows: I32) -> list[list[str]]:
        if field.name in DESCRIBED:
            lines = self._reader.trees.lines(field, Rows.of(rows))
            return [_malformed(texts) for texts in lines] if field.name == "_ws.malformed" else lines
        kind = types.type_of(field)
        if kind is T.ABSOLUTE_TIME:
            found = self._reader.occurrences(field, rows)
            return by_place(found, [date_text(time_ns, None) for time_ns in found.values.tolist()])
        texts = self._reader.texts(field, rows)
        if kind is T.NONE:  # that it is there is all there is to print
            return _all_as("1", texts)
        if kind is T.PROTOCOL:
            return _all_as(field.name, texts)
        return texts


def _malformed(lines: list[str]) -> list[str]:
    """Each layer that is malformed has a line that names it, and a note, which has none."""
    return [text for line in lines for text in ([line] if ": " in line else []) + ["_ws.malformed"]]


def _all_as(text: str, found: list[list[str]]) -> list[list[str]]:
    return [[text] * len(values) if values else values for values in found]
