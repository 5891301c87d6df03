"""``tcptui check``: whether a display filter is right, what was meant, and what it does that one may not expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tcptui.cli.run.load import write, write_text
from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import error_line
from tcptui.words.filter_text import hint_text, remark_text

if TYPE_CHECKING:
    from tcptui.cli.commands import CheckCommand
    from tcptui.dfilter.compile import Compiled
    from tcptui.dfilter.errors import Span
    from tcptui.words.catalogue import Words

_INVALID: Final = 1
_SCHEMA: Final = 1
#: Columns of the filter that are shown around a mistake.
_SHOWN: Final = 72


def check_filter(command: CheckCommand, words: Words) -> int:
    """Say whether the filter is valid; returns 0, or 1 for one that is not."""
    if command.as_json:
        checked = filter_checked(command.filter_text, words)
        _write_json(checked)
        return 0 if checked["valid"] else _INVALID
    try:
        compiled = compile_filter(command.filter_text)
    except FilterError as error:
        write_text(f"{line}\n" for line in _mistake_lines(command.filter_text, error, words))
        return _INVALID
    write_text(f"{line}\n" for line in _lines(compiled, words))
    return 0


def filter_checked(text: str, words: Words) -> dict[str, Any]:
    """What ``--json`` says of the filter ``text``."""
    try:
        return _valid(compile_filter(text), words)
    except FilterError as error:
        return _invalid(text, error, words)


def _write_json(answer: dict[str, Any]) -> None:
    from tcptui.cli.report.json_text import to_json

    write([to_json(answer), "\n"])


def _lines(compiled: Compiled, words: Words) -> list[str]:
    if compiled.test is None:
        return [words("filter.check.empty")]
    names = ", ".join(field.name for field in compiled.fields)
    lines = [
        words("filter.check.valid", filter=safe_text(compiled.text)),
        words("filter.check.fields", names=names) if names else words("filter.check.no-fields"),
        words("filter.check.cost", cost=words(f"filter.cost.{compiled.cost.value}")),
    ]
    for remark in compiled.remarks:
        lines.append(words("filter.check.note", remark=remark_text(remark, words)))
        if remark.replacement is not None:
            lines.append("  " + words("filter.hint.try", filter=safe_text(remark.replacement)))
    return lines


def _mistake_lines(text: str, error: FilterError, words: Words) -> list[str]:
    lines = [words("filter.check.invalid", message=error_line(error, words))]
    if text.strip():
        lines += pointed(text, error.span)
    near = _nearest(error)
    if near:
        lines.append(words("filter.check.near", names=", ".join(near)))
    hint = error.suggestion
    if hint is not None:
        lines.append(hint_text(hint, words))
        if hint.replacement is not None:
            lines.append("  " + words("filter.hint.try", filter=safe_text(hint.replacement)))
    return lines


def _nearest(error: FilterError) -> list[str]:
    near = error.facts.get("near") if error.mistake is Mistake.UNKNOWN_FIELD else None
    return str(near).split(", ") if near else []


def pointed(text: str, span: Span) -> list[str]:
    """Two lines: the part of ``text`` around ``span``, and carets beneath it."""
    first = max(0, min(span.offset - _SHOWN // 2, len(text) - _SHOWN))
    shown = "".join(sign if sign.isprintable() else " " for sign in text[first : first + _SHOWN])
    before = shown[: span.offset - first]
    carets = max(1, min(span.length, _SHOWN - len(before)))
    return [f"  {safe_text(shown)}", f"  {_blanks(before)}{'^' * carets}"]


def _blanks(text: str) -> str:
    """Blanks as wide as ``text`` on a screen."""
    from rich.cells import cell_len

    return " " * cell_len(safe_text(text))


def _valid(compiled: Compiled, words: Words) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "filter": compiled.text,
        "valid": True,
        "fields": [field.name for field in compiled.fields],
        "cost": compiled.cost.value,
        "remarks": [
            {"id": remark.key.value, "offset": remark.span.offset, "length": remark.span.length,
             "text": remark_text(remark, words), "suggestion": remark.replacement}
            for remark in compiled.remarks
        ],
    }  # fmt: skip


def _invalid(text: str, error: FilterError, words: Words) -> dict[str, Any]:
    hint = error.suggestion
    return {
        "schema": _SCHEMA,
        "filter": text,
        "valid": False,
        "error": {
            "id": error.mistake.value,
            "offset": error.span.offset,
            "length": error.span.length,
            "text": error_line(error, words),
        },
        "nearest": _nearest(error),
        "hint": None if hint is None else {
            "id": hint.key, "text": hint_text(hint, words), "suggestion": hint.replacement,
        },
    }  # fmt: skip
