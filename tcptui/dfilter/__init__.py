"""Wireshark's display filter language, as tshark 4.0.17 understands it: text to a checked, typed expression.

`compile_filter` (`compile.py`) is the door.  `lexer` cuts the text into tokens by Wireshark's longest-match rules,
`grammar` makes a `syntax` tree of them, `check` resolves names and types against the field registry into the
`expression` that can be evaluated and printed.  A mistake is a `FilterError`; nothing else is raised for any text.
"""
