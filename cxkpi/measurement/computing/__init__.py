"""Metrics, tables and a question become figures with verdicts."""
