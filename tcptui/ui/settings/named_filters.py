"""Display filters that the user has given names, in the table ``[filters]`` of the settings file.

    [filters]
    slow-logins = "tcptui.request.operation contains \"/login\" and tcptui.request.duration > 1"

A filter that is kept from the screen is written into that table; every other line stays as the person left it.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.errors import OutputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.ui.settings.problem import QUOTED, Fault, Problem
from tcptui.userdirs.directory import open_folder_of
from tcptui.userdirs.locking import locked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tcptui.userdirs.directory import Directory

Filters = tuple[tuple[str, str], ...]

#: Bytes of the settings file at most, as `config_file.LONGEST`.
_LONGEST: Final = 64 * 1024
#: Letters of any language, digits, dots, hyphens, underscores.
_NAME: Final = re.compile(r"\w[\w.-]{0,39}")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEADER: Final = re.compile(r"\s*\[\s*filters\s*\]\s*(?:#.*)?\Z")
_ANY_HEADER: Final = re.compile(r"\s*\[")
_MODE: Final = 0o777


def is_name(text: str) -> bool:
    """Whether a filter may be called so."""
    return _NAME.fullmatch(text) is not None


def chosen_filters(written: Mapping[str, object]) -> tuple[Filters, list[Problem]]:
    """The table ``filters`` of the file: name and filter, without the entries that are wrong as such."""
    problems: list[Problem] = []
    found: dict[str, str] = {}
    for name, text in written.items():
        quoted = safe_text(name, QUOTED)
        if not is_name(name):
            problems.append(Problem(Fault.NO_FILTER_NAME, (("name", quoted),)))
        elif not isinstance(text, str) or not text.strip():
            problems.append(Problem(Fault.NO_FILTER, (("name", quoted),)))
        else:
            found[name] = text
    return tuple(found.items()), problems


class NamedFilters:
    """The named filters of this run; those that are kept are written to the settings file ``path`` where there is one.

    Raises OutputError where a filter cannot be kept; the file is then as it was.
    """

    def __init__(self, path: Path | None = None, filters: Iterable[tuple[str, str]] = ()) -> None:
        self.path = path
        self._filters = dict(filters)

    @property
    def all(self) -> Mapping[str, str]:
        """The filters by name, in the order of the file."""
        return self._filters

    def keep(self, name: str, text: str) -> None:
        """Call ``text`` ``name``, in the file, too; in the place of another that is called so."""
        if self.path is not None:
            shown = safe_text(str(self.path))
            try:
                self._write(self.path, name, text)
            except OSError as error:
                raise OutputError("filter_unwritable", path=shown, reason=reason_of(error)) from error
            except _RefusedError as error:
                raise OutputError("filter_not_kept", path=shown, line=_line(name, text)) from error
        self._filters[name] = text

    @staticmethod
    def _write(path: Path, name: str, text: str) -> None:
        folder, target = open_folder_of(path, make=True)  # a link stays one
        with folder, locked(folder.descriptor):
            before, mode = _content(folder, target)
            with folder.replacing(target) as file:
                file.write(with_filter(before, name, text))
                os.fchmod(file.fileno(), mode)


def _content(folder: Directory, name: str) -> tuple[bytes, int]:
    """What the settings file says now, and its mode.  Raises OSError; its being too long is refused later."""
    try:
        descriptor = folder.open(name)
    except FileNotFoundError:
        return b"", 0o600
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_LONGEST + 1), stat.S_IMODE(os.fstat(descriptor).st_mode) & _MODE


class _RefusedError(Exception):
    """The file is written in a way that cannot be changed without touching other lines."""


def with_filter(content: bytes, name: str, text: str) -> bytes:
    """The settings file ``content`` with a filter called ``name`` in its table.  Raises _RefusedError."""
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    before = _parsed(content.removeprefix(mark))
    filters = before.get("filters", {})
    if not isinstance(filters, dict):
        raise _RefusedError
    written = content.removeprefix(mark).decode("utf-8")
    changed = _changed(written.splitlines(keepends=True), name, _line(name, text) + "\n").encode("utf-8")
    # What was meant to change has, and nothing else: strings of several lines may look like anything.
    wanted = before | {"filters": filters | {name: text}}
    if len(mark) + len(changed) > _LONGEST or _parsed(changed) != wanted:
        raise _RefusedError
    return mark + changed


def _parsed(content: bytes) -> dict[str, Any]:
    import tomllib  # only where a filter is kept

    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _RefusedError from error


def _changed(lines: list[str], name: str, line: str) -> str:
    """``lines`` with ``line`` in the table of filters: in the place of the filter ``name``, else at its end."""
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    header = next((at for at, each in enumerate(lines) if _HEADER.match(each.rstrip("\r\n"))), None)
    if header is None:
        return "".join([*lines, "\n" * bool(lines), "[filters]\n", line])
    end = next((at for at in range(header + 1, len(lines)) if _ANY_HEADER.match(lines[at])), len(lines))
    same = re.compile(rf"\s*(?:{re.escape(name)}|\"{re.escape(name)}\"|'{re.escape(name)}')\s*=")
    for at in range(header + 1, end):
        if same.match(lines[at]):
            return "".join([*lines[:at], line, *lines[at + 1 :]])
    while end > header + 1 and not lines[end - 1].strip():
        end -= 1
    return "".join([*lines[:end], line, *lines[end:]])


def _line(name: str, text: str) -> str:
    """The entry as it is written in the file."""
    return f"{name if _BARE.fullmatch(name) else toml_string(name)} = {toml_string(text)}"


def toml_string(text: str) -> str:
    """``text`` as a string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
