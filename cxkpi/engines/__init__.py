"""Engines run the first half of every metric, from rows to sums: scan a table, add a local time, collect plans."""
