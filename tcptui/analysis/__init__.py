"""The sans-io TCP engine: streams, verdicts, states of both ends, timing, causes."""
