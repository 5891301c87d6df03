"""Lines of comma-separated values, on demand with cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: With what a formula begins (owasp.org, CSV Injection), the wide forms of East Asian keyboards included.
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")


def csv_line(cells: Sequence[str], *, spreadsheet_safe: bool = False) -> str:
    """``cells``, which are safe text, as a line, quoted where needed.

    ``spreadsheet_safe``: a cell that a spreadsheet would take for a formula begins with an apostrophe; numbers stay.
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(_inert, cells) if spreadsheet_safe else cells)
    return line.getvalue()


def _inert(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell
