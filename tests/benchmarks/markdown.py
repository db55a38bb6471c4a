"""Tables and figures as Markdown."""

from collections.abc import Iterable, Sequence

__all__ = ["NOTHING", "TIMES", "figure", "table"]

NOTHING = "—"
TIMES = "\N{MULTIPLICATION SIGN}"


def figure(value: float | None) -> str:
    """A number with three digits, as far as they say something."""
    if value is None:
        return NOTHING
    size = abs(value)
    if size >= 99.5:
        return f"{value:,.0f}"
    if size >= 9.95:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.0995 else f"{value:.3f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """A table whose first ``texts`` columns are text, and the others figures."""
    lines = [heads, ["---"] * texts + ["--:"] * (len(heads) - texts), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
