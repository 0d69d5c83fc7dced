"""A vendor's export files to rows of the canonical tables, every record accounted for."""
