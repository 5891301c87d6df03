"""The same traffic at several capture points: connections and packets paired, clocks compared, what each point lacks.

`merge.merge_captures` does it for the two points of one hop.  Nothing here knows a word or a screen.
"""
