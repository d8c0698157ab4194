"""Settings of a method's own: read by name, typed, refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ssg_mip import solve
from ssg_mip.errors import OptionError
from ssg_mip.runs.settings import read_settings
from tests.unit import fakes


@pytest.fixture(autouse=True)
def _fakes() -> Iterator[None]:
    fakes.install()
    yield
    fakes.uninstall()


def test_what_is_given_replaces_the_defaults() -> None:
    assert read_settings(fakes.Settings, {}, "m") == fakes.Settings()
    assert read_settings(fakes.Settings, {"temperature": 2}, "m") == fakes.Settings(temperature=2.0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"heat": 1.0}, "no setting 'heat'; its settings are temperature, variant"),
        ({"temperature": "hot"}, "setting temperature of method 'm' is 'hot'"),
        ({"temperature": True}, "setting temperature of method 'm' is True; it is no matter of true or false"),
        ({"temperature": -1.0}, r"temperature is -1.0; it must be positive"),
        ({"variant": "medium"}, "setting variant of method 'm' is 'medium': .*'slow' or 'fast'"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(given: dict[str, object], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        read_settings(fakes.Settings, given, "m")


def test_solve_hands_settings_to_the_method_and_writes_them_down() -> None:
    result = solve(fakes.small_game(), "fake-settings", settings={"temperature": 0.25})
    assert fakes.QUESTIONS[-1][1].settings == {"temperature": 0.25}
    assert result.to_dict()["provenance"]["options"]["settings"] == {"temperature": 0.25}


def test_settings_are_looked_at_before_the_method_runs() -> None:
    with pytest.raises(OptionError, match="no setting 'heat'"):
        solve(fakes.small_game(), "fake-settings", settings={"heat": 1})
    with pytest.raises(OptionError, match=r"'commitment' has no settings of its own; leave out heat"):
        solve(fakes.small_game(), "commitment", settings={"heat": 1})
    assert not fakes.QUESTIONS
