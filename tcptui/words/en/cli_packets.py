"""Words of packets, slice and assert on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.packets": """\
NAME
  tcptui packets: {summary}

SYNOPSIS
  tcptui packets FILE… [-Y FILTER] [-e FIELD]… [--csv | --jsonl] [--header]
  tcptui packets FILE… [-Y FILTER] --count

DESCRIPTION
  Writes the packets that pass a display filter in the order of the capture:
  number, time since the first packet, source, destination, protocol, length,
  and what it says, with its verdicts. Several files merge by time.
  With -e it writes the values of fields instead, exactly as
  "tshark -2 -n -T fields -e …" does: a tab between fields, a comma between
  several values of one. Verdicts, states and findings always follow from all
  packets; the filter only chooses what is shown.

OPTIONS
  -Y FILTER, --display-filter FILTER
             Wireshark's display filter language; all packets without it.
             "tcptui check FILTER" says whether one is right and what it does
  -e FIELD   the field's values; may be given several times.
             "tcptui fields" lists the fields. _ws.col.Info, .Protocol, .Source,
             .Destination, .Time, .Length and .No. are cells of the lines that
             are written without -e: the words are tcptui's
  --csv      comma-separated values, quoted where needed
  --spreadsheet-safe
             with --csv, for a spreadsheet: cells that it would take for a
             formula (= + - @, but no numbers) begin with an apostrophe
  --jsonl    one JSON object per packet; with -e each field is a list of texts
  --header   the names of the columns first
  --count    only how many packets match

SECRETS
  What is a password or a token by its name or its form is written as [removed],
  where tshark writes it; fields of raw bytes (tcp.payload, data.data) have what
  was sent. Filters compare what was sent.

LIMITS
  What memory bounds. Of a connection, 50,000 messages are read for fields of
  their application protocol (HTTP/2: header lists of each side, TLS: records of
  each side). Packets behind them are read each by itself, so such fields may be
  missing there: a line counts these packets. Of a list of HTTP/2 header fields
  256 KiB are read, of a value that a filter compares 1 MiB. With -e, text that
  a few captured bytes stand for (HPACK, gzip) is written up to 2 KiB a field,
  and beyond that up to 256 MiB, and 16 bytes for each captured one, for all
  fields together; what is cut ends in … and is counted in a line at the end.

EXAMPLES
  tcptui packets a.pcap -Y 'tcp.analysis.retransmission'
  tcptui packets a.pcap -Y 'http.response.code >= 500' -e frame.number -e ip.dst
  tcptui packets a.pcap -Y 'tcptui.severity == "error"' --count

EXIT STATUS
  0 done, also where nothing matches; 1 the input failed: of a damaged capture
  the packets before the damage are written; 2 wrong usage
""",
    "cli.help.slice": """\
NAME
  tcptui slice: {summary}

SYNOPSIS
  tcptui slice FILE… (-Y FILTER | --stream N[,N…] | --finding NAME[,NAME…] |
               --packets N[-M][,…]) [--around SECONDS] [--whole-streams]
               -w OUT [--overwrite]

DESCRIPTION
  Writes the chosen packets as pcapng, or as pcap where OUT ends in .pcap. What
  was captured is written byte by byte, with its time, interface and comments;
  names and TLS secrets of the source come along. Each packet gets a comment
  with its number in the source; marks and notes that were kept beside the
  source (FILE.notes.json) become comments, too. pcap has no comments.

OPTIONS
  -Y FILTER, --display-filter FILTER
                     the packets that pass
  --stream N[,N…]    the packets of these connections, counted from 0
  --finding NAME[,NAME…]
                     the packets that prove these findings: ids, families or
                     severities, as "tcptui help findings" lists them
  --packets N[-M][,…]
                     these packets, by number: 10-20,31
  --around SECONDS   and all packets at most so long before or after one of them
  --whole-streams    and all other packets of their connections: these are then
                     judged in OUT as they are in the source
  -w OUT             where to write; - is standard output
  --overwrite        OUT may replace a file, once it is whole

EXAMPLES
  tcptui slice a.pcap --stream 7 -w seven.pcapng
  tcptui slice a.pcap --finding slow-server --whole-streams -w slow.pcapng
  tcptui slice a.pcap -Y 'tcp.flags.reset == 1' --around 0.5 -w resets.pcapng

EXIT STATUS
  0 done, also where no packet is chosen; 1 input or output failed: of a damaged
  capture the packets before the damage are written; 2 wrong usage
""",
    "cli.help.assert": """\
NAME
  tcptui assert: {summary}

SYNOPSIS
  tcptui assert FILE… RULE… [--rules FILE.toml] [--junit OUT] [--slice DIR]

DESCRIPTION
  Says of each rule whether the capture keeps it, and which packets break it.
  A word is a rule if it begins with no, all, count or pNN and a blank.
  Several files merge by time.

RULES
  no FILTER            no packet passes the display filter
  all FILTER           every packet passes that it says anything about: tests
                       of fields that a packet lacks are left out
  count FILTER < N     so many packets pass; also <= > >= == !=
  count FILTER < N%    the same in percents of all TCP packets
  pNN FIELD < VALUE    a percentile of the field's values (times in seconds):
                       p50, p99, p99.9. Of times and sizes of a connection
                       (tcptui.duration, …) each connection has one value
  Where there is nothing to judge, no, all and count of percents hold, and
  pNN does not.

OPTIONS
  --rules FILE.toml  more rules: rules = ["RULE", …], or with names
                     [[rule]]
                     name = "answers are quick"
                     rule = "p99 tcptui.server_think < 0.3"
  --junit OUT        the results as JUnit XML, too
  --slice DIR        the packets that break a rule, as DIR/NN-RULE.pcapng

EXAMPLES
  tcptui assert a.pcap 'no tcptui.severity == "error"'
  tcptui assert a.pcap 'count tcp.analysis.retransmission < 1%' \\
                'all tcp.analysis.ack_rtt < 0.2' --junit results.xml

EXIT STATUS
  0 all rules hold; 1 one does not; 2 wrong usage; 3 the capture cannot be read,
  a result cannot be written, or the capture is damaged: whatever the rules say
  of the packets before the damage
""",
    "cli.error.display-filter": "{where}: {message} (tcptui check FILTER shows where, and what was meant)",
    "cli.error.more-faults": "… and {n:more mistake|more mistakes}",
    "cli.error.field": "there is no field {name}; tcptui fields lists them",
    "cli.error.field-near": "there is no field {name}; similar: {near}",
    "cli.error.field-unread": "nothing reads the field {name} yet, so it has no values to show",
    "cli.error.slice-what": "slice needs one of -Y, --stream, --finding and --packets, which say what to write",
    "cli.error.slice-where": "slice needs -w and the name of the file to write",
    "cli.error.no-rule": "“{value}” is neither a file nor a rule, which begins with no, all, count or a percentile such as p99",
    "cli.error.which-rule": "assert needs a rule that begins with no, all, count or a percentile such as p99, for example 'no tcp.analysis.retransmission', or --rules",
    "cli.error.packets": "{option} takes packet numbers from 1 and ranges, such as 10-20,31, not {value}",
    "cli.error.streams": "{option} takes numbers of connections from 0, such as 0,4,7, not {value}",
    "cli.error.around": "{option} takes seconds from 0 to {most}, such as 0.5, not {value}",
    "cli.error.follow-none": "no connection of {file} has a packet that the filter matches",
    "cli.error.follow-several": "the filter matches {count} connections ({streams}); choose one with --stream",
    "cli.error.follow-id": "connection {stream} has no request {id}; tcptui requests --jsonl has the ids",
    "cli.error.follow-other": "no packet of connection {stream} matches the filter",
}
