"""A page as a reader's browser takes it apart."""

from html.parser import HTMLParser

# What the template writes; whatever else is in a page has come from a run.
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "nav", "section"),
    *("footer", "h1", "h2", "p", "a", "div", "table", "thead", "tbody", "tr", "th", "td", "bdi"),
    *("span", "dl", "dt", "dd", "ul", "ol", "li", "code", "pre", "figure", "figcaption", "img"),
}


class Taken(HTMLParser):
    """The elements of a page, their attributes, its links, and its text without the style.

    Args:
        page: The HTML.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self._inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside != "style" and data.strip():
            self.texts.append(data)
        if self._inside == "a":
            self.links.append(data)

    @property
    def text(self) -> str:
        """All that can be read, a piece a line."""
        return "\n".join(text.strip() for text in self.texts)
