"""Files of a scan's folder by name: which parts count.  Without pyarrow, for who only reads with something else.

A part is done when its file of the table of captures is there, and gone when another such file names it as replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.scan.schema import DAY, Table

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX: Final = ".parquet"
#: Metadata of each file: the version of the tables …
VERSION: Final = b"tcptui.schema_version"
#: … and, of a file of captures, the parts that its part replaces.
REPLACES: Final = b"tcptui.replaces"


def capture_files(folder: Path) -> list[Path]:
    """The files of the table of captures: one for each part that is done."""
    return sorted((folder / Table.CAPTURES.value).glob(f"{DAY}=*/part-*-0{SUFFIX}"))


def part_of(path: Path) -> str:
    """The ID of the part to which the file ``path`` belongs."""
    return path.name.split("-")[1]


def names_in(value: bytes) -> set[str]:
    """The names that a value of metadata lists."""
    return set(filter(None, value.decode("utf-8", "replace").split("\n")))
