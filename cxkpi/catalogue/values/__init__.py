"""Quantities, moments and hours as people write them, read with their places."""
