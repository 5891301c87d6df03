"""Lines of CSV are for programs; for a spreadsheet, no cell is a formula."""

from __future__ import annotations

import csv
import io

import pytest

from tcptui.cli.report.csv_lines import csv_line

FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "＝1",
    "=",
    "-",
    "--help",
    "-1.2.3.4",
    "+1e",
]
HARMLESS = ["", "a=1", "1", "-1", "+1", "-0.000000001", "1e-5", "-1.5E+3", "a@b", "'x", " x"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_formula_begins_with_an_apostrophe_only_where_that_is_wanted(cell: str) -> None:
    for is_safe, wanted in ((False, cell), (True, "'" + cell)):
        line = csv_line(["x", cell], spreadsheet_safe=is_safe)
        assert list(csv.reader(io.StringIO(line, newline=""))) == [["x", wanted]]


@pytest.mark.parametrize("cell", HARMLESS)
def test_number_and_text_stay_as_they_are(cell: str) -> None:
    assert csv_line(["x", cell], spreadsheet_safe=True) == csv_line(["x", cell])
