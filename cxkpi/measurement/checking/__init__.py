"""Catalogues checked, run over their examples, compared and held against exports."""
