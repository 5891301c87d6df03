"""Words of the command line about files that are written (``-w``) and options that act on findings (``--stop-on``)."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.error.keep-where": "{option} needs -w FILE, where the packets are saved",
    "cli.error.yes-delete": "--yes belongs to --delete, and there is none",
    "cli.error.files-of-what": "-W counts the files of -C or -G; give one of them as well",
    "cli.error.not-to-stdout": "{option} does not go with -w -, which sends one capture to standard output",
    "cli.error.size": ("{option} takes a size in millions of bytes, or with k, M or G in KiB, MiB or GiB, not {value}"),
    "cli.error.seconds": "--keep-seconds takes BEFORE[,AFTER], each up to {most} seconds, not {value}",
    "cli.error.keep-seconds-what": "--keep-seconds belongs to --keep-around, and there is none",
    "cli.error.needs-csv": "{option} belongs to --csv, and there is none",
    "cli.error.only-what": "--only chooses among the lines of --no-screen, and there is none",
    "cli.error.finding": "{option}: there is no finding {value}; tcptui help findings lists them",
    "cli.error.finding-near": "{option}: there is no finding {value}; near it: {near}",
    "cli.error.needs-source": "{option} needs packets: an interface (-i), a file, - or ssh://",
    "cli.live.evicted": "the {count} oldest of them were discarded to make room for newer ones; to keep all, write a file with -w",
    "cli.live.unwritten": "{count} more packets came and are lost: there was no room for them",
    "cli.live.files": "{count} files written, the last is {file}",
    "cli.live.files.fewer": "{count} more were written but are no longer there: moved, removed or replaced during the capture",
    "cli.live.files.gone": "the files that were written are gone (moved, removed or replaced): {names}",
    "cli.live.file": "all of them are in {file}",
    "cli.live.file.none": "no packet came: {file} was not written",
    "cli.live.file.as-it-was": "no packet came: {file} is unchanged",
}
