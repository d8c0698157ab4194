"""Text of an instance, a file name or a message as it may reach a terminal.

Names come from strangers' files. An escape byte could move the cursor, change colours or set the window's title; a
right-to-left control shows a word as another one; a zero-width character hides in a name.
"""

from __future__ import annotations


def printable(text: str, *, one_line: bool = False) -> str:
    r"""The text with every character that does not show as itself escaped, such as ``\x1b`` or ``\u202e``.

    Line feeds stay, unless the text is to be one line: a name must not forge a line of a report.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or (one == "\n" and not one_line) else _escaped(one) for one in text)


def _escaped(one: str) -> str:
    return one.encode("unicode_escape").decode("ascii")
