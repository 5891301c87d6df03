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
        kind, name, *rest = line.rstrip("\n").split("\t")
        if name not in FIELDS:
            continue
        rows = tables.setdefault(name, [])
        if kind in ("V", "V64") and len(rest) >= 2:
            rows.append(f"{int(rest[0], 0)}\t{rest[1]}")
        elif kind == "T" and len(rest) >= 2:
            rows += [f"1\t{rest[0]}", f"0\t{rest[1]}"]
    shared: dict[tuple[str, ...], list[str]] = {}
    for name, rows in sorted(tables.items()):
        if rows:
            shared.setdefault(tuple(rows), []).append(name)
    return [line for rows, names in shared.items() for line in (f"= {' '.join(names)}", *rows)]


if __name__ == "__main__":
    print("\n".join(excerpt(sys.stdin)))
