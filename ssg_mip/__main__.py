"""``python -m ssg_mip`` is the command line ``ssg-mip``; both begin here, before anything that takes time to import."""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NoReturn

try:
    from ssg_mip.base.last_words import end_process
except KeyboardInterrupt:
    from ssg_mip.base.last_words import end_process

    end_process(interrupted=True)


def run() -> "NoReturn":
    """Listen to signals, then import the command line and run it."""
    try:
        from ssg_mip.base.signals import watch_signals

        watch_signals()
    except KeyboardInterrupt:  # a moment too early to be heard
        end_process(interrupted=True)
    from ssg_mip.cli import run as run_command_line

    run_command_line()


if __name__ == "__main__":
    run()
