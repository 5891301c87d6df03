"""The spool: the pcap file on disk that every source is, or is written to."""
