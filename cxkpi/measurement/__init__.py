"""Catalogue, tables and a question become a Result."""
