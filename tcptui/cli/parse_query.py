"""Parses ``query DIR "SQL"``, ``query DIR NAME [KEY=VALUE…]`` and ``query --list``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.cli.commands import QueryCommand, QueryForm
from tcptui.cli.parse_packets import is_spreadsheet_safe
from tcptui.cli.parse_values import CommandLineError, file_name, near_words, number, only_one
from tcptui.scan.questions import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.cli.commands import Common
    from tcptui.scan.questions import Parameter, Question

#: What is no SQL, whatever was mistyped.
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def parse_query(options: Mapping[str, str], words: Sequence[str], common: Common) -> QueryCommand:
    """Raises CommandLineError."""
    forms = {f"--{form.value}": form for form in QueryForm}
    chosen = only_one([name for name in options if name in forms])
    form, safe = forms[chosen] if chosen else QueryForm.TEXT, is_spreadsheet_safe(options)
    if "--list" in options:
        if form is QueryForm.CSV:
            raise CommandLineError("error.exclusive", first="--list", second="--csv")
        if words:
            raise CommandLineError("error.too-many-words", command="query --list", word=words[0])
        return QueryCommand(common, "", "", (), form)
    if not words:
        raise CommandLineError("error.query-where")
    folder, *asked = words
    if not asked or not asked[0].strip():
        raise CommandLineError("error.query-what")
    if _NAME.fullmatch(asked[0]):
        question = _question(asked[0])
        return QueryCommand(common, file_name("query", folder), question.sql, _bound(question, asked[1:]), form, safe)
    if len(asked) > 1:
        raise CommandLineError("error.query-quotes", word=asked[1])
    return QueryCommand(common, file_name("query", folder), asked[0], (), form, safe)


def _question(name: str) -> Question:
    question = BY_NAME.get(name)
    if question is None:
        near = near_words(name, BY_NAME)
        key = "error.query-name-near" if near else "error.query-name"
        raise CommandLineError(key, name=name[:80], near=", ".join(near))
    return question


def _bound(question: Question, words: Sequence[str]) -> tuple[tuple[str, int | str], ...]:
    """Each parameter of ``question`` with its value, as ``words`` say or by default."""
    known = {parameter.name: parameter for parameter in question.parameters}
    given: dict[str, int | str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in known:
            key = "error.query-parameter" if known else "error.query-no-parameters"
            raise CommandLineError(key, word=word[:80], question=question.name, known=", ".join(known))
        if name in given:
            raise CommandLineError("error.twice", option=name)
        given[name] = _value(known[name], value)
    return tuple((name, given.get(name, parameter.default)) for name, parameter in known.items())


def _value(parameter: Parameter, text: str) -> int | str:
    if isinstance(parameter.default, str):
        return text
    value = number({parameter.name: text}, parameter.name, parameter.least, parameter.most)
    return parameter.default if value is None else value
