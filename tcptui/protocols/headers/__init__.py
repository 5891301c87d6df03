"""One packet as a tree of headers, in Wireshark's terms."""
