"""Words of a mail that was written as HTML: its lines, with quoted ones marked as such."""

from html.parser import HTMLParser

_BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol", "hr", "blockquote"}
_UNSEEN = {"script", "style", "head", "title", "template"}
_QUOTES = {"blockquote"}
# What mail programs put around the mail that is answered.
_QUOTED_CLASSES = {"gmail_quote", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote"}
_VOID = {"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base", "embed"}
_DEEPEST = 200
_LONGEST = 60_000  # broken HTML takes the parser a time that grows with the square of this


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._open: list[tuple[str, bool, bool]] = []  # tag, begins a quote, is not shown

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line at a block; remember where a quote or what is not shown begins."""
        if tag in _BLOCKS:
            self.end_line()
        if tag not in _VOID and len(self._open) < _DEEPEST:
            classes = set((dict(attrs).get("class") or "").split())
            quotes = tag in _QUOTES or bool(classes & _QUOTED_CLASSES)
            self._open.append((tag, quotes, tag in _UNSEEN))

    def handle_endtag(self, tag: str) -> None:
        """End a line with its block, and whatever was left open inside."""
        if tag in _BLOCKS:
            self.end_line()
        if any(one == tag for one, _, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Take up words that a reader sees."""
        if not any(unseen for _, _, unseen in self._open):
            self.lines[-1] += data

    def end_line(self) -> None:
        """Finish a line, marked if it is quoted, and begin the next one."""
        line = " ".join(self.lines[-1].split())
        quoted = any(quotes for _, quotes, _ in self._open)
        self.lines[-1] = f"> {line}" if quoted and line else line
        self.lines.append("")


def words_of_html(text: str) -> str:
    """Return the lines that a reader of an HTML mail sees; quoted ones begin with ``>``."""
    words = _Words()
    words.feed(text[:_LONGEST])
    words.close()
    words.end_line()
    return "\n".join(words.lines)
