"""Texts of one line out of packets without the secrets in them: URIs, hosts, header fields, command lines.

What a secret is says `tcptui.protocols.secret_names`; bodies are read by `tcptui.protocols.secret_bodies`.
"""

from __future__ import annotations

import re
from base64 import b64decode
from functools import lru_cache
from typing import Final

from tcptui.protocols.secret_names import (
    LEFT_OUT,
    Secrecy,
    hides,
    looks_secret,
    plain_name,
    secrecy,
    without_known_secrets,
)

#: Header fields whose values are URIs, or have some.
_LINKS: Final = frozenset(
    {
        "location", "content-location", "referer", "refresh", "link", "origin", "x-original-url", "x-rewrite-url",
        "x-original-uri", "x-forwarded-uri", "x-forwarded-url", "x-original-request-uri", "x-envoy-original-path",
        "x-request-uri", "x-url", "x-accel-redirect", "x-waws-unencoded-url", "sourcemap", "destination", ":path",
        "x-forwarded-prefix", "content-disposition",
    }
)  # fmt: skip
_HOSTS: Final = frozenset({"host", ":authority", "x-forwarded-host", "x-original-host", "forwarded"})
#: A field whose value has several, of which some may carry a token (``v4.channel.k8s.io, base64url.bearer…``).
_PROTOCOLS: Final = "sec-websocket-protocol"
#: Names of protocols of WebSocket that carry one after a dot or a comma.
_CARRIER: Final = re.compile(
    r"(?:bearer|token|auth|jwt|access[-_]?token|authorization|base64url\.bearer)\b", re.IGNORECASE
)
_PARAMETER: Final = re.compile(r"([?&;#])([^=&;#?\s/]{1,128})=([^&;#\s<>]+)")
#: A pair in the value of a field (``signature="…"``).
_PAIR: Final = re.compile(r"(?:^|(?<=[;,\s]))([^=&;,#?\s]{1,128})=(\"[^\"]*+\"?|[^;,\s\"]+)")
_USER: Final = re.compile(r"(?<=//)[^/?#@\s\"'<>]+@")
#: The user of what CONNECT asks for; no other scheme has a colon there.
_AUTHORITY: Final = re.compile(r"\A(?!mailto:|sips?:|xmpp:|acct:|urn:|tel:)[^/?#@\s:]{1,256}:[^/?#@\s]+@")
_HOST_USER: Final = re.compile(r"(?<![^=/?#@\s\",;])[^=/?#@\s\",;]++@")
#: Characters of a URI that is remembered, at most.
_KNOWN_MOST: Final = 512
#: Segments of a path behind which a token may stand, and those behind which one does.
_BEFORE_LIKELY: Final = frozenset(
    {
        "login", "reset", "resetpassword", "verify", "verification", "confirm", "confirmation", "activate",
        "activation", "invite", "invites", "invitation", "invitations", "magic", "unsubscribe", "sso", "share",
        "shared", "webhook", "webhooks", "hook", "hooks", "unlock", "recover", "recovery", "session", "sessions",
        "auth", "callback", "feed", "ticket",
    }
)  # fmt: skip
_BEFORE_SURE: Final = re.compile(
    r"(?:[a-z]+[-_])*(?:tokens?|secrets?|otp|password|passwd|jwt|apikey|api[-_]key|pin|sid)", re.IGNORECASE
)
#: What occurs where one of these does, or one of those below.
_MAY_PRECEDE: Final = re.compile(
    r"login|reset|verif|confirm|activat|invit|magic|unsubscribe|sso|share|hook|unlock|recover|session|auth|callback|feed"
    r"|ticket|token|secret|otp|passw|jwt|api[-_]?key|pin|sid|/services/|/bot\d",
    re.IGNORECASE,
)
#: Webhooks and robots whose address is a secret: Slack's, Discord's, Telegram's, Teams'.
_KNOWN_PATHS: Final = re.compile(
    r"(?<=/services/)T\w{6,14}/B\w{6,14}/\w{16,32}|(?<=/webhooks/)\d{10,24}/[\w-]{32,128}"
    r"|(?<=/bot)\d{6,12}:[\w-]{30,64}|(?<=/webhookb2/)[\w@/-]{32,256}"
)
#: What such a segment is not: a word, with a number perhaps, a number, a version, a file.
_PLAIN_SEGMENT: Final = re.compile(r"[a-z]+(?:[-_.][a-z]+)*[-_.]?\d{0,2}|\d+|v\d+(?:\.\d+)*|[\w-]*\.[a-z]{2,4}")
_TOKEN_LEAST: Final = 8
#: What a request of OCSP by GET has in its first characters, DER in base64: the hash algorithm (SHA-1, SHA-256) of the
#: identifier of the first certificate, behind five lengths (RFC 6960, 4.1.1 and A.1).  It is public.
_OCSP_HASHES: Final = (bytes.fromhex("06052b0e03021a"), bytes.fromhex("0609608648016503040201"))
_OCSP_BEGINS: Final = 40
#: A word of a command line, with its quotes.
_ARGUMENT: Final = re.compile(r"(?:\"[^\"]*+\"?|'[^']*+'?|[^\s\"'])++")
#: Programs of whose options of one letter some are followed by a secret: in the same word, or also in the next one …
_GLUED: Final = {
    **dict.fromkeys(("mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "7z", "sshpass"), ("-p",)),
    **dict.fromkeys(("ldapsearch", "ldapmodify", "ldapadd"), ("-w",)),
    **dict.fromkeys(("curl", "wget", "http", "httpie"), ("-u", "-U", "-a")),
    "sqlcmd": ("-P",),
    "redis-cli": ("-a",),
}
_ALSO_NEXT: Final = frozenset({"-w", "-u", "-U", "-a", "-P"})
#: … or with a user before it.
_USERS: Final = frozenset({"-u", "-U", "--user", "--proxy-user"})
#: … and a field of a header as an argument.
_FIELD: Final = re.compile(r"(?<![\w-])([A-Za-z][\w-]{0,64}):[ \t]*([^\"'\n]+)")


def uri_without_secrets(uri: str) -> str:
    """A request target or a URI: without its user part, secret parameters, and tokens in its path."""
    return _known_uri(uri) if len(uri) <= _KNOWN_MOST else _shown_uri(uri)


def _shown_uri(uri: str) -> str:
    if "=" in uri:
        uri = _PARAMETER.sub(_parameter, uri)
    if "@" in uri:
        uri = _AUTHORITY.sub(f"{LEFT_OUT}@", _USER.sub(f"{LEFT_OUT}@", uri))
    return without_known_secrets(_path_without_secrets(uri))


#: The same, cached: the same things are asked for again and again.
_known_uri: Final = lru_cache(2_048)(_shown_uri)


def query_without_secrets(query: str) -> str:
    """What stands behind the question mark of a URI, or one parameter of it."""
    return _PARAMETER.sub(_parameter, f"?{query}")[1:]


def host_without_secrets(host: str) -> str:
    """A host with its port, where somebody may have put a user in front."""
    return _HOST_USER.sub(f"{LEFT_OUT}@", host) if "@" in host else host


def _parameter(found: re.Match[str]) -> str:
    value = plain_name(found[3]) if "%" in found[3] else found[3]
    return f"{found[1]}{found[2]}={LEFT_OUT}" if hides(found[2], value) else found[0]


def _path_without_secrets(uri: str) -> str:
    """``uri`` without those segments of its path that are tokens, by what they follow."""
    end = min(at if at >= 0 else len(uri) for at in (uri.find("?"), uri.find("#")))
    if "/" not in uri[1:end] or _MAY_PRECEDE.search(uri, 0, end) is None:
        return uri
    path = _KNOWN_PATHS.sub(LEFT_OUT, uri[:end])
    segments = path.split("/")
    for at in range(1, len(segments)):
        before, one = segments[at - 1].lower(), segments[at]
        if one and one != LEFT_OUT and _is_token(before, one):
            segments[at] = LEFT_OUT
    return "/".join(segments) + uri[end:]


def _is_token(before: str, segment: str) -> bool:
    if _asks_ocsp(segment):
        return False
    if before in _BEFORE_LIKELY or any(word in _BEFORE_LIKELY for word in before.split("-")):
        return len(segment) >= _TOKEN_LEAST and _PLAIN_SEGMENT.fullmatch(segment) is None and looks_secret(segment)
    return _BEFORE_SURE.fullmatch(before) is not None and looks_secret(segment)


def _asks_ocsp(segment: str) -> bool:
    try:
        der = b64decode(segment[:_OCSP_BEGINS], validate=True)
    except ValueError:
        return False
    return der[:1] == b"\x30" and any(hash_algorithm in der for hash_algorithm in _OCSP_HASHES)


def header_without_secrets(name: str, value: str) -> str:
    """The value of a header field."""
    low = name.lower()
    if low == _PROTOCOLS:
        return _protocols(value)
    if hides(name, value):
        return LEFT_OUT
    if low in _HOSTS:
        return host_without_secrets(value)
    if low in _LINKS or "://" in value:
        return uri_without_secrets(value)
    return words_without_secrets(value)


def words_without_secrets(text: str) -> str:
    """A short text of any kind, as the value of a field or a reason: pairs in it, and what is known by its form."""
    if "=" in text:
        text = _PAIR.sub(_pair, text)
    return without_known_secrets(text) if len(text) > _TOKEN_LEAST else text


def _pair(found: re.Match[str]) -> str:
    return f"{found[1]}={LEFT_OUT}" if hides(found[1], found[2].strip('"')) else found[0]


def _protocols(value: str) -> str:
    """The protocols that a WebSocket is asked for: what stands behind one that names a token is one."""
    parts = value.split(",")
    for at, part in enumerate(parts):
        one = part.strip()
        carried = _CARRIER.search(one)
        if carried is not None and one[carried.end() :].strip(".-_=: "):
            parts[at] = part[: part.index(one) + carried.end()] + f".{LEFT_OUT}"
        elif at and _CARRIER.search(parts[at - 1]) is not None and LEFT_OUT not in parts[at - 1]:
            parts[at] = f" {LEFT_OUT}"
    return without_known_secrets(",".join(parts))


def line_without_secrets(line: str) -> str:
    """A line of a head: a header field with its name, or a start line; its line end, if any, stays."""
    name, colon, value = line.partition(":")
    if colon and " " not in name.strip() and name:
        stripped = value.strip(" \t\r\n")
        at = value.find(stripped) if stripped else 0
        return f"{name}:{value[:at]}{header_without_secrets(name.strip(), stripped)}{value[at + len(stripped) :]}"
    words = line.split(" ")
    return " ".join(uri_without_secrets(word) if "/" in word or "?" in word or "@" in word else word for word in words)


def head_without_secrets(text: str) -> str:
    """A head: a start line, if there is one, and header fields, also those of HTTP/2, a line each."""
    made, name = list[str](), ""
    for line in text.splitlines(keepends=True):
        if line[:1] in (" ", "\t") and name and line.strip():  # goes on (RFC 9112, 5.2)
            ending = line[len(line.rstrip("\r\n")) :]
            made.append(f" {LEFT_OUT}{ending}" if secrecy(name) is Secrecy.SURE else line_without_secrets(line))
            continue
        name = line.partition(":")[0].strip() if ":" in line else ""
        if line.startswith(":"):  # as HTTP/2 has them
            name, _, value = line[1:].partition(":")
            name, stripped = f":{name}", value.strip()
            made.append(
                f"{name}:{value.replace(stripped, header_without_secrets(name, stripped), 1) if stripped else value}"
            )
            continue
        made.append(line_without_secrets(line))
    return "".join(made)


def command_without_secrets(text: str) -> str:
    """A command line: options and variables that are secrets by their names, users with passwords, header fields."""
    made, at = list[str](), 0
    letters: tuple[str, ...] = ()
    before = ""
    for found in _ARGUMENT.finditer(text):
        word = found[0]
        made.append(text[at : found.start()])
        at = found.end()
        program = word.strip("\"'").rpartition("/")[2]
        if program in _GLUED:
            letters = _GLUED[program]
        elif word in ("|", ";", "&&", "||"):
            letters = ()
        made.append(_argument(word, before, letters))
        before = word
    return uri_without_secrets("".join(made) + text[at:])


def _argument(word: str, before: str, letters: tuple[str, ...]) -> str:
    """A word of a command line, behind the word ``before``; ``letters``: options of its program."""
    bare = word.strip("\"'")
    if before in _USERS and (before in letters or before.startswith("--")):
        user, colon, _ = bare.partition(":")
        return f"{user}:{LEFT_OUT}" if colon else word
    if before in letters and before in _ALSO_NEXT and not word.startswith("-"):
        return LEFT_OUT
    name, sign, value = bare.partition("=")
    if sign and hides(name.lstrip("-"), value.strip("\"'")):
        return f"{name}={LEFT_OUT}"
    if before.startswith("--") and not word.startswith("-") and hides(before, bare):
        return LEFT_OUT
    if word[:2] in letters and len(word) > 2:
        user, colon, _ = word[2:].partition(":")
        return f"{word[:2]}{user}:{LEFT_OUT}" if word[:2] in _USERS and colon else f"{word[:2]}{LEFT_OUT}"
    return _FIELD.sub(lambda found: f"{found[1]}: {LEFT_OUT}" if hides(found[1], found[2]) else found[0], word)


def credentials_summary(payload: bytes) -> str:
    """The command AUTH of several protocols without the credentials in its line; empty for anything else."""
    return f"AUTH {LEFT_OUT}" if payload[:5].upper() == b"AUTH " else ""
