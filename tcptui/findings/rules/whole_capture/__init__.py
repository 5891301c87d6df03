"""Rules about the capture as a whole: what many connections show is told once (rules/findings.md#whole-capture)."""
