"""Messages about the key of redact."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.redact_key_unreadable": "the key {path} cannot be read: {reason}",
    "messages.redact_key_no_file": "the key {path} is not an ordinary file",
    "messages.redact_key_open": (
        "the key {path} is not yours alone, so it protects nothing: make a new one that only you can read (chmod 600)"
    ),
    "messages.redact_key_short": "the key {path} is shorter than {least} bytes",
}
