"""Pictures of a connection's numbers: in terminal cells and as SVG.  Nothing here knows Textual."""
