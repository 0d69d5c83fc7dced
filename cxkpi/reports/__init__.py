"""Renderers: a Result in, text out. None of them computes a number."""
