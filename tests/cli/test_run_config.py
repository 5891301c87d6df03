"""`tcptui config`, and the settings file under the program: what it says, whose file it is, what it changes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import tcptui
from tcptui.cli.commands import ConfigCommand
from tcptui.cli.parse import CommandLineError, parse
from tcptui.ui.settings.table import SETTINGS, Kind
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

ROOT = Path(tcptui.__file__).parent.parent
#: A user that every machine has, with a folder that is not there for a home.
NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """XDG_CONFIG_HOME of the runs."""
    (tmp_path / "tcptui").mkdir()
    return tmp_path


def run(folder: Path, *words: str, **changes: str) -> tuple[int, str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    environ = {**kept, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", "XDG_CONFIG_HOME": str(folder), **changes}
    done = subprocess.run(
        [sys.executable, "-m", "tcptui", *words], env=environ, stdin=subprocess.DEVNULL, capture_output=True,
        encoding="utf-8", timeout=600, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_it_is_a_command_and_explains_itself() -> None:
    assert isinstance(parse(["config"], {}), ConfigCommand)
    explained = parse(["config", "--help"], {})
    assert isinstance(explained, ConfigCommand)
    assert explained.explain
    for line in (["config", "theme"], ["config", "--json"], ["config", "-n"]):
        with pytest.raises(CommandLineError):
            parse(line, {})


def test_without_a_file_it_says_where_one_would_be_and_the_defaults(folder: Path) -> None:
    code, said, complaint = run(folder, "config")

    assert (code, complaint) == (0, "")
    assert f"{folder}/tcptui/config.toml (there is none yet)" in said
    for setting in SETTINGS:
        assert re.search(rf"^  {setting.name} += .*\(default\)$", said, re.M)


def test_it_says_what_is_set_and_that_the_rest_is_default(folder: Path) -> None:
    (folder / "tcptui" / "config.toml").write_text(
        'theme = "light"\ncolumns = ["rtt"]\nlanguage = "en"\n[keys]\nsort = "d"\n'
    )
    code, said, complaint = run(folder, "config", LANG="zh_CN.UTF-8")

    assert (code, complaint) == (0, "")
    assert re.search(r'^  theme +?= "light"  \(the file\)$', said, re.M)
    assert re.search(r'^  columns += \["rtt"\]  \(the file\)$', said, re.M)
    assert re.search(r"^  keys +?= \{ sort = 'd' \}  \(the file\)$", said, re.M)
    assert re.search(r"^  sort +?= auto  \(default\)$", said, re.M)


def test_lang_beats_the_file(folder: Path) -> None:
    (folder / "tcptui" / "config.toml").write_text('language = "zh"\n')

    assert "来自文件" in run(folder, "config")[1]
    assert "(the file)" in run(folder, "config", "--lang", "en")[1]


def test_wrong_file_is_one_line_for_each_mistake_and_a_failure(folder: Path) -> None:
    (folder / "tcptui" / "config.toml").write_bytes(b'theme = "pink"\n"\\u001b[2J" = 1\n')
    code, _, complaint = run(folder, "config")

    assert code == 1
    assert len(complaint.splitlines()) == 2
    assert "theme cannot be pink" in complaint
    assert "\x1b" not in complaint


@pytest.mark.parametrize("language", Language)
def test_help_says_of_every_setting_what_the_table_says(folder: Path, language: Language) -> None:
    words = Words(language)
    said = run(folder, "--lang", language.value, "config", "--help")[1]

    for setting in SETTINGS:
        default = f'"{setting.default}"' if setting.kind is Kind.CHOICE else setting.default
        assert f"\n{setting.name} = {default}\n    {words(setting.doc)}\n" in said


#: All is imported before root is given up, for the user may not be able to read this interpreter.
AS_USER = """\
import sys, tomllib
import tcptui.cli.inputs, tcptui.cli.main, tcptui.cli.run.config, tcptui.ui.settings.config_file
from tcptui.capture.privileges import invoking_identity
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

catalogue(Language.EN)
tcptui.cli.inputs.target_identity = invoking_identity
sys.exit(tcptui.cli.main.main(["config"]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give it up")
def test_under_sudo_the_file_is_read_with_the_rights_of_the_user_who_called_it() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as place:  # pytest's own folders are closed to other users
        path = Path(place, "tcptui", "config.toml")
        path.parent.mkdir()
        path.write_text('theme = "light"\n')
        for made in (path, path.parent, Path(place)):
            os.chown(made, NOBODY, NOBODY)
            made.chmod(0o700)
        said = []
        for owner in (NOBODY, 0):
            os.chown(path, owner, owner)
            environ = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "XDG_CONFIG_HOME": place}
            environ |= {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY), "XDG_STATE_HOME": place}
            said.append(
                subprocess.run(
                    [sys.executable, "-c", AS_USER], env=environ, capture_output=True, encoding="utf-8", timeout=600,
                    check=False, stdin=subprocess.DEVNULL,
                )
            )  # fmt: skip
        owners = {made.stat().st_uid for made in Path(place).rglob("*") if made != path}

    assert '"light"  (the file)' in said[0].stdout
    assert said[1].returncode == 1
    assert "cannot be read" in said[1].stderr
    assert owners == {NOBODY}


def test_named_filters_are_listed_and_a_wrong_one_is_told_and_stays(folder: Path) -> None:
    path = folder / "tcptui" / "config.toml"
    content = '[filters]\nresets = "tcp.flags.reset == 1"\nodd = \'tcp.porrt == "x"\'\n'
    path.write_text(content)

    code, said, complaint = run(folder, "config")

    assert code == 1
    assert '"resets" = "tcp.flags.reset == 1"' in said
    assert '"odd" = "tcp.porrt == \\"x\\""' in said
    assert "filters: odd is wrong: There is no field tcp.porrt." in complaint
    assert "resets" not in complaint
    assert path.read_text() == content
