"""A capture that may leave the house: what names hosts or carries content is replaced, and what the engine says stays.

What is not understood does not pass: `rewrite` walks the headers that it knows and replaces everything else by filler
of the same length.  `proof` has the engine say the same of both captures, and `search` looks for what was replaced
with parsers of its own; without both, no file gets its name.
"""
