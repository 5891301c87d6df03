"""Writes the excerpt of ``tshark -G fields`` about fields of the registry, one a line.

tshark -G fields | python tests/support/tshark_fields.py > tcptui/dfilter/tshark_fields.tsv

Name, type, the title of its line, how its value is written (of a flag: how many bits are drawn), its bits of the bytes
that it is read from where these are not all.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tcptui.model.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable


#: Types that filters take as another: texts that end with a zero byte in the packet, or have their length before them.
_AS: dict[str, str] = {"FT_STRINGZ": "FT_STRING", "FT_UINT_STRING": "FT_STRING"}
#: Fields that two protocols register, with two types: the wider one is printed, filters take the other.
_NARROWER: dict[str, str] = {"tls.handshake.session_id_length": "FT_UINT8"}


def excerpt(lines: Iterable[str]) -> list[str]:
    """Of the lines of ``tshark -G fields``, those about names of the registry, sorted."""
    found: dict[str, str] = {}
    for line in lines:
        kind, title, name, *rest = line.rstrip("\n").split("\t")
        if name in FIELDS:
            printed = "FT_PROTOCOL" if kind == "P" else _AS.get(rest[0], rest[0])
            base, mask = (rest[2].removeprefix("BASE_"), rest[3]) if kind == "F" else ("", "0x0")
            row = (name, _NARROWER.get(name, printed), title, base, "" if mask == "0x0" else mask)
            found[name] = "\t".join(row).rstrip("\t")
    return [found[name] for name in sorted(found)]


if __name__ == "__main__":
    print("\n".join(excerpt(sys.stdin)))
