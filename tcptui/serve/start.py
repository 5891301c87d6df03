"""``tcptui serve``: from the words of the command line to a server."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.cli.inputs import give_up_root
from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.redact.key import drawn_key, read_key
from tcptui.serve.captures import Captures
from tcptui.serve.folders import Folders
from tcptui.serve.tools import Tools
from tcptui.words.errors import CommandFailedError, say

if TYPE_CHECKING:
    from tcptui.cli.commands import ServeCommand
    from tcptui.words.catalogue import Words

#: A token of the user's own, so that a configuration may hold it.
TOKEN_VARIABLE: Final = "TCPTUI_SERVE_TOKEN"
_TOKEN_LEAST: Final = 16
#: What the extra installs.
_EXTRA: Final = frozenset({"mcp", "mcp_types", "pydantic", "starlette", "uvicorn", "anyio"})


def serve(command: ServeCommand, words: Words) -> int:
    """Serve until standard input ends, or until a signal; returns the exit code.  Raises TcptuiError."""
    try:
        from tcptui.serve.server import serve_http, serve_stdio
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise CommandFailedError("error.serve-extra") from error
    with ExitStack() as stack:
        folders = _opened(command.folders or (".",), stack)
        key = None if command.allow_payload else drawn_key() if command.key is None else read_key(Path(command.key))
        listening = None if command.http is None else _listening(*command.http, stack)
        token = _token() if listening is not None else ""
        give_up_root()
        captures = Captures(folders, key, command.common.language.value, is_drawn=command.key is None)
        stack.callback(captures.close)
        if listening is None:
            if os.isatty(0):
                say(words("cli.serve.waiting"), words)
            serve_stdio(Tools(captures))
            return 0
        host, port = listening.getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/mcp"
        key_word = "cli.serve.at-own-token" if os.environ.get(TOKEN_VARIABLE) else "cli.serve.at"
        say(words(key_word, address=address, token=token), words)
        serve_http(Tools(captures), listening, token)
    return 0


def _opened(names: tuple[str, ...], stack: ExitStack) -> Folders:
    for name in names:
        if not Path(name).is_dir():
            raise CommandFailedError("error.serve-folder", folder=safe_text(name))
    try:
        return Folders([Path(name) for name in names], stack)
    except OSError as error:
        shown = safe_text(str(error.filename or names[0]))
        raise InputError("read_failed", path=shown, reason=reason_of(error)) from error


def _listening(host: str, port: int, stack: ExitStack) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    stack.callback(listening.close)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(64)
    except OSError as error:
        raise CommandFailedError("error.serve-address", address=f"{host}:{port}", reason=reason_of(error)) from error
    return listening


def _token() -> str:
    own = os.environ.get(TOKEN_VARIABLE, "")
    if own and (len(own) < _TOKEN_LEAST or not own.isascii()):
        raise CommandFailedError("error.serve-token", variable=TOKEN_VARIABLE, least=_TOKEN_LEAST)
    return own or secrets.token_urlsafe(24)
