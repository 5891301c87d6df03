"""Writes what the code knows of the manual: settings, findings, fields of our own, and the report of the README.

python tests/support/manual_tables.py

Each table is between two comments in a page of ``tcptui/docs``, the report is the first block of text in the README;
the test of the manual compares them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.cli.command_table import COMMANDS
from tcptui.findings.catalog import CATALOG
from tcptui.lessons.loader import load_case, load_cases
from tcptui.model.field import Owner
from tcptui.model.fields import FIELDS
from tcptui.scan.questions import QUESTIONS
from tcptui.scan.schema import COLUMNS as SCAN_COLUMNS
from tcptui.scan.schema import Kind as ColumnKind
from tcptui.scan.schema import Table as ScanTable
from tcptui.scan.views import VIEWS, View
from tcptui.ui.settings.table import SETTINGS, Kind
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "tcptui" / "docs"
#: The case whose report the README shows, as wide as a page shows it.
SHOWN_CASE: Final = "accept-queue-full"
COLUMNS: Final = 90
#: What begins and ends a table in a page.
_MARKED: Final = "<!-- {} -->"
_HEADS: Final = {
    "commands": {Language.EN: "command|what it does", Language.ZH: "命令|作用"},
    "settings": {Language.EN: "setting|default|values|what it does", Language.ZH: "设置|默认|可选值|作用"},
    "findings": {Language.EN: "name|title|family|case", Language.ZH: "名称|标题|类别|案例"},
    "questions": {Language.EN: "question|what it shows|KEY=VALUE", Language.ZH: "查询|作用|参数=值"},
    "view": {Language.EN: "column|what it is", Language.ZH: "列|内容"},
    "scan": {Language.EN: "column|type|unit|meaning", Language.ZH: "列|类型|单位|含义"},
    "fields": {Language.EN: "field|type|meaning", Language.ZH: "字段|类型|含义"},
}


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    cells = head.split("|")
    lines = [cells, ["---"] * len(cells), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def commands(words: Words) -> str:
    """Each command, as the first page of the help has it."""
    rows = [(f"`tcptui {row.word}`", words(f"cli.summary.{row.word}")) for row in COMMANDS]
    return _table(_HEADS["commands"][words.language], rows)


def settings(words: Words) -> str:
    """Each setting of the settings file, as `tcptui config --help` has it."""
    rows = []
    for setting in SETTINGS:
        default = f'"{setting.default}"' if setting.kind is Kind.CHOICE else setting.default
        values = " ".join(f"`{value}`" for value in setting.values) or "–"
        rows.append((f"`{setting.name}`", f"`{default}`", values, words(setting.doc)))
    return _table(_HEADS["settings"][words.language], rows)


def findings(words: Words) -> str:
    """Each finding: the name by which it is chosen, what it is called, its family and the case that teaches it."""
    cases = {case.id for case in load_cases()}
    rows = [
        (f"`{row.id}`", words(f"findings.{row.id}.name"), f"`{row.family}`",
         f"`{row.case_id}`" if row.case_id in cases else "–")
        for row in CATALOG
    ]  # fmt: skip
    return _table(_HEADS["findings"][words.language], rows)


def fields(words: Words) -> str:
    """Each field that tshark does not have."""
    rows = [
        (f"`{field.name}`", f"`{field.type.value}`", words(f"field.{field.name}"))
        for field in FIELDS.values()
        if field.owner is Owner.TCPTUI
    ]
    return _table(_HEADS["fields"][words.language], rows)


#: Types of the columns of a scan, as Parquet and Arrow have them.
_KINDS: Final = {
    ColumnKind.TEXT: "string", ColumnKind.NAME: "dictionary of string", ColumnKind.ADDRESS: "fixed 16 bytes",
    ColumnKind.WHOLE: "int64", ColumnKind.YES: "bool", ColumnKind.TIME: "timestamp[ns, UTC]",
    ColumnKind.WHOLES: "list of int64", ColumnKind.TEXTS: "list of string",
    ColumnKind.TIMES: "list of timestamp[ns, UTC]",
}  # fmt: skip


def scanned(table: ScanTable, words: Words) -> str:
    """Each column of a table that `tcptui scan` writes."""
    is_english = words.language is Language.EN
    rows = [
        (f"`{column.name}`", _KINDS[column.kind], column.unit or "–", column.en if is_english else column.zh)
        for column in SCAN_COLUMNS[table]
    ]
    return _table(_HEADS["scan"][words.language], rows)


def questions(words: Words) -> str:
    """Each question of `tcptui query` that has a name, its parameters by their defaults."""
    is_english = words.language is Language.EN
    rows = [
        (
            f"`{one.name}`", one.en if is_english else one.zh,
            " ".join(f"`{parameter.name}={parameter.default}`" for parameter in one.parameters) or "–",
        )
        for one in QUESTIONS
    ]  # fmt: skip
    return _table(_HEADS["questions"][words.language], rows)


def viewed(view: View, words: Words) -> str:
    """Each column of a view, and what of its table it is."""
    is_english = words.language is Language.EN
    rows = [(f"`{column.name}`", column.en if is_english else column.zh) for column in view.columns]
    return _table(_HEADS["view"][words.language], rows)


#: Of each page the tables in it, by name.
TABLES: Final[dict[str, tuple[tuple[str, Callable[[Words], str]], ...]]] = {
    "cli": (("commands", commands), ("settings", settings)),
    "list-of-findings": (("findings", findings),),
    "filters": (("fields", fields),),
    "scan": (
        ("questions", questions),
        *((table.value, partial(scanned, table)) for table in ScanTable),
        *((view.name, partial(viewed, view)) for view in VIEWS),
    ),
}


def page_of(name: str, language: Language) -> Path:
    """The page ``name`` of the manual in ``language``."""
    return DOCS / f"{name}{'.zh' if language is Language.ZH else ''}.md"


def renewed(name: str, language: Language) -> str:
    """The text of a page with all its tables made anew.  Raises `ValueError` where a table has no place."""
    text, words = page_of(name, language).read_text("utf-8"), Words(language)
    for table, made in TABLES[name]:
        begin, end = _MARKED.format(table), _MARKED.format(f"end of {table}")
        if begin not in text or end not in text:
            raise ValueError(f"{page_of(name, language)} has no place for {table}")
        between = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.S)
        written = made(words)
        text = between.sub(lambda _, written=written: f"\n{written}\n\n", text)
    return text


def readme(language: Language) -> Path:
    """The README in ``language``."""
    return ROOT / f"README{'.zh' if language is Language.ZH else ''}.md"


def report(language: Language) -> str:
    """What `tcptui report` prints of `SHOWN_CASE`, after the command; its last paragraph, on options, is left out."""
    capture = load_case(SHOWN_CASE).captures[0]
    environ = os.environ | {"COLUMNS": str(COLUMNS), "LANG": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", "--lang", language.value, "report", capture.name],
        cwd=capture.parent, env={**environ, "PYTHONPATH": str(ROOT)}, capture_output=True, encoding="utf-8", check=True,
        timeout=600,
    )  # fmt: skip
    paragraphs = done.stdout.strip("\n").split("\n\n")
    return "\n\n".join((f"$ tcptui report {capture.name}", *paragraphs[:-1]))


def renewed_readme(language: Language) -> str:
    """The text of the README with its report made anew."""
    shown = report(language)
    return re.sub(
        r"(?<=^```text\n).*?(?=^```$)", lambda _: f"{shown}\n", readme(language).read_text("utf-8"), count=1,
        flags=re.M | re.S,
    )  # fmt: skip


if __name__ == "__main__":
    for spoken in Language:
        readme(spoken).write_text(renewed_readme(spoken), "utf-8")
    for page in TABLES:
        for spoken in Language:
            page_of(page, spoken).write_text(renewed(page, spoken), "utf-8")
