"""A real sshd in a namespace of a `Link`, with keys of its own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from live_link import CLIENT, SERVER, Link
from tmux_terminal import ROOT, until

if TYPE_CHECKING:
    from types import TracebackType

SSH_PORT: Final = 2222


class SshServer:
    """sshd on `SERVER`, for a with statement; root may log in with the key it made.

    With ``near`` on `CLIENT`, where the other end of the wire is, as the host `near`.
    """

    def __init__(self, link: Link, folder: Path, *, near: bool = False) -> None:
        self._link = link
        self._folder = folder
        self._name, self._address = ("near", CLIENT) if near else ("wired", SERVER)
        self._inside = ("ip", "netns", "exec", link.client) if near else link.inside
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for name in ("host", "user"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._folder / name)]
            subprocess.run(words, check=True, timeout=600, capture_output=True)
        Path("/run/sshd").mkdir(exist_ok=True)
        options = {
            "Port": str(SSH_PORT),
            "ListenAddress": self._address,
            "HostKey": str(self._folder / "host"),
            "AuthorizedKeysFile": str(self._folder / "user.pub"),
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "PermitRootLogin": "yes",
            # A capture whose connection ends is kept for the next start: there, not in /var/tmp.
            "SetEnv": f"TMPDIR={self._folder}",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        command = [*self._inside, shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", *words]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(self._listens, "sshd to listen")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _listens(self) -> bool:
        code = f"import socket; socket.create_connection(('{self._address}', {SSH_PORT}), 2)"
        words = ["ip", "netns", "exec", self._link.client, sys.executable, "-c", code]
        return subprocess.run(words, check=False, timeout=600, capture_output=True).returncode == 0

    def drop_connections(self) -> None:
        """Kill the processes that serve logins, as a crash does."""
        if self._process is not None:
            listening = str(self._process.pid)
            subprocess.run(["pkill", "-KILL", "-P", listening], check=True, timeout=600)

    @property
    def configuration(self) -> Path:
        """A configuration for ssh that knows this host as `wired`, or as `near`."""
        path = self._folder / "ssh_config"
        path.write_text(
            f"Host {self._name}\n HostName {self._address}\n Port {SSH_PORT}\n User root\n"
            f" IdentityFile {self._folder / 'user'}\n"
            " IdentitiesOnly yes\n StrictHostKeyChecking no\n"
            f" UserKnownHostsFile {self._folder / 'known'}\n"
        )
        return path

    def wrapper(self, *others: SshServer) -> Path:
        """A folder for PATH whose ssh uses `configuration`, and those of ``others``."""
        configuration = self.configuration
        for other in others:
            configuration.write_text(configuration.read_text() + other.configuration.read_text())
        folder = self._folder / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "ssh"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {configuration} "$@"\n')
        program.chmod(0o755)
        return folder

    def login(self, *words: str) -> str:
        """The shell line that logs in with a terminal and runs ``words`` there."""
        remote = shlex.join(["env", f"PYTHONPATH={ROOT}", "LANG=C.UTF-8", *words])
        return shlex.join([str(self.wrapper() / "ssh"), "-tt", "wired", remote])


def machine_has_sshd() -> bool:
    """Whether OpenSSH's server and client are installed."""
    has_server = shutil.which("sshd") is not None or Path("/usr/sbin/sshd").exists()
    return has_server and shutil.which("ssh") is not None
