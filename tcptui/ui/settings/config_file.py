"""The settings file: where it is, and what it says.

It is read with the rights of the user whose file it is, so that a link in it opens nothing that this user could not
open.  The program writes nothing in it but a filter that is given a name (`named_filters`): comments and order stay as
the person left them.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.safe_text import reason_of, safe_text
from tcptui.ui.home import home_directory
from tcptui.ui.settings.problem import QUOTED, Fault, Problem
from tcptui.ui.settings.table import AUTO, DEFAULTS, SETTINGS, Kind, Setting, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import Enum

    from tcptui.words.catalogue import Words

#: A longer file (bytes) was not written by a person.
LONGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What was found."""

    path: Path | None
    """Where the file is, or would be; None where the user has no home directory."""
    exists: bool = False
    settings: Settings = DEFAULTS
    problems: tuple[Problem, ...] = ()

    def line(self, words: Words) -> str:
        """One line about its problems; empty without one."""
        if not self.problems:
            return ""
        key = "settings.problem" if len(self.problems) == 1 else "settings.problems"
        path = safe_text(str(self.path))
        return words(key, path=path, what=self.problems[0].text(words), more=len(self.problems) - 1)


def config_path(environ: Mapping[str, str]) -> Path | None:
    """``tcptui/config.toml`` in XDG_CONFIG_HOME, or in ~/.config (XDG Base Directory Specification)."""
    wanted = environ.get("XDG_CONFIG_HOME", "")
    if wanted and Path(wanted).is_absolute():
        return Path(wanted) / "tcptui" / "config.toml"
    home = home_directory(environ)
    return None if home is None else home / ".config" / "tcptui" / "config.toml"


def read_config(environ: Mapping[str, str]) -> ConfigFile:
    """Read the file of the effective user; call it after root has been given up."""
    path = config_path(environ)
    if path is None:
        return ConfigFile(None)
    try:
        content = _content(path)
    except (FileNotFoundError, NotADirectoryError):
        return ConfigFile(path)
    except OSError as error:
        return ConfigFile(path, True, problems=(Problem(Fault.UNREADABLE, (("reason", reason_of(error)),)),))
    if content is None:
        return ConfigFile(path, True, problems=(Problem(Fault.NO_FILE),))
    if len(content) > LONGEST:
        return ConfigFile(path, True, problems=(Problem(Fault.TOO_LONG, (("most", str(LONGEST)),)),))
    return read_settings(path, content)


def _content(path: Path) -> bytes | None:
    """The file, or a byte more than `LONGEST` of it; None for what is no file, as a named pipe.  Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket, or a device that is not there
            return None
        raise
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        return os.read(descriptor, LONGEST + 1) if stat.S_ISREG(mode) else None
    finally:
        os.close(descriptor)


def read_settings(path: Path, content: bytes) -> ConfigFile:
    """The settings in ``content``; an entry that is wrong has its default, and so has all of a file that is no TOML."""
    import tomllib  # only where there is a file: it costs a start 4 ms

    try:
        table = tomllib.loads(content.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        reason = safe_text(str(error) or type(error).__name__, 2 * QUOTED)
        return ConfigFile(path, True, problems=(Problem(Fault.GARBLED, (("reason", reason),)),))
    settings = DEFAULTS
    problems: list[Problem] = []
    for setting in SETTINGS:
        if setting.name not in table:
            continue
        written = table.pop(setting.name)
        value, found = _setting_value(setting, written)
        problems += found
        if value is not None:
            settings = replace(settings, **{setting.name: value})
    problems += [Problem(Fault.UNKNOWN, (("name", safe_text(name, QUOTED)),)) for name in table]
    return ConfigFile(path, True, settings, tuple(problems))


def _setting_value(setting: Setting, written: object) -> tuple[Any, list[Problem]]:
    """What ``written`` becomes; None where it is wrong or leaves the choice to the program."""
    if setting.kind is Kind.KEYS and isinstance(written, dict):
        from tcptui.ui.settings.key_choice import chosen_keys  # imports Textual

        return chosen_keys(written)
    if setting.kind is Kind.FILTERS and isinstance(written, dict):
        from tcptui.ui.settings.named_filters import chosen_filters

        return chosen_filters(written)
    if setting.kind is Kind.LIST:
        if not isinstance(written, list):
            return None, [_wrong(setting, written, Fault.NO_LIST)]
        members = [_member(setting, member) for member in written]
        if None in members:
            return None, [_wrong(setting, written[members.index(None)])]
        return tuple(dict.fromkeys(members)), []
    if setting.kind is Kind.TEXTS and isinstance(written, list) and all(isinstance(text, str) for text in written):
        return tuple(dict.fromkeys(written)), []
    if setting.kind is Kind.CHOICE and written == AUTO and AUTO in setting.values:
        return None, []
    value = _member(setting, written) if setting.kind is Kind.CHOICE else None
    return value, [_wrong(setting, written)] if value is None else []


def _member(setting: Setting, written: object) -> Enum | None:
    """The choice that is written so; None where there is none."""
    assert setting.choices is not None
    is_one = isinstance(written, str) and written != AUTO and written in setting.values
    return setting.choices(written) if is_one else None


def _wrong(setting: Setting, written: object, fault: Fault = Fault.VALUE) -> Problem:
    """Of a list with one member that is wrong ``written`` is that one."""
    quoted = safe_text(str(written), QUOTED)
    if setting.kind is Kind.TEXTS:
        return Problem(Fault.NO_TEXTS, (("name", setting.name), ("value", quoted)))
    if setting.kind is Kind.KEYS:
        return Problem(Fault.NO_TABLE, (("name", setting.name), ("value", quoted)))
    if setting.kind is Kind.FILTERS:
        return Problem(Fault.NO_FILTERS, (("name", setting.name), ("value", quoted)))
    return Problem(fault, (("name", setting.name), ("value", quoted), ("known", ", ".join(setting.values))))
