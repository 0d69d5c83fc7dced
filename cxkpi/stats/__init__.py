"""Pure functions of numbers: intervals and survival. Nothing here knows a table, a metric or a file."""
