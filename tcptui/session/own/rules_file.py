"""Findings of one's own, read from a TOML file.

[[finding]]
id = "login-refused"
filter = "tcptui.request.operation contains \"/login\" and tcptui.request.status == 401"
severity = "warning"            # note, warning or error
per = "connection"              # or "packet"; one may leave it out
at_least = 3                    # packets of a connection that must match; one may leave it out
en = { title = "Logins are refused", sentence = "The server refused a login." }
zh = { title = "登录被拒绝", sentence = "服务器拒绝了登录。" }   # without it, the English words are shown
"""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from typing import TYPE_CHECKING, Any, Final

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.expression import FieldValue
from tcptui.dfilter.traps import values_of
from tcptui.findings.finding_filter import SEVERITIES
from tcptui.findings.spec import Family
from tcptui.model.errors import UsageError
from tcptui.model.finding import FindingId, OwnId, Severity
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.filtering.run import is_readable
from tcptui.session.own.rule import OwnRule, Per

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.dfilter.compile import Compiled

#: Bytes; a larger file was not written by a person.
LARGEST: Final = 1 << 20
#: Findings of a file at most: each is a filter that every packet is asked.
MOST: Final = 200
#: Characters at most.
LONGEST_TITLE: Final = 80
LONGEST_SENTENCE: Final = 1_000
_QUOTED: Final = 60
_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_KEYS: Final = frozenset({"id", "filter", "severity", "per", "at_least", "en", "zh"})
_LANGUAGES: Final = ("en", "zh")
_TAKEN: Final = frozenset({*map(str, FindingId), *map(str, Family), *SEVERITIES})
_SEVERITIES: Final = {"note": Severity.NOTE, "warning": Severity.WARNING, "error": Severity.ERROR}


class OwnFindingsError(UsageError):
    """A file of findings is wrong; the message names the file, the entry and what is wrong there."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, **facts)
        self.key = f"own.error.{key}"


class OwnFilterError(Exception):
    """The filter of an entry is wrong; ``where`` names file and entry."""

    def __init__(self, path: str, number: int, name: str, text: str, error: FilterError) -> None:
        super().__init__(path, number, name, text, error)
        self.path, self.number, self.name, self.text, self.error = path, number, name, text, error


class _WrongError(Exception):
    """What is wrong with one entry."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, facts)
        self.key, self.facts = key, facts


def read_own_rules(path: Path, taken: frozenset[str] = frozenset()) -> tuple[OwnRule, ...]:
    """The findings that the file defines; ``taken``: ids that others have.  Raises OwnFindingsError, OwnFilterError."""
    shown = safe_text(str(path))
    try:
        data = _content(path)
    except OSError as error:
        raise OwnFindingsError("unreadable", path=shown, reason=reason_of(error)) from error
    if len(data) > LARGEST:
        raise OwnFindingsError("large", path=shown, most=LARGEST)
    return own_rules(data, shown, taken)


def _content(path: Path) -> bytes:
    """The file, or a byte more than `LARGEST` of it.  Raises OSError; also for what is no file, as a named pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return file.read(LARGEST + 1)


def own_rules(data: bytes, path: str, taken: frozenset[str] = frozenset()) -> tuple[OwnRule, ...]:
    """The findings that the file ``data`` defines; ``path`` is for messages.  Raises as `read_own_rules`."""
    import tomllib  # only where there is a file

    try:
        table = tomllib.loads(data.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise OwnFindingsError("garbled", path=path, reason=safe_text(str(error), 200)) from error
    entries = table.pop("finding", [])
    if table:
        raise OwnFindingsError("file-key", path=path, name=safe_text(next(iter(table)), _QUOTED))
    if not (isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)):
        raise OwnFindingsError("shape", path=path)
    if len(entries) > MOST:
        raise OwnFindingsError("many", path=path, most=MOST)
    rules: list[OwnRule] = []
    for number, entry in enumerate(entries, 1):
        name = safe_text(str(entry.get("id", "")), _QUOTED)
        try:
            rules.append(_rule(entry, taken | {str(rule.id) for rule in rules}))
        except _WrongError as wrong:
            raise OwnFindingsError(wrong.key, path=path, number=number, entry=name, **wrong.facts) from wrong
        except FilterError as error:
            raise OwnFilterError(path, number, name, entry["filter"], error) from error
    return tuple(rules)


def _rule(entry: dict[str, Any], taken: frozenset[str]) -> OwnRule:
    """The finding of ``entry``; ``taken``: ids that others have.  Raises _WrongError or FilterError."""
    for key in entry:
        if key not in _KEYS:
            raise _WrongError("key", name=safe_text(key, _QUOTED), known=", ".join(sorted(_KEYS)))
    name = entry.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise _WrongError("id")
    if name in _TAKEN:
        raise _WrongError("id-taken", id=name)
    if name in taken:
        raise _WrongError("id-twice", id=name)
    text = entry.get("filter")
    if not isinstance(text, str) or not text.strip():
        raise _WrongError("filter")
    severity, per, at_least = entry.get("severity"), entry.get("per", Per.CONNECTION.value), entry.get("at_least", 1)
    if severity not in list(_SEVERITIES):
        raise _WrongError("severity", known=", ".join(_SEVERITIES))
    if per not in [one.value for one in Per]:
        raise _WrongError("per", known=", ".join(one.value for one in Per))
    if not isinstance(at_least, int) or isinstance(at_least, bool) or at_least < 1:
        raise _WrongError("at-least")
    words: dict[str, tuple[str, str]] = {
        language: _words(entry[language], language) for language in _LANGUAGES if language in entry
    }
    if "en" not in words:
        raise _WrongError("words", language="en")
    return OwnRule(OwnId(name, words), _compiled(text), _SEVERITIES[severity], Per(per), at_least)


def _compiled(text: str) -> Compiled:
    """Raises FilterError, also for a field that nothing reads."""
    compiled = compile_filter(text)
    for value in values_of(compiled.test) if compiled.test is not None else ():
        if isinstance(value, FieldValue) and not is_readable(value.field):
            raise FilterError(Mistake.UNREAD_FIELD, value.span, name=value.field.name)
    return compiled


def _words(table: object, language: str) -> tuple[str, str]:
    """Title and sentence."""
    if not isinstance(table, dict) or table.keys() != {"title", "sentence"}:
        raise _WrongError("words", language=language)
    title, sentence = table["title"], table["sentence"]
    for text, most in ((title, LONGEST_TITLE), (sentence, LONGEST_SENTENCE)):
        if not (isinstance(text, str) and text.strip()):
            raise _WrongError("words", language=language)
        if len(text) > most:
            raise _WrongError("words-long", language=language, most=most)
    return safe_text(title.strip(), LONGEST_TITLE), safe_text(sentence.strip(), LONGEST_SENTENCE)
