"""A page as its elements and texts, read with the parser of the standard library."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_EMPTY = {"meta", "link", "br"}


@dataclass
class Parsed(HTMLParser):
    """``elements``: (name, attributes) in order; ``texts``: (names of the elements around it, text)."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self.unclosed.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.unclosed.pop() == tag

    def handle_data(self, data):
        self.texts.append((tuple(self.unclosed), data))

    def text(self) -> str:
        """What a reader sees, on one line."""
        seen = [text for around, text in self.texts if not {"style", "script"} & set(around)]
        return " ".join(" ".join(seen).split())


def parsed(page: str) -> Parsed:
    """Every element of a page is closed in order."""
    reader = Parsed()
    reader.feed(page)
    reader.close()
    assert reader.unclosed == []
    return reader
