"""Machine code that another user has planted is not run, as root or as anybody, whatever leads to it.

That user is *nobody*.  A run that loads the code makes a file and ends with another status.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from planted_code import plant

import tcptui
from tcptui.wire.numba_compile import compiler_available

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]"),
]

ROOT = Path(tcptui.__file__).parents[1]
CAPTURE = ROOT / "cases" / "89-path-limited" / "client.pcapng.gz"
#: Where modules are: an interpreter of the system's finds them, too.
MODULES = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry.endswith("site-packages"))])
NOBODY = 65_534
#: Reports what a capture says once the code has been asked for: small captures do without.  The home in the list of
#: accounts is the first argument.
PROGRAM = """\
import pwd, sys, types
home = sys.argv.pop(1)
pwd.getpwuid = lambda uid: types.SimpleNamespace(pw_dir=home, pw_name="somebody", pw_uid=uid, pw_gid=uid)
from tcptui.analysis.compile_ahead import compile_all
compile_all()
from tcptui.__main__ import program
program()
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of machine code of all kernels."""
    place = tmp_path_factory.mktemp("compiled")
    script = "from tcptui.analysis.compile_ahead import compile_all; compile_all()"
    subprocess.run(
        [sys.executable, "-c", script], check=True, env=os.environ | {"NUMBA_CACHE_DIR": str(place), "NUMBA_OPT": "0"}
    )
    return place / "tcptui"


def interpreter(user: int) -> str:
    """A Python of this version that ``user`` can run, with all that it imports."""
    for candidate in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        try:
            found = subprocess.run(
                [candidate, "-c", "import numba, tcptui.cli.main"], user=user, group=user, extra_groups=[], cwd="/",
                env={"PYTHONPATH": MODULES, "TMPDIR": "/tmp"}, capture_output=True, check=False,
            )  # fmt: skip
        except OSError:
            continue
        if found.returncode == 0:
            return candidate
    pytest.skip("needs a Python that every user can run")


class Attack:
    """A place that all can reach, in it planted code, and what a run made of that."""

    def __init__(self, place: Path, compiled: Path) -> None:
        self.place, self._compiled = place, compiled
        self.home, self.temporary = place / "own", place / "t"
        self.marker = place / "open" / "marker"
        for folder, mode in ((self.home, 0o755), (self.temporary, 0o1777), (self.marker.parent, 0o777)):
            folder.mkdir()
            folder.chmod(mode)
        # What a run may use is there already: nothing is compiled again.
        self._put(self.home / ".cache" / "tcptui" / "numba", 0)
        self._put(self.temporary / f"tcptui-{NOBODY}" / "numba", NOBODY)

    def _put(self, folder: Path, owner: int) -> None:
        shutil.copytree(self._compiled, folder)
        inside = [folder, *folder.rglob("*")]
        for each in [*inside, *(parent for parent in folder.parents if parent.parent.is_relative_to(self.place))]:
            if each not in (self.home, self.temporary):
                os.chown(each, owner, owner)
                each.chmod(0o755 if each.is_dir() else 0o644)

    def plant(self, folder: Path, owner: int = NOBODY) -> None:
        """Put planted code of ``owner`` into ``folder``, whose parents in the place are that user's, too."""
        self._put(folder, owner)
        assert plant(folder, self.marker)

    def report(self, user: int = 0, **environ: str) -> bytes:
        """The report of a run as ``user``.  Its status is 0, and nothing planted has run."""
        variables = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": MODULES,
            "TMPDIR": str(self.temporary),
            "OPENBLAS_NUM_THREADS": "1",
        }
        options: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
        home = "/nonexistent" if user else str(self.home)
        done = subprocess.run(
            [interpreter(user), "-c", PROGRAM, home, "report", str(CAPTURE), "--json"],
            cwd="/", capture_output=True, check=False, env=variables | environ, **options,
        )  # fmt: skip
        assert not self.marker.exists()
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout


@pytest.fixture
def attack(compiled: Path) -> Iterator[Attack]:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="tt-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        yield Attack(place, compiled)


def test_code_planted_in_a_folder_shared_by_all_is_not_run(attack: Attack) -> None:
    usual = attack.report()
    attack.plant(attack.place / "shared" / "tcptui")
    (attack.place / "shared").chmod(0o1777)

    assert attack.report(NUMBA_CACHE_DIR=str(attack.place / "shared")) == usual


def test_code_in_the_home_that_sudo_kept_is_not_roots(attack: Attack) -> None:
    usual = attack.report()
    attack.plant(attack.place / "home" / ".cache" / "tcptui" / "numba")
    home = attack.place / "home"

    assert attack.report(HOME=str(home), XDG_CACHE_HOME=str(home / ".cache")) == usual


def test_ordinary_user_runs_no_planted_code_and_closed_folders_are_no_error(attack: Attack) -> None:
    attack.plant(attack.place / "shared" / "tcptui", owner=1)
    closed = attack.place / "closed"
    closed.mkdir(mode=0o700)

    assert attack.report(
        NOBODY, NUMBA_CACHE_DIR=str(attack.place / "shared"), XDG_CACHE_HOME=str(closed), XDG_CONFIG_HOME=str(closed)
    )
