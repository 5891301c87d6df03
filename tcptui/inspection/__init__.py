"""One packet as a tree of header lines (see `header_tree`)."""
