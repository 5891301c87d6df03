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
from tcptui.userdirs.directory import read_file
from tcptui.userdirs.trust import ChangeableError, ForeignError

if TYPE_CHECKING:
    from collections.abc import Callable, Set
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


class RulesReader:
    """Reads files of findings one after the other, and gathers all that is wrong with them."""

    def __init__(self) -> None:
        self.rules: list[OwnRule] = []
        self.faults: list[OwnFindingsError | OwnFilterError] = []
        self._ids: set[str] = set()

    def read(self, path: Path) -> None:
        """Take the findings of a file that the command names."""
        self._read(path, _content)

    def read_own(self, path: Path) -> None:
        """Take the findings of a file in the user's own directory, which is always read: nobody else may change it."""
        self._read(path, _own_content)

    def _read(self, path: Path, content: Callable[[Path], bytes]) -> None:
        shown = safe_text(str(path))
        try:
            data = content(path)
        except (ForeignError, ChangeableError) as error:
            self.faults.append(OwnFindingsError("untrusted", path=shown, place=safe_text(error.filename)))
            return
        except OSError as error:
            self.faults.append(OwnFindingsError("unreadable", path=shown, reason=reason_of(error)))
            return
        self.take(data, shown)

    def take(self, data: bytes, path: str) -> None:
        """Take the findings that the file ``data`` defines; ``path`` is for messages."""
        import tomllib  # only where there is a file

        if len(data) > LARGEST:
            self.faults.append(OwnFindingsError("large", path=path, most=LARGEST))
            return
        try:
            table = tomllib.loads(data.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
        except (ValueError, RecursionError) as error:
            self.faults.append(OwnFindingsError("garbled", path=path, reason=safe_text(str(error), 200)))
            return
        entries = table.pop("finding", [])
        if table:
            self.faults.append(OwnFindingsError("file-key", path=path, name=safe_text(next(iter(table)), _QUOTED)))
        if not (isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)):
            self.faults.append(OwnFindingsError("shape", path=path))
        elif len(entries) > MOST:
            self.faults.append(OwnFindingsError("many", path=path, most=MOST))
        else:
            for number, entry in enumerate(entries, 1):
                self._take_entry(_Entry(entry, path, number))

    def _take_entry(self, entry: _Entry) -> None:
        rule = entry.rule(self._ids)
        self.faults += entry.faults
        if isinstance(entry.id, str):
            self._ids.add(entry.id)
        if rule is not None:
            self.rules.append(rule)


def _content(path: Path) -> bytes:
    """The file, or a byte more than `LARGEST` of it.  Raises OSError; also for what is no file, as a named pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return file.read(LARGEST + 1)


def _own_content(path: Path) -> bytes:
    return read_file(path, LARGEST)


class _Entry:
    """One table of a file, and all that is wrong with it."""

    def __init__(self, table: dict[str, Any], path: str, number: int) -> None:
        self._table, self._path, self._number = table, path, number
        self.id: object = table.get("id")
        self._name = safe_text(str(table.get("id", "")), _QUOTED)
        self.faults: list[OwnFindingsError | OwnFilterError] = []

    def rule(self, taken: Set[str]) -> OwnRule | None:
        """The finding; None where anything is wrong.  ``taken``: ids that others have."""
        table = self._table
        for key in table:
            if key not in _KEYS:
                self._wrong("key", name=safe_text(key, _QUOTED), known=", ".join(sorted(_KEYS)))
        self._check_id(taken)
        compiled = self._filter()
        severity, per, at_least = (
            table.get("severity"),
            table.get("per", Per.CONNECTION.value),
            table.get("at_least", 1),
        )
        if severity not in list(_SEVERITIES):
            self._wrong("severity", known=", ".join(_SEVERITIES))
        if per not in [one.value for one in Per]:
            self._wrong("per", known=", ".join(one.value for one in Per))
        if not isinstance(at_least, int) or isinstance(at_least, bool) or at_least < 1:
            self._wrong("at-least")
        words: dict[str, tuple[str, str]] = {
            language: self._words(table.get(language), language)
            for language in _LANGUAGES
            if language in table or language == "en"
        }
        if self.faults or compiled is None or not isinstance(severity, str):
            return None
        return OwnRule(OwnId(str(self.id), words), compiled, _SEVERITIES[severity], Per(per), at_least)

    def _wrong(self, key: str, **facts: object) -> None:
        place = {"path": self._path, "number": self._number, "entry": self._name}
        self.faults.append(OwnFindingsError(key, **place, **facts))

    def _check_id(self, taken: Set[str]) -> None:
        name = self.id
        if not isinstance(name, str) or not _ID.fullmatch(name):
            self._wrong("id")
        elif name in _TAKEN:
            self._wrong("id-taken", id=name)
        elif name in taken:
            self._wrong("id-twice", id=name)

    def _filter(self) -> Compiled | None:
        text = self._table.get("filter")
        if not isinstance(text, str) or not text.strip():
            self._wrong("filter")
            return None
        try:
            return _compiled(text)
        except FilterError as error:
            self.faults.append(OwnFilterError(self._path, self._number, self._name, text, error))
            return None

    def _words(self, table: object, language: str) -> tuple[str, str]:
        """Title and sentence."""
        if not isinstance(table, dict) or table.keys() != {"title", "sentence"}:
            self._wrong("words", language=language)
            return "", ""
        title, sentence = table["title"], table["sentence"]
        if not all(isinstance(text, str) and text.strip() for text in (title, sentence)):
            self._wrong("words", language=language)
            return "", ""
        for text, most in ((title, LONGEST_TITLE), (sentence, LONGEST_SENTENCE)):
            if len(text) > most:
                self._wrong("words-long", language=language, most=most)
        return safe_text(title.strip(), LONGEST_TITLE), safe_text(sentence.strip(), LONGEST_SENTENCE)


def _compiled(text: str) -> Compiled:
    """Raises FilterError, also for a field that nothing reads."""
    compiled = compile_filter(text)
    for value in values_of(compiled.test) if compiled.test is not None else ():
        if isinstance(value, FieldValue) and not is_readable(value.field):
            raise FilterError(Mistake.UNREAD_FIELD, value.span, name=value.field.name)
    return compiled
