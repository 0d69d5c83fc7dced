"""Metrics as rows of a table, for other metrics to read."""
