"""Errors of writing exported files."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.export_folder": "{path} cannot be used as the folder for exported files: {reason}",
    "messages.export_failed": "{name} cannot be written to {path}: {reason}; what was written before is whole",
    "messages.export_full": "{name} does not fit into {path}: {reason}; what was written before is whole",
}
