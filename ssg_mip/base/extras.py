"""Whether the libraries of an optional extra are there; only those who ask for what needs them need them."""

from __future__ import annotations

from importlib import import_module

from ssg_mip.errors import OptionError


def require_learn(purpose: str, *libraries: str) -> None:
    """Check that libraries of the extra ``learn`` can be imported.

    Parameters
    ----------
    purpose
        What needs them, for the message.
    libraries
        Names to import.

    Raises
    ------
    OptionError
        If one is absent.
    """
    for library in libraries:
        try:
            import_module(library)
        except ImportError:
            raise OptionError(
                f"{purpose} needs {library}; install it with: python -m pip install 'ssg_mip[learn]'"
            ) from None
