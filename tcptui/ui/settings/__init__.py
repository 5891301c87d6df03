"""Settings: what a person writes into a file of his own, and what the program remembers by itself.

``table``             the settings: name, kind, values, default; the command, the documentation and the reader use it
``config_file``       finds and reads the file of the user who runs, or who called sudo; never writes it
``remembered``        the colours, the zero point of times, and names or addresses, as chosen on the screen last

On the command line ``--lang`` beats the file.  What is chosen on the screen counts until the program ends, then the
file again; where the file says nothing, the last choice.

It imports neither Textual nor NumPy before the file asks for keys: the language is known by it before a screen is.
"""
