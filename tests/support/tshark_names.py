"""Writes names that tshark has, registered or not: all protocols, and all fields of those that we know wholly.

tshark -G fields | python tests/support/tshark_names.py > tcptui/dfilter/tshark_names.txt
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcptui.dfilter.names import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable


def excerpt(lines: Iterable[str]) -> list[str]:
    """Of the lines of ``tshark -G fields``, those names, sorted."""
    names = set()
    for line in lines:
        kind, _title, name, *rest = line.rstrip("\n").split("\t")
        is_whole = kind == "F" and (rest[1] in WHOLE or name.partition(".")[0] in WHOLE)
        if (kind == "P" or is_whole) and " " not in name:
            names.add(name)
    return sorted(names)


if __name__ == "__main__":
    print("\n".join(excerpt(sys.stdin)))
