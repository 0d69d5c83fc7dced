"""What definitions mean: in words, by hash, and compared."""
