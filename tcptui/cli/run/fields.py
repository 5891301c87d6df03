"""``tcptui fields``: the registry of fields, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.run.load import write_text
from tcptui.dfilter.names import nearest
from tcptui.model.field import Owner
from tcptui.model.fields import ROWS
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import say

if TYPE_CHECKING:
    from tcptui.cli.commands import FieldsCommand
    from tcptui.model.field import Field
    from tcptui.words.catalogue import Words

_NONE_FOUND: Final = 1
_NOTHING: Final = "-"


def list_fields(command: FieldsCommand, words: Words) -> int:
    """List fields by name with tabs between: name, type, repeats, unit, who has it, meaning; 1 where none is found."""
    wanted = command.word.lower()
    meant = {row.name: words(f"field.{row.name}") for row in ROWS}
    found = sorted((row for row in ROWS if wanted in row.name.lower() or wanted in meant[row.name].lower()), key=_name)
    if not found:
        near = nearest(command.word)
        key = "filter.fields.none" if near else "filter.fields.none-near"
        say(words(key, word=safe_text(command.word), near=", ".join(near)), words)
        return _NONE_FOUND
    write_text(f"{_line(row, meant[row.name], words)}\n" for row in found)
    return 0


def _name(field: Field) -> str:
    return field.name


def _line(field: Field, meaning: str, words: Words) -> str:
    repeats = words("filter.fields.repeats") if field.repeats else _NOTHING
    owner = Owner.TCPTUI if field.owner is Owner.TCPTUI else Owner.WIRESHARK
    shown = f"{owner.value} > 4.0" if field.owner is Owner.NEWER_WIRESHARK else owner.value
    return "\t".join((field.name, field.type.value, repeats, field.unit.value or _NOTHING, shown, meaning))
