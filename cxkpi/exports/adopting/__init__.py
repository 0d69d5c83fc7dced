"""A drafted profile for a file nobody knows."""
