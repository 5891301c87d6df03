"""Errors of writing exported files."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.export_folder": "{path} cannot be used as the folder for exported files: {reason}",
    "messages.export_foreign": "{path} is not used as the folder for exported files: {link} is another user's link; name the folder it leads to",
    "messages.export_failed": "{name} cannot be written to {path}: {reason}; the files written before are complete",
    "messages.export_bound": (
        "The files would exceed the limit of {most} MB in {path}, so the others were not written. Those that were written are whole; export --out-limit SIZE sets another limit."
    ),
    "messages.export_full": "{name} does not fit into {path}: {reason}; the files written before are complete",
}
