"""What a secret is: the one table of names and of shapes, by which every output leaves secrets out.

Nothing tells a token from any other word but where it stands, so nearly all is told by names: of header fields, of
parameters, members, columns, settings.  A name is read as its words (``userPassword``, ``X-Api-Key``, ``p%61ss``).
Some words always name a secret; others do so only where the value looks like one (``key=name`` sorts a list).  What
stands behind may say that it is only *about* a secret: ``token_type``, ``max_tokens``, ``password_policy``.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final

#: What stands in place of a secret.
LEFT_OUT: Final = "[removed]"
#: Longest name that is looked at; patterns that look for names say it, too.
NAME_MOST: Final = 128


class Secrecy(IntEnum):
    """What a name says of its value."""

    NONE = 0
    LIKELY = 1
    """It is a secret if it looks like one (`looks_secret`)."""
    SURE = 2


#: Header fields whose whole values are secrets, but are not by their words.
_HEADERS: Final = frozenset(
    {
        "cookie", "cookie2", "set-cookie", "set-cookie2", "authentication-info", "proxy-authentication-info",
        "authentication", "dpop", "x-hub-signature", "x-hub-signature-256", "sec-websocket-key1", "sec-websocket-key2",
        "x-amzn-oidc-data", "x-ms-client-principal", "x-goog-iap-jwt-assertion",
    }
)  # fmt: skip
#: … and some that hold none, though their words say so.
_OPEN_HEADERS: Final = frozenset(
    {
        "www-authenticate", "proxy-authenticate", "sec-websocket-key", "sec-websocket-accept", "sec-fetch-site",
        "access-control-allow-credentials", "idempotency-key", "x-idempotency-key", "surrogate-key", "cache-key",
        "x-cache-key", "public-key-pins", "sec-session-registration",
    }
)  # fmt: skip
#: Words that name a secret …
_SURE: Final = frozenset(
    {
        "pass", "passcode", "passphrase", "passwd", "passwds", "password", "passwords", "passwort", "kennwort", "senha",
        "contrasena", "mdp", "motdepasse", "pwd", "pw", "pswd", "passw", "pin", "otp", "totp", "secret", "secrets",
        "token", "jwt", "bearer", "authorization", "apikey", "accesskey", "secretkey", "privatekey", "authkey",
        "hmac", "sessionid", "jsessionid", "phpsessid", "sessid", "sid", "aspsessionid", "csrf", "xsrf", "credential",
        "credentials", "samlrequest", "samlresponse", "cvv", "cvc", "ssn", "passkey", "requirepass", "masterauth",
        "otpauth",
    }
)  # fmt: skip
#: … those that do where the value looks like one …
_LIKELY: Final = frozenset(
    {
        "key", "keys", "code", "auth", "sig", "signature", "session", "sess", "cookie", "cookies", "ticket", "tickets",
        "assertion", "tokens", "refresh", "verifier", "invite", "nonce", "saml",
    }
)  # fmt: skip
#: … words that follow each other in a name and do together …
_TOGETHER: Final = frozenset(
    {
        ("api", "key"), ("access", "key"), ("private", "key"), ("signing", "key"), ("encryption", "key"),
        ("subscription", "key"), ("functions", "key"), ("function", "key"), ("master", "key"), ("shared", "key"),
        ("account", "key"), ("ssh", "key"), ("auth", "key"), ("session", "id"), ("session", "key"), ("auth", "code"),
        ("authorization", "code"), ("verification", "code"), ("security", "code"), ("login", "code"),
        ("sms", "code"), ("code", "verifier"), ("mot", "passe"), ("credit", "card"), ("card", "number"),
        ("recovery", "code"), ("backup", "codes"), ("storage", "key"), ("mfa", "code"), ("amz", "signature"),
        ("goog", "signature"), ("slack", "signature"), ("url", "signature"),
    }
)  # fmt: skip
#: … and ends of a word that is written together with others.
_ENDS: Final = (
    "password", "passwd", "passphrase", "token", "secret", "apikey", "accesskey", "secretkey", "privatekey",
    "sessionid", "credential", "credentials", "sessid", "passcode",
)  # fmt: skip
#: Last words of a name which say that it is about a secret, and no secret.
_ABOUT: Final = frozenset(
    {
        "type", "count", "counts", "policy", "length", "len", "size", "min", "max", "expires", "expiry", "expiration",
        "expire", "ttl", "age", "at", "date", "time", "timeout", "url", "uri", "endpoint", "method", "methods", "field",
        "hint", "status", "enabled", "disabled", "required", "strength", "algorithm", "algorithms", "alg", "version",
        "scope", "label", "format", "limit", "usage", "used", "valid", "present", "error", "errors", "index", "prefix",
        "issuer", "provider", "mode", "supported", "changed", "created", "updated", "missing", "invalid", "placeholder",
        "title", "message", "messages", "description", "help", "name", "names", "seconds", "ms",
        "rotation", "lifetime", "path", "file", "encoding", "storage", "manager", "class", "ref", "headers", "domain",
        "samesite",
    }
)  # fmt: skip
#: Words before ``tokens`` that count them, as language models are billed.
_COUNTS: Final = frozenset({"max", "min", "total", "prompt", "completion", "used", "input", "output", "num", "cached"})
_SPLIT: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNICODE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})")

#: Keys, tokens and passwords that are known by their form: of JSON Web Tokens, of services, of PEM.
_SHAPES: Final = re.compile(
    r"(?<![\w-])eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){0,3}"
    r"|(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|glrt-[\w-]{16,}"
    r"|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}|sk-(?:ant-|proj-|svcacct-)?[\w-]{20,}"
    r"|AIza[\w-]{30,}|ya29\.[\w.-]{20,}|GOCSPX-[\w-]{20,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|hv[sb]\.[\w-]{20,}|dop_v1_[0-9a-f]{40,}"
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,}|[MN][A-Za-z\d]{23,27}\.[\w-]{6}\.[\w-]{27,}|[0-9]{8,10}:AA[\w-]{33}"
    r"|\$(?:2[abxy]|5|6|1|y|argon2(?:id|i|d))\$[\w./$,=+-]{20,}"
    r")"
    r"|-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----(?:[\w\s+/=:,\\.]|-(?!----END))*+"
    r"(?:-----END [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----)?"
)
#: What must occur where one of these does.
_HINTS: Final = re.compile(
    r"eyJ|AKIA|ASIA|AROA|AIDA|gh[pousr]_|github_pat_|gl(?:pat|rt)-|xox[abeprs]-|xapp-|_(?:live|test)_|whsec_|sk-|AIza"
    r"|ya29\.|GOCSPX|SG\.|npm_|pypi-|hv[sb]\.|dop_v1_|shp[acsp]|[MN][A-Za-z\d]{23,27}\.|:AA|\$|-----BEGIN"
)
#: What follows the name of a scheme: ``Bearer``, ``Basic`` (RFC 9110, 11.4).
_SCHEME: Final = re.compile(
    r"\b(bearer|basic|digest|negotiate|ntlm|dpop|hawk|apikey|splunk|aws4-hmac-sha256|scram-sha-(?:1|256))"
    r"(\s+)(?!realm=)([\w.~+/=%-]{6,}+)(?!\")",
    re.IGNORECASE,
)
#: What a value may be that hides nothing: empty, yes or no, a variable, what was left out before.
_EMPTY: Final = frozenset({"", "true", "false", "null", "none", "nil", "undefined", "yes", "no", "on", "off", LEFT_OUT})
#: Words, as values that sort, choose or say something have them …
_WORDS: Final = re.compile(
    r"[A-Z]?[a-z]{1,32}(?:[-_. ][A-Za-z]{1,32}){0,8}|[A-Z]{1,32}(?:[-_ ][A-Z]{1,32}){0,8}"
    r"|[a-z]{1,16}(?:[A-Z][a-z]{1,16}){1,4}"
)
#: … numbers and times.
_NUMBER: Final = re.compile(r"[-+]?\d{1,5}(?:\.\d+)?|\d{4}-\d\d-\d\d[\dT:.Z+ -]{0,24}|\d{1,5}(?:[a-z]{1,2}|%)")
_FILE: Final = re.compile(r"[^?#\s]*/[^?#\s/]*\.[A-Za-z]\w{0,4}|[\w-]*\.[A-Za-z]{2,4}")


def secrecy(name: str) -> Secrecy:
    """What ``name``, of a header field, a parameter, a member or a setting, says of its value."""
    return _secrecy(name[:NAME_MOST])


def is_secret_name(name: str) -> bool:
    """Whether a value of that name is a secret, or is one if it looks like one."""
    return secrecy(name) is not Secrecy.NONE


def hides(name: str, value: str) -> bool:
    """Whether ``value`` of the name ``name`` is not to be shown."""
    how = secrecy(name)
    return how is not Secrecy.NONE and is_hidden(how, value)


def is_hidden(how: Secrecy, value: str) -> bool:
    """Whether a ``value`` is not to be shown of whose name `secrecy` is ``how``."""
    if how is Secrecy.NONE or value.strip().lower() in _EMPTY:
        return False
    return how is Secrecy.SURE or looks_secret(value)


def looks_secret(value: str) -> bool:
    """Whether ``value`` of a name that is not sure looks like a secret: no word, no number, no file, no sentence."""
    value = value.strip()[:NAME_MOST]
    plain = len(value) < 4 or " " in value or _WORDS.fullmatch(value) or _NUMBER.fullmatch(value)
    return not (plain or _FILE.fullmatch(value))


def without_known_secrets(text: str) -> str:
    """``text`` without what is known for a secret by its form, wherever it stands."""
    if _HINTS.search(text) is not None:
        text = _SHAPES.sub(lambda found: left_out(found[0]), text)
    return _SCHEME.sub(_scheme, text) if " " in text or "\t" in text else text


def left_out(text: str) -> str:
    """What stands in place of ``text``: as many lines."""
    return LEFT_OUT + "\n" * text.count("\n")


def _scheme(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{LEFT_OUT}" if looks_secret(found[3]) else found[0]


def plain_name(name: str) -> str:
    """``name`` with its escapes resolved, those of URIs and of JSON."""
    if "%" in name:
        name = _PERCENT.sub(lambda found: chr(int(found[1], 16)), name)
    if "\\" in name:
        name = _UNICODE.sub(lambda found: chr(int(found[1], 16)), name)
    return name


@lru_cache(maxsize=4_096)
def _secrecy(name: str) -> Secrecy:
    """`secrecy`, cached: every request of a connection has the same names."""
    name = plain_name(name)
    low = name.lower()
    if low in _HEADERS:
        return Secrecy.SURE
    if low in _OPEN_HEADERS:
        return Secrecy.NONE
    words = [word.lower() for word in _SPLIT.findall(name.replace("+", ""))]
    if not words:
        return Secrecy.NONE
    last = next((word for word in reversed(words) if not word.isdigit()), "")
    if len(words) > 1 and (last in _ABOUT or (last == "in" and "expires" in words)):
        return Secrecy.NONE
    if _COUNTS.intersection(words) and "tokens" in words:
        return Secrecy.NONE
    if any(word in _SURE or word.endswith(_ENDS) for word in words):
        return Secrecy.SURE
    if any(pair in _TOGETHER for pair in pairwise(words)):
        return Secrecy.NONE if last == "id" and words[-2:] != ["session", "id"] else Secrecy.SURE
    if last in ("id", "ids"):  # of a key, of a ticket: its number
        return Secrecy.NONE
    if last == "code" and len(words) > 1:  # of an error, a country
        return Secrecy.NONE
    return Secrecy.LIKELY if any(word in _LIKELY for word in words) else Secrecy.NONE
