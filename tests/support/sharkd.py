"""Asks one sharkd, Wireshark's server: whether it takes a display filter, and which frames pass."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

#: Its parser of JSON takes so many characters of one request.
MOST_CHARACTERS = 4_000


class SharkdCrashedError(Exception):
    """The process ended instead of answering; 4.0.17 does so on some filters that are wrong."""


class Sharkd:
    """One process; a context that ends it."""

    def __init__(self, zone: str = "UTC") -> None:
        self._environment = os.environ | {"TZ": zone, "LC_ALL": "C.UTF-8"}
        self._process = self._started()
        self._number = 0
        self._told: list[tuple[str, dict[str, object]]] = []

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["sharkd", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            encoding="utf-8", env=self._environment,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        self._process.wait(600)

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """The answer to one request.  Raises SharkdCrashedError, and has a new process then, as far as the last was."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._number += 1
        request = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                if line.startswith("{"):
                    answer: dict[str, Any] = json.loads(line)
                    return answer
        except BrokenPipeError:
            pass
        self._end()
        self._process = self._started()
        told, self._told = self._told, []
        for past, given in told:
            self._tell(past, **given)
        raise SharkdCrashedError(method, parameters)

    def load(self, path: Path) -> None:
        """Open a capture."""
        self._tell("load", file=str(path))

    def prefer(self, name: str, value: str) -> None:
        """Set a preference, for captures that are loaded from now on."""
        self._tell("setconf", name=name, value=value)

    def _tell(self, method: str, **parameters: object) -> None:
        """Ask for what a new process must be asked for, too."""
        assert "error" not in self.ask(method, **parameters)
        self._told.append((method, parameters))

    def refuses(self, text: str) -> str | None:
        """Why the filter ``text`` is refused; None: it is taken."""
        answer = self.ask("check", filter=text)
        return answer["error"]["message"] if "error" in answer else None
