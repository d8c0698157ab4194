"""``python -m ssg_mip`` is the command line ``ssg-mip``; both begin here, before anything that takes time to import."""

from typing import NoReturn

from ssg_mip.signals import watch_signals


def run() -> NoReturn:
    """Listen to signals, then import the command line and run it."""
    watch_signals()
    from ssg_mip.cli import run as run_command_line

    run_command_line()


if __name__ == "__main__":
    run()
