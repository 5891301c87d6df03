"""``tcptui config``: where the settings file is, what is set, and what can be set."""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING

from tcptui.cli.inputs import give_up_root
from tcptui.cli.run.load import write_text
from tcptui.model.safe_text import safe_text
from tcptui.ui.settings.config_file import read_config
from tcptui.ui.settings.named_filters import toml_string
from tcptui.ui.settings.problem import Fault, Problem
from tcptui.ui.settings.remembered import ScreenChoices
from tcptui.ui.settings.table import SETTINGS, Kind, Setting
from tcptui.ui.state_troubles import trouble_lines
from tcptui.userdirs.places import state_directory
from tcptui.words.catalogue import Words
from tcptui.words.errors import say
from tcptui.words.filter_text import mistake_of

if TYPE_CHECKING:
    from tcptui.cli.commands import ConfigCommand
    from tcptui.ui.settings.config_file import ConfigFile

_FAILED = 1


def show_config(command: ConfigCommand, words: Words) -> int:
    """Show the file and what it sets, or with ``explain`` all settings; returns the exit code.

    Runs as the user who called sudo: the file is that user's.
    """
    give_up_root()
    found = read_config(os.environ)
    if found.settings.language is not None and not command.common.language_given:
        words = Words(found.settings.language)
    if command.explain:
        write_text([line + "\n" for line in _explained(found, words)])
        return 0
    choices = ScreenChoices(state_directory(os.environ))
    write_text([line + "\n" for line in _set(found, choices, words)])
    problems = [*found.problems, *_wrong_filters(found, words)]
    wrong = [*(problem.text(words) for problem in problems), *trouble_lines(words)]
    for line in wrong:
        say(line, words)
    return _FAILED if wrong else 0


def _wrong_filters(found: ConfigFile, words: Words) -> list[Problem]:
    """What is wrong with the filters of the file, which stay in it."""
    problems = []
    for name, text in found.settings.filters:
        message = mistake_of(text, words)
        if message:
            problems.append(Problem(Fault.WRONG_FILTER, (("name", name), ("message", message))))
    return problems


def _place(found: ConfigFile, words: Words) -> str:
    key = "settings.nowhere" if found.path is None else "settings.file" if found.exists else "settings.no_file"
    return words(key, path=safe_text(str(found.path)))


def _set(found: ConfigFile, choices: ScreenChoices, words: Words) -> list[str]:
    """Each setting with its value, and where that comes from."""
    lines = [_place(found, words)]
    width = max(len(setting.name) for setting in SETTINGS)
    settings = found.settings
    remembered = {
        "theme": choices.theme(settings), "times": choices.times(settings), "names": choices.names(settings),
        "packet_columns": choices.packet_columns(settings), "connection_columns": choices.connection_columns(settings),
    }  # fmt: skip
    for setting in SETTINGS:
        written = getattr(found.settings, setting.name) or None
        value = written or remembered.get(setting.name) or None
        origin = "written" if written else "remembered" if value else "default"
        shown = setting.default if value is None else _shown(value, setting)
        lines.append(f"  {setting.name:{width}} = {shown}{words(f'settings.{origin}')}")
    return [*lines, words("settings.how")]


def _shown(value: object, setting: Setting) -> str:
    """A value as it is written in the file."""
    if isinstance(value, Enum):
        return f'"{value.value}"'
    if isinstance(value, str):
        return "'" + safe_text(value) + "'" if "'" not in value else '"' + safe_text(value) + '"'
    assert isinstance(value, tuple)
    if setting.kind is Kind.FILTERS:
        return "{ " + ", ".join(f"{toml_string(name)} = {toml_string(safe_text(text))}" for name, text in value) + " }"
    if value and isinstance(value[0], tuple):
        return "{ " + ", ".join(f"{name} = '{key}'" for name, key in value) + " }"
    return "[" + ", ".join(_shown(member, setting) for member in value) + "]"


def _explained(found: ConfigFile, words: Words) -> list[str]:
    """Every setting with its default and its values."""
    lines = [words("settings.about"), "", _place(found, words)]
    for setting in SETTINGS:
        lines += ["", f"{setting.name} = {_default(setting)}", f"    {words(setting.doc)}"]
        if setting.values:
            lines.append("    " + words("settings.values", values=", ".join(setting.values)))
        if setting.kind is Kind.KEYS:
            from tcptui.ui.settings.key_choice import OWN_KEYS

            lines.append("    " + words("settings.commands"))
            lines += [f"      {name} = '{key}'" for name, key in OWN_KEYS.items()]
        if setting.is_remembered:
            lines.append("    " + words("settings.is_remembered"))
    return lines


def _default(setting: Setting) -> str:
    return f'"{setting.default}"' if setting.kind is Kind.CHOICE else setting.default
