"""Two sides, each a set of connections of one or more captures, compared by meaning (compare.md)."""
