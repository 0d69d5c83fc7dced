"""The command line: read arguments, call, print, return an exit code."""
