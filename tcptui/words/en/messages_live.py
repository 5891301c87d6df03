"""Notices about the interface of a live capture, and errors about interrupted captures."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.kernel_trace_denied": "--kernel needs root, for it reads the kernel's trace events: {command}",
    "messages.kernel_trace_refused": "--kernel: this kernel gives no trace events: {reason}",
    "messages.leftover_foreign": "{path} is not one of your interrupted captures; tcptui recover lists those",
    "messages.leftover_in_use": "{path} belongs to a capture that is still running, or is open in another tcptui",
    "messages.interface_back_again": (
        "{interface} was away {count} times since {first}, last from {since} to {until}: nothing could be captured then"
    ),
    "messages.leftover_stays": "{path} cannot be removed; delete it by hand",
    "messages.leftover_none": "there is no interrupted capture {number}; tcptui recover lists them",
    "messages.leftover_kept": "nothing was deleted ({count} are kept); --yes deletes without a question",
    "messages.leftover_which": "there are {count} interrupted captures; choose one: tcptui recover 1 -w FILE",
    "messages.interface_is_down": "{interface} is down: no packet comes until it is up again",
    "messages.interface_away": "{interface} disappeared at {since}; waiting until it is back, what came before is kept",
    "messages.interface_back": "{interface} was away from {since} to {until}; nothing could be captured during that time",
}
