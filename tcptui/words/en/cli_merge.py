"""Words of merge on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.merge": """\
NAME
  tcptui merge: {summary}

SYNOPSIS
  tcptui merge A B [--json] [--html PAGE] [--assume-symmetric] [-w OUT]
                   [--overwrite]
  tcptui merge A B C… [--json] [--assume-symmetric]
  tcptui merge OUT [--json] [--html PAGE] [--assume-symmetric]
  tcptui A B --merge [--assume-symmetric]   on the screen

DESCRIPTION
  A and B are captures of the same traffic at two places, as of a client and of
  its server. Their connections and packets are paired by numbers and bytes, so
  it works through address translation and with clocks that differ by hours.

  Of both clocks it reports the offset as an interval that no packet
  contradicts, the drift, and steps. Of each connection: which packets were lost
  between A and B, which ones a capture missed, the delay each way above the
  fastest packet, and what was changed in transit.

  Of the slowest responses, and of handshakes, it reports how much of the wait
  passed beyond the far point, as in the server, and how much between A and B.
  Each direction alone is a range, as wide as that of the offset;
  both together are exact.

  Findings of one capture are decided with the other: confirmed, cause known,
  narrowed down (some causes ruled out), or withdrawn. Those that asked for
  another capture and that the pair cannot decide are listed; of others that
  it cannot decide it reports nothing.

  A packet that only one capture has was
    lost between  the sender had to retransmit it, or it never arrived, and the
                  other capture shows no gap of its own
    not captured  the receiver acknowledged it before a copy passed the other
                  point, or it passed that point first
    duplicated    a second copy, made between A and B, with the IP packet number
                  and timestamps of the first
    unknown       neither can be shown

  A proxy ends a connection and begins another: both are listed as legs, and
  their packets are not paired.

  -w writes all packets of both to one pcapng, each place with interfaces of
  its own. Times stay as each clock had them; what is known of the clocks is in
  a comment of the file. Given alone, such a file is read as both captures.

  On the screen, connections are listed with the worst first. Enter shows the
  packets of one between A and B: an arrow ends where its packet was lost, is
  dotted at the side that did not capture it, and has a question mark where
  neither can be shown. a and b open each capture at the packet.

  Three to eight captures are merged hop by hop, in the order in which packets
  pass the points, or as given if no packet shows it. A packet that two points
  have was not captured at a point between them that lacks it. In JSON each
  stream has its hops.

OPTIONS
  --json      one JSON object. Offsets are seconds to add to B's clock to get
              A's; the one of a point holds at the time "at" of A. frame is the
              number in the file of that packet. Delays are above the fastest
              packet of all connections, so the least possible ones. waits has
              every response that both captures have, findings what the pair
              decides
  --html PAGE write a self-contained page in place of the text, with the
              packets of the worst connections drawn between A and B; - is
              standard output
  --assume-symmetric
              both directions take equally long: delays are then absolute. Every
              result that depends on it is marked as such
  -w OUT      also write both captures to OUT, as pcapng. Packets are in the
              order of A's clock, with their comments; names and secrets that
              the files have are kept. An existing file is replaced only with
              --overwrite, an input never
  --overwrite
              OUT and PAGE may replace files

EXAMPLES
  tcptui merge client.pcap server.pcap
  tcptui merge client.pcap server.pcap --json
  tcptui merge client.pcap server.pcap -w both.pcapng
  tcptui merge both.pcapng --html report.html
  tcptui client.pcap server.pcap --merge

EXIT STATUS
  0 done; 1 the input failed, or the captures have no connection in common;
  2 wrong usage
""",
    "cli.error.merge-one": (
        "{file} is one capture of one place: merge needs two, or one that tcptui merge -w has written"
    ),
    "cli.error.merge-pcapng": "merge writes pcapng, to a file whose name does not end with .pcap: not to {file}",
    "cli.error.merge-two": "{command} needs two captures, one of each place",
    "cli.error.merge-screen-two": "--merge shows two captures; {word} would be one more, and that is not possible yet",
    "cli.error.merge-two-only": "{option} is for two captures: merge three or more without it",
    "cli.error.merge-itself": "{a} and {b} are the same file: there is nothing to merge",
    "cli.error.merge-copy": "{a} and {b} have the same packets at the same times: one is a copy of the other",
    "cli.error.merge-nothing": "{a} and {b} have no TCP connection in common",
    "cli.error.merge-nowhere": "these {count} captures have no TCP connection in common",
}
