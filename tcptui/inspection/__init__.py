"""One packet as a tree of header fields with their byte ranges."""
