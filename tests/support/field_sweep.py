"""Holds the values of every field against tshark's, frame by frame."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.model.errors import InputError
from tcptui.model.field import FieldType, Owner
from tcptui.model.fields import ROWS
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import is_readable
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.model.field import Field

#: What is not compared, by the beginning of the name, and why.
LEFT_OUT: Final = {
    "frame.coloring_rule": "the user's colours, which sharkd has and tshark has not",
    "frame.marked": "what a user marks",
    "frame.ignored": "what a user marks",
    "frame.time_delta_displayed": "depends on the filter itself",
}
_BETWEEN_VALUES: Final = "\x01"
#: Of these tshark prints the line of its tree: how many there are is compared.
_LINES: Final = frozenset({FieldType.PROTOCOL, FieldType.NONE})
#: As tshark prints them.
_ESCAPED: Final = str.maketrans({"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"})
#: What tshark prints of a value without bytes.
_EMPTY: Final = ("<MISSING>", "<none>")
#: Fields that tshark is asked for at once: a command line has its limit, and each tshark takes a third of a second.
_AT_ONCE: Final = 2000


def compared_fields(prefix: str = "") -> tuple[Field, ...]:
    """The fields that both programs fill."""
    return tuple(
        row for row in ROWS
        if row.owner is Owner.WIRESHARK and is_readable(row) and row.name.startswith(prefix)
        and not row.name.startswith(tuple(LEFT_OUT))
    )  # fmt: skip


@dataclass(slots=True)
class Swept:
    """What was compared of one capture."""

    frames: int = 0
    values: int = 0
    """Fields of frames in which one of both has a value."""
    different: dict[str, dict[int, tuple[list[str], list[str]]]] = field(default_factory=dict)
    """By field and frame: our values and tshark's."""


def sweep(path: Path, fields: Sequence[Field]) -> Swept | None:
    """Both readings of the capture at ``path``; None where it is no capture to us."""
    swept = Swept()
    try:
        opened = open_file(path)
    except InputError:
        return None
    with closing(opened) as session:
        swept.frames = session.store.count
        rows = np.arange(session.store.count, dtype=np.int32)
        columns = FieldPrinter(session, fields, secrets=True).texts(rows)
    for field_, mine, theirs in zip(fields, columns, printed(path, fields), strict=True):
        assert len(mine) == len(theirs), path
        if not any(mine) and not any(theirs):
            continue
        for number, (one, cell) in enumerate(zip(mine, theirs, strict=True), 1):
            if one or cell:
                other = _values(cell)
                swept.values += 1
                if not _same(field_, one, other):
                    swept.different.setdefault(field_.name, {})[number] = (one, other)
    return swept


def _same(field_: Field, mine: list[str], theirs: list[str]) -> bool:
    if field_.type in _LINES:
        return len(mine) == len(theirs)
    # What tshark prints ends at a zero byte, and may hold what stands between values.
    wanted = (_BETWEEN_VALUES.join(text.partition("\0")[0] for text in mine)).translate(_ESCAPED)
    return wanted == _BETWEEN_VALUES.join(theirs)


def printed(path: Path, fields: Sequence[Field]) -> list[tuple[str, ...]]:
    """For each field and each frame what tshark prints of all its values."""
    found: list[tuple[str, ...]] = []
    for begin in range(0, len(fields), _AT_ONCE):
        part = fields[begin : begin + _AT_ONCE]
        command = ["tshark", "-2", "-n", "-r", str(path), "-T", "fields"]
        command += ["-E", f"aggregator={_BETWEEN_VALUES}"]
        command += [word for one in part for word in ("-e", one.name)]
        shown = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"TZ": "UTC"})
        lines = [line.split("\t") for line in shown.stdout.decode(errors="replace").split("\n")[:-1]]
        assert all(len(line) == len(part) for line in lines), path
        found += zip(*lines, strict=True)
    return found


def _values(cell: str) -> list[str]:
    return ["" if text in _EMPTY else text for text in cell.split(_BETWEEN_VALUES)] if cell else []
