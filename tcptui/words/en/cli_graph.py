"""Words of graph on the command line."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.help.graph": """\
NAME
  tcptui graph: {summary}

SYNOPSIS
  tcptui graph FILE --stream N [--kind KIND] [--side client|server]
               [--text | --csv | --svg OUT]

DESCRIPTION
  Draws one connection over time: the client's data, the server's, or both
  without --side. The causes of retransmissions are tcptui's judgement. All
  other numbers are Wireshark's, unless noted otherwise.

KINDS
  sequence    the time-sequence graph, the default: segments, retransmissions
              with their causes, ACKs, the window's edge, SACK blocks, gaps
  throughput  bytes sent, and bytes acknowledged, per second
  rtt         every round-trip time, smoothed as in RFC 6298, the handshake's
  window      the receive window against the bytes in flight
  flight      the bytes in flight, counted as Wireshark does and also without
              bytes that SACK reported, and the congestion window if visible

OPTIONS
  --stream N  the connection's number (tcp.stream)
  --text      a picture in characters, the default
  --svg OUT   a picture as SVG, light and dark, without script; - for standard
              output. An existing file is not overwritten
  --csv       a line of names, then a line per point; unknown values are empty.
              time,side,frame and, by kind:
                sequence    kind,low,high,cause
                throughput  bytes_per_s,acked_per_s
                rtt         rtt,smoothed
                window      window,in_flight
                flight      in_flight,in_flight_sack,cwnd
              Times are in seconds; "time" counts from the connection's first
              packet. "side" is the side whose data it is, "frame" the packet
              that shows it: an ACK's frame is the other side's. window and
              in_flight are tcp.window_size and tcp.analysis.bytes_in_flight
  --spreadsheet-safe
              as in tcptui packets; the cells here are numbers and words of
              tcptui, which no spreadsheet treats as a formula

EXAMPLES
  tcptui graph a.pcap --stream 3
  tcptui graph a.pcap --stream 3 --kind rtt --side server --csv
  tcptui graph a.pcap --stream 3 --svg stalls.svg

EXIT STATUS
  0 done; 1 the input failed or OUT exists; 2 wrong usage
""",
    "cli.error.kind": "--kind {value}: there are {known}",
}
