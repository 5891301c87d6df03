"""``query``: SQL over a scan, or a question that has a name, as text, CSV or JSON lines."""

from __future__ import annotations

import json
import math
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tcptui.cli.commands import QueryForm
from tcptui.cli.inputs import give_up_root
from tcptui.cli.report.csv_lines import csv_line
from tcptui.cli.run.load import write, write_text
from tcptui.model.safe_text import safe_text
from tcptui.scan.questions import QUESTIONS
from tcptui.words.errors import CommandFailedError, say
from tcptui.words.language import Language
from tcptui.words.line_breaking import cell_len

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.cli.commands import QueryCommand
    from tcptui.scan.ask import Answer
    from tcptui.words.catalogue import Words

#: Characters of a cell of text: longer ones are cut.  CSV and JSON have them whole.
_CELL_MOST: Final = 100
_NONE: Final = "–"
_CUT: Final = "…"


def run_query(command: QueryCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    if not command.folder:
        if command.form is QueryForm.JSONL:
            write(_questions_as_json(words))
        else:
            write_text(_questions(words))
        return 0
    if find_spec("duckdb") is None:
        raise CommandFailedError("error.query-duckdb")
    give_up_root()
    from tcptui.scan.ask import Tables

    with closing(Tables(Path(command.folder))) as tables:
        answer = tables.ask(command.sql, dict(command.parameters))
        with closing(answer.blocks):
            _write(command, answer, words)
    return 0


def _write(command: QueryCommand, answer: Answer, words: Words) -> None:
    if command.form is QueryForm.JSONL:
        write(_json_lines(answer))
    elif command.form is QueryForm.CSV:
        shown = safe_text if sys.stdout.isatty() else str
        write(_csv(answer, shown, spreadsheet_safe=command.spreadsheet_safe))
    else:
        write_text(_table(answer, words))


def _questions(words: Words) -> Iterator[str]:
    is_english = words.language is Language.EN
    for question in QUESTIONS:
        yield f"{question.name}\n  {question.en if is_english else question.zh}\n"
        for one in question.parameters:
            yield f"    {f'{one.name}={one.default}':16}  {one.en if is_english else one.zh}\n"


def _questions_as_json(words: Words) -> Iterator[str]:
    is_english = words.language is Language.EN
    for question in QUESTIONS:
        parameters = [
            {
                "name": one.name, "type": "text" if isinstance(one.default, str) else "number", "default": one.default,
                "meaning": one.en if is_english else one.zh,
            }
            for one in question.parameters
        ]  # fmt: skip
        told = {
            "name": question.name, "meaning": question.en if is_english else question.zh, "parameters": parameters,
            "sql": question.sql.strip(),
        }  # fmt: skip
        yield json.dumps(told, ensure_ascii=False) + "\n"


# -- for programs: exact -----------------------------------------------------------------------


def _csv(answer: Answer, shown: Callable[[str], str], *, spreadsheet_safe: bool) -> Iterator[str]:
    yield csv_line([shown(name) for name in answer.names], spreadsheet_safe=spreadsheet_safe)
    for block in answer.blocks:
        for row in block:
            yield csv_line(
                ["" if cell is None else shown(_plain(cell)) for cell in row], spreadsheet_safe=spreadsheet_safe
            )


def _json_lines(answer: Answer) -> Iterator[str]:
    from tcptui.scan.ask import ValueKind

    names = [_quoted(name) for name in answer.names]
    are_json = [kind is ValueKind.JSON for kind in answer.kinds]
    for block in answer.blocks:
        for row in block:
            cells = (_as_json(cell, is_json=is_json) for cell, is_json in zip(row, are_json, strict=True))
            yield f"{{{', '.join(map(': '.join, zip(names, cells, strict=True)))}}}\n"


def _as_json(cell: Any, *, is_json: bool) -> str:
    if cell is None:
        return "null"
    if is_json:
        return cell if cell.isprintable() else json.dumps(json.loads(cell))
    is_text = isinstance(cell, str) or (isinstance(cell, float) and not math.isfinite(cell))
    return _quoted(str(cell)) if is_text else _plain(cell)


def _quoted(text: str) -> str:
    """``text`` in JSON; what a terminal might take for a command of its own is escaped."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _plain(cell: Any) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


# -- for people --------------------------------------------------------------------------------


def _table(answer: Answer, words: Words) -> Iterator[str]:
    """Columns as wide as the cells of the first block of rows, so that no result need be in memory."""
    from tcptui.scan.ask import ValueKind

    to_right = [kind is ValueKind.NUMBER for kind in answer.kinds]
    head = [_shown(name) for name in answer.names]
    widths: list[int] = []
    for block in answer.blocks:
        rows = [[_NONE if cell is None else _shown(_plain(cell)) for cell in row] for row in block]
        if not widths:
            widths = [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]
            yield _line(head, widths, to_right)
        for row in rows:
            yield _line(row, widths, to_right)
    if not widths:
        say(words("query.none"), words)


def _shown(text: str) -> str:
    return safe_text(text, _CELL_MOST) + (_CUT if len(text) > _CELL_MOST else "")


def _line(cells: Sequence[str], widths: Sequence[int], to_right: Sequence[bool]) -> str:
    padded = (
        " " * (width - cell_len(cell)) + cell if right else cell + " " * (width - cell_len(cell))
        for cell, width, right in zip(cells, widths, to_right, strict=True)
    )
    return "  ".join(padded).rstrip() + "\n"
