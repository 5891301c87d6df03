"""Words of the settings: ``tcptui config``, and what is wrong with the file."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "settings.about": """\
Settings are lines of a file in TOML, which you write; tcptui only adds filters
that you give a name.
A line is:  name = value.  Options of the command line beat the file; what is
chosen on the screen counts until the program ends.""",
    "settings.file": "File: {path}",
    "settings.no_file": "File: {path} (there is none yet)",
    "settings.nowhere": "File: none, for there is no home directory.",
    "settings.written": "  (the file)",
    "settings.remembered": "  (chosen on the screen last time)",
    "settings.default": "  (default)",
    "settings.how": "What can be set: tcptui config --help",
    "settings.values": "one of: {values}",
    "settings.commands": "commands and their keys:",
    "settings.is_remembered": "Where the file does not say, the last choice on the screen counts.",
    "settings.doc.language": "The language; auto: that of LC_ALL, LC_MESSAGES or LANG. --lang beats it.",
    "settings.doc.theme": "The colours; 16: the terminal's own sixteen; auto: dark where there are more.",
    "settings.doc.times": "The zero point of times: the connection's or the capture's first packet, or the clock.",
    "settings.doc.names": "What the connection list shows: addresses, or names by the DNS answers in the capture.",
    "settings.doc.sort": "How connections are sorted at first; auto: by problems where a file has some, else by start.",
    "settings.doc.columns": "Columns of the connection list that are shown where there is room, the first of them first.",
    "settings.doc.packet_columns": 'Columns of your own in the timeline: fields or expressions, as in: ["ip.ttl", "tcp.len * 8"]',
    "settings.doc.connection_columns": 'Columns of your own in the connection list, as in: ["http.host", "max(tcp.len)", "tcp.len > 1000"]',
    "settings.doc.layout": "The largest layout that is used; narrow: one pane at a time; auto: by the terminal's size.",
    "settings.doc.tour": "Tips for the first minutes, each until its key was used; they never return by themselves.",
    "settings.doc.first": "What is shown once a file is judged in which there is trouble: the overview of it, or the list of connections.",
    "settings.doc.keys": "Other keys for commands of the main screen, as in: keys = {{ sort = 't', save = 'f2' }}",
    "settings.problem": "{path}: {what}",
    "settings.problems": "{path}: {what}; {more} more: tcptui config",
    "settings.fault.unreadable": "the settings cannot be read ({reason}), so the defaults count",
    "settings.fault.too-long": "the settings are longer than {most} bytes, so the defaults count",
    "settings.fault.garbled": "this is no TOML ({reason}), so the defaults count",
    "settings.fault.unknown": "there is no setting {name}",
    "settings.fault.value": "{name} cannot be {value}, so its default counts; one of: {known}",
    "settings.fault.no-list": "{name} cannot be {value}, so its default counts; it is a list of some of: {known}",
    "settings.fault.no-table": "{name} cannot be {value}; it is a table of commands and keys",
    "settings.fault.no-texts": "{name} cannot be {value}; it is a list of texts",
    "settings.fault.no-command": "keys: {name} is no command that can have another key",
    "settings.fault.no-key": "keys: {name} cannot have {value}; a key is one character, space, or f1 to f12",
    "settings.fault.key-taken": "keys: {name} cannot have {value}, which is the key of something else",
    "settings.doc.filters": "Display filters by name, for Tab in the filter line and for Ctrl+P, as in: filters = {{ resets = 'tcp.flags.reset == 1' }}",
    "settings.fault.no-filters": "{name} cannot be {value}; it is a table of names and display filters",
    "settings.fault.no-filter-name": "filters: {name} is no name; a name has letters, digits, dots and hyphens, 40 at most",
    "settings.fault.no-filter": "filters: {name} is no text of a filter",
    "settings.fault.wrong-filter": "filters: {name} is wrong: {message}",
}
