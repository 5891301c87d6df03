"""Where the time of a connection went: round trips, send gaps, recovery, the time budget."""
