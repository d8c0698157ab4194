"""Printed documents read for drawing: the same view as of the object, and a clear word about a broken one."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

from ssg_mip import enclose_front, solve, trace_front
from ssg_mip.errors import InvalidResultError
from ssg_mip.plot import front_view, run_view
from ssg_mip.plot.printed import read_printed
from tests.oracles.known import three_points
from tests.unit import fakes

pytestmark = pytest.mark.usefixtures("fake_methods")


def printed(document: Any) -> Any:
    """As it is read back from JSON."""
    return json.loads(json.dumps(document.to_dict(), allow_nan=False))


@pytest.fixture(scope="module")
def enclosure() -> Any:
    return enclose_front(three_points().to_game(), resolution=1.0)


@pytest.fixture
def result() -> Any:
    return solve(fakes.small_game(), "fake")


def test_an_enclosure_is_read_as_it_was(enclosure: Any) -> None:
    found, wanted = read_printed(printed(enclosure), "here").front, front_view(enclosure)
    assert found is not None
    assert (found.title, found.names, found.labels) == (wanted.title, wanted.names, wanted.labels)
    for part in ("points", "unsupported", "box_lower", "box_upper", "attained"):
        np.testing.assert_array_equal(getattr(found, part), getattr(wanted, part))
    assert found.unsupported.sum() == 1


def test_a_result_is_read_as_it_was(result: Any) -> None:
    found, wanted = read_printed(printed(result), "here"), run_view(result)
    assert found.run is not None
    assert (found.run.title, found.run.stationary) == (wanted.title, False)
    np.testing.assert_array_equal(found.run.values, wanted.values)
    assert [row.dual_bound for row in found.run.progress] == [row.dual_bound for row in result.progress]
    assert found.game_hash == result.game.content_hash
    assert found.policies[0].leader == result.leader_policy.to_names(result.game)


def test_a_result_without_a_policy_has_rows_of_progress_all_the_same() -> None:
    """What is unknown is null in JSON, and infinite again here."""
    found = read_printed(printed(solve(fakes.small_game(), "fake-nothing")), "here")
    assert found.run is not None
    assert found.policies == ()
    assert [row.primal_bound for row in found.run.progress] == [-np.inf] * 3
    assert found.run.values.shape == (0, 2)


def test_a_front_is_read_with_its_states() -> None:
    front = trace_front(fakes.small_game(), method="fake")
    found = read_printed(printed(front), "here").front
    assert found is not None
    assert found.names == front.game.state_names
    np.testing.assert_array_equal(found.points, front.values)


def broken(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    part = changed
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("format",), "ssg-mip-batch/1", "format is 'ssg-mip-batch/1'"),
        (("points", 0, "values"), [1.0], r"points.0: 1 values; there are 2 objectives"),
        (("boxes", 0, "upper"), [1.0, 2.0, 3.0], r"boxes.0: 3 values"),
        (("boxes", 0, "lower", 1), "low", r"boxes.0.lower.1: .*number"),
        (("boxes", 0, "lower", 1), float("nan"), r"boxes.0.lower.1: .*finite"),
        (("points", 0, "values", 0), 1e308, r"points.0.values.0: .*1e.308 cannot be drawn"),
        (("objectives",), [], r"objectives: .*at least 1 item"),
        (("points", 0, "leader_values"), {}, r"points.0.leader_values: .*at least 1 item"),
        (("objectives", 0, "player"), "nature", r"objectives.0.player"),
        (("objectives", 1, "name"), "s0", "two have the same name"),
        (("ties",), "coin", "ties"),
        (("provenance",), None, "provenance"),
        (("points",), {}, "points"),
    ],
)
def test_what_is_broken_is_named_with_its_place(enclosure: Any, path: Any, value: Any, said: str) -> None:
    with pytest.raises(InvalidResultError, match=f"here: .*{said}"):
        read_printed(broken(printed(enclosure), path, value), "here")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("trajectory", 0, "leader_values"), {"calm": 1.0}, r"trajectory.0: values of the states calm; there must"),
        (("leader_values", "calm"), None, r"leader_values: values of the states"),
        (("progress", 0, "seconds"), None, r"progress.0.seconds"),
        (("leader_policy",), [], "leader_policy"),
    ],
)
def test_a_broken_result_is_refused(result: Any, path: Any, value: Any, said: str) -> None:
    with pytest.raises(InvalidResultError, match=f"here: {said}"):
        read_printed(broken(printed(result), path, value), "here")
