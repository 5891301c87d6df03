"""Screens and notices that belong to no single pane.

``help``              keys, glyphs, verdicts, states, the glossary
``socket``            the process that owns a connection on this machine, and the kernel's own view of it
``noticing``          short notices in the place of the hints
``keyed``             screens with a table of commands: their help, their lines of the palette
"""
