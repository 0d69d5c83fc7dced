"""Words that exports write where a record would begin, and that mean a line of totals."""

TOTAL = (
    r"(?:grand[ -]?|sub[ -]?|general[ -]?)?totals?(?: g[eé]n[eé]ral)?|sum"
    r"|(?:zwischen|gesamt|end)?summe|gesamt(?:ergebnis)?|subtotales|totales|totaux|somme|suma|totale|totaal"
)
"""A regular expression, to be read without regard to case."""
