"""The memory that a process may still have, where the machine is not all that decides."""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from tmux_terminal import ROOT

from tcptui.session.memory import accounts_strictly, available_memory

if TYPE_CHECKING:
    from pathlib import Path

MIB: Final = 1 << 20
GIB: Final = 1 << 30
MACHINE: Final = f"MemTotal: {32 << 20} kB\nMemAvailable: {20 << 20} kB\n"
GROUP_FILES: Final = {
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
COMMIT: Final = f"CommitLimit: {16 << 20} kB\nCommitted_AS: {10 << 20} kB\n"


class System:
    """What /proc and /sys say."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def says(self, path: str, text: str) -> System:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return self

    def group(self, path: str, limit: str, used: int, unused: int = 0, *, version: int = 2) -> System:
        limit_name, used_name, unused_name = GROUP_FILES[version]
        place = f"sys/fs/cgroup/{path}"
        self.says(f"{place}/{limit_name}", f"{limit}\n").says(f"{place}/{used_name}", f"{used}\n")
        return self.says(f"{place}/memory.stat", f"anon 5\nx{unused_name} 7\n{unused_name} {unused}\n")

    @property
    def left(self) -> int:
        return available_memory(self.root)


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path).says("proc/meminfo", MACHINE + COMMIT)


def test_free_memory_of_the_machine_counts(system: System) -> None:
    assert system.left == 20 * GIB


@pytest.mark.parametrize(("policy", "strict"), [("0\n", False), ("1\n", False), ("2\n", True)])
def test_strict_accounting_is_told(system: System, policy: str, strict: bool) -> None:
    assert accounts_strictly(system.says("proc/sys/vm/overcommit_memory", policy).root) is strict


def test_without_a_policy_accounting_is_not_strict(system: System) -> None:
    assert not accounts_strictly(system.root)


@pytest.mark.parametrize(("policy", "left"), [("0\n", 20 * GIB), ("1\n", 20 * GIB), ("2\n", 6 * GIB)])
def test_promises_count_where_the_kernel_keeps_them(system: System, policy: str, left: int) -> None:
    assert system.says("proc/sys/vm/overcommit_memory", policy).left == left


def test_container_has_what_its_group_leaves(system: System) -> None:
    system.says("proc/self/cgroup", "0::/\n").says("sys/fs/cgroup/cgroup.controllers", "memory")
    assert system.group(".", str(512 * MIB), 200 * MIB, 50 * MIB).left == 362 * MIB


def test_groups_around_the_own_one_count_too(system: System) -> None:
    system.says("proc/self/cgroup", "0::/a.slice/b.service\n").says("sys/fs/cgroup/cgroup.controllers", "memory")
    system.group("a.slice/b.service", "max", 9 * GIB)
    assert system.left == 20 * GIB
    assert system.group("a.slice", str(4 * GIB), GIB).left == 3 * GIB
    assert system.group("a.slice/b.service", str(2 * GIB), GIB).left == GIB


def test_group_of_the_older_kind_counts_beside_one_without_memory(system: System) -> None:
    system.says("proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory:/docker/1234\n0::/\n")
    system.group("memory", "9223372036854771712", 3 * GIB, version=1)
    assert system.left == 20 * GIB
    # Inside the container the group is what is mounted; its path is another's.
    assert system.group("memory", str(512 * MIB), 200 * MIB, 50 * MIB, version=1).left == 362 * MIB
    # Outside it is where the path says.
    assert system.group("memory/docker/1234", str(300 * MIB), 200 * MIB, version=1).left == 100 * MIB


def test_group_that_has_too_much_leaves_nothing(system: System) -> None:
    system.says("proc/self/cgroup", "0::/\n").says("sys/fs/cgroup/cgroup.controllers", "memory")
    assert system.group(".", str(100 * MIB), 200 * MIB).left == 0


def test_machine_that_says_nothing_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf_names", {})
    assert available_memory(tmp_path) == 0


def test_bound_of_the_address_space_counts() -> None:
    program = "from tcptui.session.memory import available_memory; print(available_memory())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (300 * MIB, 300 * MIB)),
    )  # fmt: skip
    assert 100 * MIB < int(done.stdout) < 300 * MIB
