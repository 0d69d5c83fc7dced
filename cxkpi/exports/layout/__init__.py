"""Which profile a file is written in, and where in it the headings and the data are."""
