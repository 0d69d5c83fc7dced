"""Keys of a repeat metric that say different things about the same rows."""

from __future__ import annotations

from cxkpi.catalogue.report import Report
from cxkpi.documents.places import Path
from cxkpi.kinds.repeat import Spec


def check_repeat(spec: Spec, path: Path, report: Report) -> None:
    """Refuse what would have to be guessed."""

    def refuse(key: str, message: str, hint: str) -> None:
        report.add("C109", message, (*path, key), hint, key=True)

    if spec.look == "backward":
        hint = "Looking back, every row is judged by what came in the window before it, and at once."
        if spec.chain != "anchor":
            refuse("chain", "'chain: gap' does not go with 'look: backward'", hint)
        if spec.count != "contacts":
            refuse("count", f"'count: {spec.count}' does not go with 'look: backward'", hint)
        if spec.immature != "exclude":
            refuse("immature", f"'immature: {spec.immature}' does not go with 'look: backward'", hint)
    elif spec.immature == "survival" and spec.chain != "anchor":
        hint = "The wait for what follows is known per contact: use 'chain: anchor'."
        refuse("immature", "'immature: survival' does not go with 'chain: gap'", hint)
    elif spec.immature == "survival" and spec.count == "keys":
        hint = "The wait for what follows is known per contact: use 'count: contacts' or 'count: first'."
        refuse("immature", "'immature: survival' does not go with 'count: keys'", hint)
    if spec.meets is not None and spec.counts == "repeated":
        hint = "It is a further condition of success: use 'counts: resolved', and 1 less that in a formula."
        refuse("meets", "'meets' does not go with 'counts: repeated'", hint)
