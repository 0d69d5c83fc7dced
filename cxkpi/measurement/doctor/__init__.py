"""What is wrong with exports, and what that does to which metrics."""
