"""Messages about the folder of a scan, and about captures that could not be judged."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "messages.scan_exists": "{path} has a scan already: go on with it by --resume, or name a new folder",
    "messages.scan_not_empty": "{path} is not empty and holds no scan: name a new folder",
    "messages.scan_in_use": "another scan is writing to {path}",
    "messages.scan_other": (
        "the scan in {path} has other tables (--packets, or another version of tcptui): name a new folder"
    ),
    "messages.scan_no_file": "{path} is not an ordinary file",
    "messages.scan_memory": "{path} needs more memory than one process of a scan may take",
    "messages.scan_time": "{path} takes longer than one process of a scan may take",
    "messages.scan_died": "the process that judged {path} ended ({signal})",
}
