"""Words of the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help": """\
What a TCP capture means, in the terminal.

  tcptui                          start screen: interfaces, recent files, cases
  tcptui -i eth0 [BPF…]           live capture ("any" for every interface)
  tcptui FILE…                    pcap, pcapng, .gz, .zst; several merge by time
  tcptui -r FILE [BPF…]           the packets of a file that a filter chooses
  tcptui ssh://[user@]host/eth0 [BPF…]
                                  tcpdump there, its packets here
  … | tcptui -                    a capture from standard input
  tcptui cases [--json] [WORD…]   the bundled cases
  tcptui case ID                  open one of them, by its name or number
  tcptui verdicts FILE… --jsonl   one JSON object per TCP frame
  tcptui report FILE... [--explain | --full | --stream N] [--json | --markdown]
                                  what is wrong, the worst first, and why
  tcptui report FILE... --html OUT [--overwrite]
                                  the same as one page for a browser, to hand on
  tcptui follow FILE --stream N [--side client|server|both]
                [--hex | --decoded [--id ID] | --raw]
                                  what both ends of a connection said
  tcptui export FILE [--stream N [--id ID]] [--out DIR] [--json]
                                  files carried over HTTP: listed, or saved
  tcptui graph FILE --stream N [--kind KIND] [--svg OUT | --csv]
                                  a graph of a connection: time-sequence, RTT …
  tcptui packets FILE... [-Y FILTER] [-e FIELD]... [--csv | --jsonl | --count]
                                  the packets that a display filter chooses, as
                                  lines or as values of fields
  tcptui slice FILE... (-Y FILTER | --stream N | --finding NAME | --packets N-M)
               -w OUT             those packets as a capture of their own
  tcptui assert FILE... RULE...   whether a capture keeps rules: exit status 1
                                  if not, 3 if it cannot be read
  tcptui requests FILE... [-Y FILTER] [--group statement] [--jsonl | --har OUT]
                                  the requests ({protocols}),
                                  and where the time of each went
  tcptui recover [N | NAME] [-w FILE [--overwrite] | --delete [--yes]]
                                  captures that were interrupted before they
                                  were saved: list, keep, delete
  tcptui config [--help]          the settings file: where it is, what it sets
  tcptui check FILTER [--json]    a display filter (Wireshark's language): right
                                  or not, what was meant, traps; exit status 1
                                  if it is not valid
  tcptui fields [WORD]            the fields that display filters know

Live capture, as in tcpdump; options and filter words may stand in any order:
  -i INTERFACE   where to capture       -c N      stop after N packets
  -s BYTES       keep so much of each packet; 0, the default, keeps all of it
  -w FILE        keep the capture       -w -      write pcap to standard output
  --overwrite    -w may replace a file  -D        list the interfaces
  -B KIB         the kernel's buffer, memory that a capture holds while it runs;
                 65536 (64 MiB) by default, less where memory is below 4 GiB
  -p             not promiscuous
  --include-own  also the SSH connection that shows this screen
  --spool-limit SIZE, --memory-limit SIZE  (million bytes, or k, M, G)  what a
                 temporary capture file and the packets in memory may take; the
                 oldest packets make room.  Default: by what is free
  -C SIZE        with -w: a new file once one is larger than SIZE million bytes
                 (or k, M, G: KiB, MiB, GiB): FILE, FILE1, FILE2, …
  -G SECONDS     with -w: a new file so often; FILE is a strftime pattern
  -W COUNT       -C: so many files in turn, the oldest overwritten; -G: then end
Findings that do something, live, from a pipe or a file (names: see below):
  --no-screen    findings as JSON lines on standard output, no screen
  --only NAME[,NAME…]         of these lines only those about these
  --stop-on NAME[,NAME…]      end the capture when one of them appears
  --keep-around NAME[,NAME…]  write the packets around each of them to files
                 beside -w FILE.pcap: FILE-1-NAME.pcap, FILE-2-NAME.pcap, …
  --keep-seconds BEFORE[,AFTER]  how much around them; 10,5 unless given
  --findings FILE             findings of your own, too: filters with words
                 (TOML, tcptui/docs/own-findings.md); their family is own
TLS and gRPC, on the screen and with every command that opens a capture:
  --keylog FILE  decrypt with the secrets in FILE (what SSLKEYLOGFILE writes),
                 read again while it grows; those in a pcapng are used anyway
  --proto FILE   name the fields of gRPC's messages by the schema in FILE, as
                 protoc --include_imports --descriptor_set_out=FILE writes it
Display:
  -t             hide times             -n        ports and hosts as numbers
  -Y FILTER, --display-filter FILTER    begin with this display filter

report, verdicts, follow, export, --no-screen:
  -Y FILTER, --display-filter FILTER
                 show only what a display filter chooses: packets (verdicts), or
                 connections of which a packet matches; all are analysed
follow --decoded:
                 5,000 messages of a connection are decoded; text that a few
                 captured bytes stand for (HPACK, gzip) is written up to 2 KiB a
                 part, and beyond that up to 256 MiB, and 16 bytes for each
                 captured one, in all; what is cut ends in … and is counted at
                 the end
report, verdicts:
  --workers N    look at connections in at most N processes (Linux); by default
                 one for each processor that tcptui may use
Everywhere:
  --lang en|zh   language; otherwise the settings file, else LC_ALL,
                 LC_MESSAGES or LANG decides
  --ascii        lines and signs in ASCII only
  --version      --help

cases, case, verdicts, report, follow, export, graph, requests, packets, slice,
assert, recover, config, check, fields are commands: such a file is ./cases.
packets, slice, assert, graph, requests, export have help of their own:
graph --help
Exit status: 0 done, 1 the input or the environment failed, 2 wrong usage.
""",
    "cli.try-help": "{message} (tcptui --help shows the usage)",
    "cli.prefix": "tcptui: {message}",
    "cli.error.twice": "{option} is given twice",
    "cli.error.no-value": "{option} needs a value",
    "cli.error.unwanted-value": "{option} takes no value",
    "cli.error.unknown-option": "there is no option {option}",
    "cli.error.remote-alone": "{word} stands alone on the command line, followed by filter words only",
    "cli.error.not-here": "{option} does not go with {command}",
    "cli.error.needs-interface": "{option} is for a live capture: name the interface with -i",
    "cli.error.live-and-file": "-i and -r exclude each other: capture an interface, or read a file",
    "cli.error.overwrite-what": "--overwrite says that -w may replace a file, but there is no -w",
    "cli.error.exclusive": "{first} and {second} exclude each other",
    "cli.error.too-many-words": "{command} does not know what to do with {word}",
    "cli.error.which-file": "{command} needs the name of a capture file",
    "cli.error.which-filter": "check needs a display filter, in quotes: tcptui check 'tcp.port == 80'",
    "cli.error.which-case": "case needs the id of a case; tcptui cases lists them",
    "cli.error.stdin-alone": "- (standard input) cannot be combined with other files",
    "cli.error.say-jsonl": "verdicts needs --jsonl, the one format it writes",
    "cli.error.language": "there is no language {value}; known: {known}",
    "cli.error.number": "{option} takes a whole number from {least} to {most}, not {value}",
    "cli.error.no-sudo": "sudo cannot be started: {reason}",
    "cli.error.no-case": "there is no case {case}; there are: {known}",
    "cli.error.no-stream": "{file} has no connection {stream}; it has {count}, counted from 0",
    "cli.ask.overwrite": "{file} exists. Replace it? [y/N] ",
    "cli.ask.overwrite.several": "{count} files exist: {names}. Replace them? [y/N] ",
    "cli.ask.overwrite.many": "{count} files exist: {first}, … {last}. Replace them? [y/N] ",
    "cli.ask.sudo": "Run it now? [y/N] ",
    "cli.ask.yes": "y yes",
    "cli.notice.waiting": "waiting for capture data on standard input …",
    "cli.notice.remote": "waiting for tcpdump at the other end …",
    "cli.cases.heading": "Bundled cases; open one with: tcptui case ID",
    "cli.cases.none": "no cases are bundled with this installation",
    "cli.cases.packets": "{n} packets",
    "cli.interface.up": "up",
    "cli.interface.running": "running",
    "cli.interface.loopback": "loopback",
    "cli.interface.down": "down",
    "cli.interface.wireless": "wireless",
    "cli.interface.disconnected": "disconnected",
    "cli.interface.none": "no interface can be captured",
    "cli.live.summary": "{packets} packets captured, {dropped} dropped by the kernel",
    "cli.live.summary_unknown": "{packets} packets captured; tcpdump did not say how many were dropped",
}
