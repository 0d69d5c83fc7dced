"""Text cells to typed columns by a profile, and what is odd about them."""
