"""Writes the excerpt of ``tshark -G fields`` that the registry is held against: name and type, one field a line.

tshark -G fields | python tests/support/tshark_fields.py > tests/model/tshark_fields.tsv
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable


def excerpt(lines: Iterable[str]) -> list[str]:
    """Of the lines of ``tshark -G fields``, those about names of the registry, sorted."""
    found = set()
    for line in lines:
        kind, _title, name, *rest = line.rstrip("\n").split("\t")
        if name in FIELDS:
            # A filter makes no difference between a string of known length and one that a NUL ends.
            found.add(f"{name}\t{'FT_PROTOCOL' if kind == 'P' else rest[0].replace('STRINGZ', 'STRING')}")
    return sorted(found)


if __name__ == "__main__":
    print("\n".join(excerpt(sys.stdin)))
