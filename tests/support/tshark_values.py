"""Writes what filters may say instead of numbers: of ``tshark -G values``, the value strings of the registry's fields.

tshark -G values | python tests/support/tshark_values.py > tcptui/dfilter/value_strings.tsv

A line ``= name name…`` begins the table of these fields, ``value<TAB>text`` are its rows in tshark's order.  Ranges are
left out: tshark takes no text for them.  Of a true-false string, 1 stands for true.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable


def excerpt(lines: Iterable[str]) -> list[str]:
    """The lines of the table."""
    tables: dict[str, list[str]] = {}
    for line in lines:
        kind, _, rest = line.rstrip("\n").partition("\t")
        name, _, told = rest.partition("\t")
        first, tab, second = told.partition("\t")
        if name not in FIELDS or not tab:  # a text with a line feed goes on in a line of its own
            continue
        if kind in ("V", "V64"):
            tables.setdefault(name, []).append(f"{int(first, 0)}\t{second}")
        elif kind == "T":
            tables.setdefault(name, []).extend((f"1\t{first}", f"0\t{second}"))
    shared: dict[tuple[str, ...], list[str]] = {}
    for name, rows in sorted(tables.items()):
        shared.setdefault(tuple(rows), []).append(name)
    return [line for rows, names in shared.items() for line in (f"= {' '.join(names)}", *rows)]


if __name__ == "__main__":
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]  # tshark writes some texts as Latin-1
    print("\n".join(excerpt(sys.stdin)))
