"""``serve [FOLDER…]``: words to a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.cli.commands import ServeCommand
from tcptui.cli.parse_values import CommandLineError, file_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.cli.commands import Common

#: A port, perhaps behind a loopback address.
_ADDRESS: Final = re.compile(r"(?:(127\.[0-9.]+|localhost|\[::1\]):)?([0-9]{1,5})")
_PORT_MOST: Final = 65_535


def parse_serve(options: Mapping[str, str], words: Sequence[str], common: Common) -> ServeCommand:
    """Raises CommandLineError."""
    if "--allow-payload" in options and "--key" in options:
        raise CommandLineError("error.serve-key")
    return ServeCommand(
        common,
        tuple(file_name("serve", word) for word in words),
        _address(options["--http"]) if "--http" in options else None,
        "--allow-payload" in options,
        file_name("--key", options["--key"]) if "--key" in options else None,
    )


def _address(value: str) -> tuple[str, int]:
    found = _ADDRESS.fullmatch(value)
    if found is None or int(found[2]) > _PORT_MOST or not _is_loopback(host := _host(found[1])):
        raise CommandLineError("error.serve-loopback", value=value[:80])
    return host, int(found[2])


def _host(named: str | None) -> str:
    return "127.0.0.1" if named in (None, "localhost") else named.strip("[]")


def _is_loopback(host: str) -> bool:
    import ipaddress  # seldom needed

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
