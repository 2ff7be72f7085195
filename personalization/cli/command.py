"""What a word of the command line is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Command:
    """One word of the command line.

    Attributes:
        summary: The line of ``--help``.
        arguments: Adds what it takes to its parser.
        run: Returns the document to print, or an iterator of lines.
        text: Writes that document for a reader; where there is none, its names and values.
    """

    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Any]
    text: Callable[[Any, argparse.Namespace], str] | None = None
