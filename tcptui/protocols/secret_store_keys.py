"""Keys of stores that name secrets: whether the value is one, and whether the key itself has one in it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tcptui.protocols.secret_names import LEFT_OUT, NAME_MOST, Secrecy, looks_secret, secrecy

#: What separates the parts of a key.
_PARTS: Final = re.compile(r"([:/|#])")
#: Words that keys are full of, and that say nothing there.
_COMMON: Final = frozenset({"key", "keys", "code", "nonce", "signature", "sig"})
_KEYS_CACHED: Final = 2_048


@lru_cache(_KEYS_CACHED)
def key_secrecy(key: bytes) -> Secrecy:
    """What ``key`` says of what is kept under it."""
    parts = _PARTS.split(key[: 4 * NAME_MOST].decode("utf-8", "replace"))[::2]
    return max((secrecy(part) for part in parts if part.lower() not in _COMMON), default=Secrecy.NONE)


@lru_cache(_KEYS_CACHED)
def key_text(key: bytes) -> str:
    """``key`` without what stands in it behind a word that names a secret: the id of a session, a token."""
    text = key.decode("utf-8", "replace")
    if key_secrecy(key) is Secrecy.NONE:
        return text
    parts = _PARTS.split(text)
    for at in range(2, len(parts), 2):
        before = parts[at - 2]
        named = before != LEFT_OUT and before.lower() not in _COMMON and secrecy(before) is not Secrecy.NONE
        if named and looks_secret(parts[at]):
            parts[at] = LEFT_OUT
    return "".join(parts)
