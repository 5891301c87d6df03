"""The settings file: where it is, and what it says.

It is read with the rights of the user whose file it is, and only where nobody else can have written it
(`userdirs.directory`); a link of this user's to another place is followed.  The program writes nothing in it but a
filter that is given a name (`named_filters`): comments and order stay as the person left them.
"""

from __future__ import annotations

import codecs
import errno
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.safe_text import reason_of, safe_text
from tcptui.ui.settings.problem import QUOTED, Fault, Problem
from tcptui.ui.settings.table import AUTO, DEFAULTS, SETTINGS, Kind, Setting, Settings
from tcptui.userdirs.directory import read_file
from tcptui.userdirs.places import config_path
from tcptui.userdirs.trust import ChangeableError, ForeignError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import Enum
    from pathlib import Path

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


#: Errors of opening what is no file: a pipe or a device; a socket, or a device that is not there.
_NO_FILE: Final = frozenset({errno.EINVAL, errno.ENXIO})


def read_config(environ: Mapping[str, str]) -> ConfigFile:
    """Read the file of the effective user; call it after root has been given up."""
    path = config_path(environ)
    if path is None:
        return ConfigFile(None)
    try:
        content = read_file(path, LONGEST)
    except (FileNotFoundError, NotADirectoryError):
        return ConfigFile(path)
    except (ForeignError, ChangeableError) as error:
        return ConfigFile(path, True, problems=(Problem(Fault.UNTRUSTED, (("place", safe_text(error.filename)),)),))
    except OSError as error:
        return ConfigFile(path, True, problems=(_unreadable(error),))
    return read_settings(path, content)


def _unreadable(error: OSError) -> Problem:
    if error.errno in _NO_FILE:
        return Problem(Fault.NO_FILE)
    if error.errno == errno.EFBIG:
        return Problem(Fault.TOO_LONG, (("most", str(LONGEST)),))
    return Problem(Fault.UNREADABLE, (("reason", reason_of(error)),))


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
    if setting.kind is Kind.PORTS:
        return _ports(setting, written)
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


def _ports(setting: Setting, written: object) -> tuple[tuple[str, ...] | None, list[Problem]]:
    """The ports in ``written`` with what is read on them, as far as they are right; the problem of the first others."""
    from tcptui.protocols.decode_as import DecodeAsError, decoding, protocol_names

    if not isinstance(written, list) or not all(isinstance(text, str) for text in written):
        return None, [_wrong(setting, written, Fault.NO_LIST)]
    right: list[str] = []
    for text in written:
        try:
            decoding([text])
        except DecodeAsError:
            known = ", ".join(f"PORT={name}" for name in sorted(protocol_names()))
            quoted = safe_text(text, QUOTED)
            return tuple(right), [Problem(Fault.VALUE, (("name", setting.name), ("value", quoted), ("known", known)))]
        right.append(text)
    return tuple(right), []


def _member(setting: Setting, written: object) -> Enum | None:
    """The choice that is written so; None where there is none."""
    assert setting.choices is not None
    is_one = isinstance(written, str) and written != AUTO and written in setting.values
    return setting.choices(written) if is_one else None


def _wrong(setting: Setting, written: object, fault: Fault = Fault.VALUE) -> Problem:
    """The problem of a wrong value; of a list with one wrong member ``written`` is that one."""
    quoted = safe_text(str(written), QUOTED)
    if setting.kind is Kind.TEXTS:
        return Problem(Fault.NO_TEXTS, (("name", setting.name), ("value", quoted)))
    if setting.kind is Kind.KEYS:
        return Problem(Fault.NO_TABLE, (("name", setting.name), ("value", quoted)))
    if setting.kind is Kind.FILTERS:
        return Problem(Fault.NO_FILTERS, (("name", setting.name), ("value", quoted)))
    return Problem(fault, (("name", setting.name), ("value", quoted), ("known", ", ".join(setting.values))))
