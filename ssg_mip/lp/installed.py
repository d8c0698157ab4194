"""The HiGHS that is installed: its version, and objects of it that keep quiet."""

from __future__ import annotations

import highspy

from ssg_mip.errors import SolverError

OLDEST = (1, 15)
"""The oldest HiGHS that is accepted."""


def check_version(major: int, minor: int, patch: int) -> None:
    """Refuse a HiGHS that is too old, at import.

    Raises
    ------
    SolverError
        Below :data:`OLDEST`; 1.14.0 is known to return wrong optima.
    """
    if (major, minor) < OLDEST:
        known = (major, minor, patch) == (1, 14, 0)
        reason = "it returns wrong optima on mixed-integer programs of two variables" if known else "it is not tested"
        raise SolverError(
            f"the package highspy holds HiGHS {major}.{minor}.{patch}; {reason}: install highspy {OLDEST[0]}."
            f"{OLDEST[1]} or newer"
        )


_PARTS = [int(getattr(highspy, f"HIGHS_VERSION_{part}", 0)) for part in ("MAJOR", "MINOR", "PATCH")]
check_version(*_PARTS)

NAME_AND_VERSION = f"HiGHS {'.'.join(map(str, _PARTS))}"
"""For messages."""


class QuietHighs(highspy.Highs):  # type: ignore[misc]
    """A HiGHS that prints nothing: from 1.16 on it greets on stdout when its constructor enables callbacks."""

    def enableCallbacks(self) -> None:  # noqa: N802
        """Enable callbacks, with the console out of reach."""
        self.setOptionValue("log_to_console", False)
        super().enableCallbacks()


def run_plainly(highs: highspy.Highs) -> None:
    """Run HiGHS's own call: it releases the GIL, and leaves out the wrapper's signal handling."""
    super(highspy.Highs, highs).run()
