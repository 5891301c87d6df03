"""Words of messages about marks and notes, and about slices."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.notes_damaged": (
        "{path} is damaged, so its marks and notes are not shown; it is left as it is: repair it, or move it away"
    ),
    "messages.notes_foreign": (
        "{path} does not hold notes of tcptui; it is left as it is: move it away to keep notes for this capture"
    ),
    "messages.notes_newer": "{path} was written by a newer tcptui, which this one cannot read; it is left as it is",
    "messages.notes_of_another": (
        "{path} belongs to another capture with the same name; it is left as it is, and its notes are not shown"
    ),
    "messages.notes_several": "{name}: marks and notes are kept next to a single file, and there are several; ask for them one by one",
    "messages.notes_unreadable": "{path} cannot be read: {reason}; its marks and notes are not shown",
    "messages.notes_unwritable": "kept only until the program ends: {reason}; marks and notes belong in {path}",
    "messages.slice_link_types": (
        "packets of {count} link types do not fit into one pcap file; write a file that ends in .pcapng"
    ),
}
