"""Texts out of packets without the secrets in them: what lists, reports and exported files may say.

Secrets are left out by where they stand, for nothing tells a token from any other word: values of certain header
fields, of certain parameters of a URI or a form, of certain members of JSON, and the user part of a URI.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

#: What stands in place of a secret.
LEFT_OUT: Final = "[removed]"
_HEADERS: Final = frozenset(
    {
        "authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info", "cookie",
        "cookie2", "set-cookie", "set-cookie2",
    }
)  # fmt: skip
#: Header fields whose values are URIs.
_LINKS: Final = frozenset({"location", "content-location", "referer", "refresh", "link", "origin"})
#: Words of a name that say of its value that it is, or may be, a secret …
_WORDS: Final = frozenset(
    {
        "pass", "passcode", "passphrase", "passwd", "password", "pwd", "pw", "pin", "otp", "secret", "token", "jwt",
        "bearer", "auth", "authorization", "key", "apikey", "sig", "signature", "hmac", "session", "sessionid", "sess",
        "sid", "jsessionid", "phpsessid", "csrf", "xsrf", "cookie", "credential", "credentials", "assertion", "code",
        "ticket", "samlrequest", "samlresponse",
    }
)  # fmt: skip
#: … and what says so wherever it stands in a name.
_WITHIN: Final = ("token", "secret", "passw", "passphrase", "apikey", "sessionid", "signature", "credential")
_SPLIT: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
#: Longest name of a parameter or member that is looked at; the patterns below say it, too.
_NAME_MOST: Final = 128
_ESCAPED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_PARAMETER: Final = re.compile(r"([?&;#])([^=&;#?\s]{1,128})=([^&;#\s]+)")
_FORM: Final = re.compile(r"(^|&)([^=&\s]{1,128})=([^&\s]+)", re.MULTILINE)
_MEMBER: Final = re.compile(r"\"([^\"\\\n]{1,128})\"\s*:\s*(\"(?:[^\"\\]|\\.)*+(?:\"|\\?\Z)|[-\w.+]+)")
_ELEMENT: Final = re.compile(r"<([\w:.-]{1,128})(?:\s[^<>]*)?>([^<]+)")
_USER: Final = re.compile(r"//[^/?#@\s]+@")
_SCHEME: Final = re.compile(r"\b(bearer|basic|digest|negotiate|ntlm)(\s+)[\w.~+/=-]{8,}", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether a header field, a parameter or a member of that name is, or may be, a secret."""
    return _is_secret(name[:_NAME_MOST])


@lru_cache(maxsize=1_024)
def _is_secret(name: str) -> bool:
    """Whether ``name`` is that of a secret, cached: every request of a connection has the same names."""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)
    low = plain.lower()
    if low in _HEADERS or any(part in low for part in _WITHIN):
        return True
    return any(word.lower() in _WORDS for word in _SPLIT.findall(plain))


def uri_without_secrets(uri: str) -> str:
    """A request target or a URI, without its user part and secret parameters."""
    if "=" not in uri and "@" not in uri:  # most: neither of the patterns can match
        return uri
    if "@" in uri:
        uri = _USER.sub(f"//{LEFT_OUT}@", uri)
    return _PARAMETER.sub(_parameter, uri)


def header_without_secrets(name: str, value: str) -> str:
    """The value of a header field."""
    if is_secret_name(name) and value:
        return LEFT_OUT
    if name.lower() in _LINKS:
        return uri_without_secrets(value)
    return _SCHEME.sub(lambda found: found[1] + found[2] + LEFT_OUT, value)


def body_without_secrets(text: str) -> str:
    """A body, or its beginning, of text: forms, JSON, XML and addresses in it."""
    text = _USER.sub(f"//{LEFT_OUT}@", text)
    text = _MEMBER.sub(lambda found: _left_out(found, f'"{found[1]}": ', 1, f'"{LEFT_OUT}"'), text)
    text = _ELEMENT.sub(lambda found: _left_out(found, found[0][: -len(found[2])], 1), text)
    text = _PARAMETER.sub(_parameter, text)
    text = _FORM.sub(lambda found: _left_out(found, f"{found[1]}{found[2]}="), text)
    return _SCHEME.sub(lambda found: found[1] + found[2] + LEFT_OUT, text)


def _parameter(found: re.Match[str]) -> str:
    name = found[2]
    return f"{found[1]}{name}={LEFT_OUT}" if is_secret_name(name) else found[0]


def _left_out(found: re.Match[str], before: str, name: int = 2, instead: str = LEFT_OUT) -> str:
    return before + instead if is_secret_name(found[name]) else found[0]


def credentials_summary(payload: bytes) -> str:
    """The command AUTH of several protocols without the credentials in its line; empty for anything else."""
    return f"AUTH {LEFT_OUT}" if payload[:5].upper() == b"AUTH " else ""
