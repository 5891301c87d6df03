"""Which directories are the user's own, whatever the environment says."""

from __future__ import annotations

import ast
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from foreign_owner import give_away

import tcptui
from tcptui.userdirs.places import (
    code_directory,
    config_path,
    home_directory,
    runtime_directory,
    state_directory,
    take_home,
    temporary_directory,
    with_tilde,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def code_path(environ: dict[str, str]) -> Path | None:
    found = code_directory(environ)
    if found is None:
        return None
    found.close()
    return found.path


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary directory of the test's own, and a user whom no list of accounts knows."""

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.fixture
def last(tmp_path: Path) -> Path:
    """Where machine code is kept when nothing else will do."""
    return tmp_path / "tmp" / f"tcptui-{os.getuid()}" / "numba"


# -- settings and state --------------------------------------------------------------------------
def test_settings_are_in_the_folder_of_configurations(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}

    assert config_path(home) == tmp_path / ".config/tcptui/config.toml"
    assert config_path(home, "findings.toml") == tmp_path / ".config/tcptui/findings.toml"
    assert config_path(home | {"XDG_CONFIG_HOME": "/c"}) == Path("/c/tcptui/config.toml")
    assert config_path(home | {"XDG_CONFIG_HOME": "relative"}) == tmp_path / ".config/tcptui/config.toml"


def test_state_directory_is_made_private_in_the_home(tmp_path: Path) -> None:
    place = state_directory({"HOME": str(tmp_path)})

    assert place == tmp_path / ".local" / "state" / "tcptui"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_xdg_state_home_wins_when_absolute(tmp_path: Path) -> None:
    assert state_directory({"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "s")}) == tmp_path / "s" / "tcptui"
    assert state_directory({"HOME": str(tmp_path), "XDG_STATE_HOME": "relative"}) == tmp_path / ".local/state/tcptui"


def test_state_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "tcptui").symlink_to(tmp_path / "elsewhere")

    assert state_directory({"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "s")}) is None


def test_state_directory_that_others_can_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s").chmod(0o777)

    assert state_directory({"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "s")}) is None


@pytest.mark.parametrize("variable", ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"])
def test_folder_of_another_user_does_not_count(tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    mine.mkdir()
    (theirs / "x").mkdir(parents=True)
    give_away(monkeypatch, theirs)
    environ = {"HOME": str(mine), variable: str(theirs / "x")}

    found = {
        "XDG_CONFIG_HOME": config_path,
        "XDG_STATE_HOME": state_directory,
        "XDG_CACHE_HOME": code_path,
    }[variable](environ)

    assert found is not None
    assert found.is_relative_to(mine)
    assert list((theirs / "x").iterdir()) == []


def test_home_that_sudo_kept_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    mine.mkdir()
    (theirs / ".cache" / "tcptui" / "numba").mkdir(parents=True)
    give_away(monkeypatch, theirs)

    class Me:
        pw_dir = str(mine)

    monkeypatch.setattr("pwd.getpwuid", lambda uid: Me)

    environ = {"HOME": str(theirs)}
    assert home_directory(environ) == mine
    assert code_path(environ) == mine / ".cache" / "tcptui" / "numba"
    assert state_directory(environ) == mine / ".local" / "state" / "tcptui"
    assert config_path(environ) == mine / ".config" / "tcptui" / "config.toml"


@pytest.mark.parametrize("environ", [{}, {"HOME": "relative"}, {"HOME": "/no/such/home"}])
def test_user_without_a_home_has_no_places_but_a_temporary_one(environ: dict[str, str], last: Path) -> None:
    assert home_directory(environ) is None
    assert config_path(environ) is None
    assert state_directory(environ) is None
    assert code_path(environ) == last


def test_runtime_directory_is_used_where_it_is_mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()
    environ = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
    assert runtime_directory(environ) == tmp_path / "run" / "tcptui"
    assert runtime_directory({}) is None

    give_away(monkeypatch, tmp_path / "run")
    assert runtime_directory(environ) is None


def test_new_user_has_that_users_home_and_no_runtime_directory_of_another(tmp_path: Path) -> None:
    environ = {"HOME": "/root", "USER": "root", "XDG_RUNTIME_DIR": str(tmp_path / "missing")}
    take_home(environ, "/home/me", "me")

    assert environ == {"HOME": "/home/me", "USER": "me", "LOGNAME": "me"}


@pytest.mark.parametrize(
    ("path", "home", "shown"),
    [("/h/a", "/h", "~/a"), ("/h", "/h", "~"), ("/ha", "/h", "/ha"), ("/a", "/", "/a"), ("/a", "", "/a")],
)
def test_path_in_the_home_is_shown_with_a_tilde(path: str, home: str, shown: str) -> None:
    assert with_tilde(Path(path), {"HOME": home}) == shown


# -- machine code --------------------------------------------------------------------------------
def test_code_is_where_numba_keeps_its_own_else_in_the_cache_else_in_a_temporary_folder(
    tmp_path: Path, last: Path
) -> None:
    home = {"HOME": str(tmp_path)}
    assert code_path(home | {"NUMBA_CACHE_DIR": str(tmp_path / "n")}) == tmp_path / "n" / "tcptui"
    assert code_path(home | {"XDG_CACHE_HOME": str(tmp_path / "c")}) == tmp_path / "c" / "tcptui" / "numba"
    assert code_path(home) == tmp_path / ".cache" / "tcptui" / "numba"
    (tmp_path / ".cache").chmod(0o777)
    assert code_path(home) == last


@pytest.mark.parametrize("variable", ["NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"])
@pytest.mark.parametrize("mode", [0o775, 0o777])
def test_code_is_not_where_others_can_write_whatever_names_it(
    tmp_path: Path, last: Path, variable: str, mode: int
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)

    assert code_path({variable: str(shared if variable == "HOME" else shared / "mine")}) == last
    assert list(shared.iterdir()) == []


def test_folder_that_somebody_made_in_a_shared_one_is_not_used(
    tmp_path: Path, last: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    (shared / "tcptui").mkdir(parents=True)
    shared.chmod(0o1777)
    give_away(monkeypatch, shared / "tcptui")

    assert code_path({"NUMBA_CACHE_DIR": str(shared)}) == last


def test_relative_name_counts_from_the_working_directory_if_there_is_one(
    tmp_path: Path, last: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert code_path({"NUMBA_CACHE_DIR": "n"}) == gone / "n" / "tcptui"

    shutil.rmtree(gone)

    assert code_path({"NUMBA_CACHE_DIR": "n"}) == last


@pytest.mark.parametrize("error", [13, 20, 24, 28, 30, 40])  # EACCES ENOTDIR EMFILE ENOSPC EROFS ELOOP
def test_where_no_folder_can_be_had_there_is_none_and_no_error(
    tmp_path: Path, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> int:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "mkdir", fails)
    assert code_path({"HOME": str(tmp_path)}) is None
    monkeypatch.setattr(os, "open", fails)
    assert code_path({"HOME": str(tmp_path)}) is None
    assert state_directory({"HOME": str(tmp_path)}) is None


def test_machine_without_a_temporary_directory_that_takes_a_file_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", none)

    assert temporary_directory() == Path("/tmp")


# -- nobody else looks ---------------------------------------------------------------------------
#: Attributes and texts that name a place of the user's own.
ATTRIBUTES: Final = frozenset({"expanduser", "home", "gettempdir"})
TEXTS: Final = ("XDG_", "NUMBA_CACHE_DIR")
HOME: Final = "HOME"
#: A path that the user types in a prompt may begin with ``~``, anybody's.
TYPED: Final = frozenset({"ui/main/prompt_line.py: .expanduser"})


def names_in(source: str) -> Iterator[str]:
    """What names a place of the user's own in ``source``: attributes, and texts that are no documentation."""
    tree = ast.parse(source)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            if node.attr != "home" or (isinstance(node.value, ast.Name) and node.value.id == "Path"):
                yield f".{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield from (f".{alias.name}" for alias in node.names if alias.name in ATTRIBUTES - {"home"})
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield from {node.value} & {HOME} or [node.value for text in TEXTS if text in node.value]


@pytest.mark.parametrize(
    "source",
    [
        "Path('~/x').expanduser()", "Path.home()", "os.path.expanduser('~')", "os.environ['HOME']",
        "tempfile.gettempdir()", "from tempfile import gettempdir", "environ.get('XDG_CACHE_HOME')",
        "VARIABLE = 'NUMBA_CACHE_DIR'",
    ],
)  # fmt: skip
def test_scan_sees(source: str) -> None:
    assert list(names_in(source))


def test_places_of_the_user_are_named_in_one_package() -> None:
    package = Path(tcptui.__file__).parent
    found = {
        f"{path.relative_to(package)}: {name}"
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in {"userdirs", "words"}
        if any(word in (source := path.read_text("utf-8")) for word in (*ATTRIBUTES, *TEXTS, HOME))
        for name in names_in(source)
    }

    assert found == TYPED
