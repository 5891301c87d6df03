"""File names for files carried over HTTP: taken from the message, and harmless on any file system.

A name from the network may contain separators, control characters, a device's name or a leading dot; what
`safe_name` returns is a single plain path component, and never one that a program takes for an option, that a shell
carries out where it stands unquoted or between quotes, or that a desktop or Windows acts on when its folder is shown.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from tcptui.model.safe_text import safe_text
from tcptui.protocols.secrets_out import uri_without_secrets

if TYPE_CHECKING:
    from tcptui.protocols.http.conversation import HttpMessage

#: Most bytes of a name in UTF-8: file systems allow 255, and a number or a suffix may be added.
NAME_LIMIT: Final = 120
_SUFFIX_LIMIT: Final = 16
#: Of file systems, then of shells and cmd.exe: what substitutes, and ends commands and quotes.
_FORBIDDEN: Final = frozenset('/\\<>:"|?*' + "$`;&'!%^")
#: What a name must not begin with: hidden files, options (``+`` of editors and pagers), ``~user``, ``=command`` of zsh,
#: lists of arguments (``@file``), comments.
_FORBIDDEN_FIRST: Final = ".-~+=@#"
#: Files that Windows or a desktop reads by itself, and those that it follows or shows as something else.
_READ: Final = re.compile(r"(?:desktop\.ini|autorun\.inf|folder\.htt|thumbs\.db|ehthumbs\.db)", re.IGNORECASE)
_FOLLOWED: Final = re.compile(
    r".*\.(?:lnk|url|scf|pif|desktop|directory|website|webloc|inetloc|fileloc|library-ms|search-ms|searchconnector-ms"
    r"|theme|themepack|settingcontent-ms|appref-ms|shb|shs"
    r"|\{[0-9a-f-]*\})",
    re.IGNORECASE | re.DOTALL,
)
#: Devices on Windows, with any extension (learn.microsoft.com, Naming Files, Paths, and Namespaces).
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_PARAMETER: Final = re.compile(
    r';\s*(?P<name>filename\*?)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^;\s]+))', re.IGNORECASE | re.DOTALL
)
_EXTENSIONS: Final = {
    "text/html": ".html", "text/plain": ".txt", "text/css": ".css", "text/csv": ".csv", "text/xml": ".xml",
    "text/javascript": ".js", "application/javascript": ".js", "application/x-javascript": ".js",
    "application/json": ".json", "application/xml": ".xml", "application/pdf": ".pdf", "application/zip": ".zip",
    "application/gzip": ".gz", "application/wasm": ".wasm", "image/png": ".png", "image/jpeg": ".jpg",
    "image/gif": ".gif", "image/webp": ".webp", "image/svg+xml": ".svg", "image/x-icon": ".ico",
    "image/vnd.microsoft.icon": ".ico", "audio/mpeg": ".mp3", "video/mp4": ".mp4", "font/woff2": ".woff2",
    "application/octet-stream": ".bin", "text/event-stream": ".txt",
}  # fmt: skip


def _plain(name: str) -> str:
    """``name`` with an underscore for each character that is not allowed in a file name."""
    shown = safe_text(name, len(name))  # has the same length; characters that must not be shown are replaced
    pairs = zip(name, shown, strict=True)
    return "".join("_" if char in _FORBIDDEN or char != seen else char for char, seen in pairs)


def safe_name(wanted: str) -> str:
    """``wanted`` as one harmless path component; ``file`` when nothing of it remains."""
    name = _plain(unicodedata.normalize("NFC", wanted[:4_096])).strip(" ")
    name = name.rstrip(". ")
    if name.startswith(tuple(_FORBIDDEN_FIRST)):
        name = "_" + name.lstrip(_FORBIDDEN_FIRST + " ")
    if not name.strip("_"):
        return "file"
    if _DEVICES.fullmatch(name) or _READ.fullmatch(name):
        name = "_" + name
    name = shortened(name, NAME_LIMIT)
    if _FOLLOWED.fullmatch(name):  # also what was cut there
        name = shortened(name, NAME_LIMIT - 1) + "_"
    return name


def shortened(name: str, limit: int) -> str:
    """``name`` cut to at most ``limit`` bytes of UTF-8; a short extension is kept."""
    if len(name.encode()) <= limit:
        return name
    suffix = PurePosixPath(name).suffix
    if len(suffix.encode()) > _SUFFIX_LIMIT:
        suffix = ""
    stem = name[: len(name) - len(suffix)].encode()[: limit - len(suffix.encode())]
    return stem.decode("utf-8", "ignore").rstrip(". ") + suffix


def numbered(name: str, number: int) -> str:
    """``name`` with a number before its extension: ``image.png``, ``image-2.png``, …"""
    if number < 2:
        return name
    suffix = PurePosixPath(name).suffix
    return f"{name[: len(name) - len(suffix)]}-{number}{suffix}"


class Names:
    """Gives each file a unique name; names that differ only in case count as equal."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def give(self, wanted: str) -> str:
        """``wanted`` made safe, and numbered when it was given before."""
        name = safe_name(wanted)
        number = self._given.get(name.casefold(), 0)
        while True:
            number += 1
            given = numbered(name, number)
            if number == 1 or given.casefold() not in self._given:
                break
        self._given[name.casefold()] = number
        if number > 1:
            self._given.setdefault(given.casefold(), 1)
        return given


def name_of(message: HttpMessage, uri: str) -> str:
    """The file name that ``message`` suggests, by Content-Disposition or URI; not yet safe."""
    name = disposition_name(message.head.value("Content-Disposition")) or _uri_name(uri)
    extension = _EXTENSIONS.get(message.head.media_type, "")
    if not name:
        return "index" + (extension or ".bin")
    if "." not in name.strip("."):
        name += extension
    return name


def call_name(uri: str, media_type: str, *, upload: bool) -> str:
    """The file name of a message of gRPC, by its method; not yet safe."""
    _, _, form = media_type.lower().partition("+")
    extension = {"": ".pb", "proto": ".pb", "json": ".json"}.get(form, ".bin")
    return (_uri_name(uri) or "call") + ("-request" if upload else "-response") + extension


def disposition_name(value: str) -> str:
    """The file name in a Content-Disposition field (RFC 6266, 4.3); the extended form is preferred."""
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value[:4_096]):
        quoted = match["quoted"]
        text = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else match["plain"]
        found.setdefault(match["name"].lower(), text)
    extended = found.get("filename*", "")
    charset, _, rest = extended.partition("'")
    _, quote, encoded = rest.partition("'")
    if quote and charset.lower() in ("utf-8", "iso-8859-1"):
        decoded = unquote_to_bytes(encoded).decode(charset.lower(), "replace")
        if decoded:
            return _last_part(decoded)
    return _last_part(found.get("filename", ""))


def _uri_name(uri: str) -> str:
    path = uri_without_secrets(uri).partition("#")[0].partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return _last_part(unquote_to_bytes(path.rpartition("/")[2]).decode("utf-8", "replace"))


def _last_part(name: str) -> str:
    """The part of ``name`` behind the last separator, as browsers take it (RFC 6266, 4.3)."""
    return name.replace("\\", "/").rpartition("/")[2]
