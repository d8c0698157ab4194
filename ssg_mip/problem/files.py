"""Problems and games in files: what format ssg-mip/2 says beside the game, made into a problem, and back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ssg_mip.base.rules import PATH, checked
from ssg_mip.errors import InvalidInstanceError, OptionError, SsgError
from ssg_mip.game.game import Game
from ssg_mip.io import read_parts, shown_path, write_parts
from ssg_mip.io.said import NOTHING, Said
from ssg_mip.problem.constraints.observing import Observe
from ssg_mip.problem.follower import Rational
from ssg_mip.problem.followers import follower_from_document, follower_to_document
from ssg_mip.problem.problem import PROBLEM, Problem


def read_problem(path: str | os.PathLike[str]) -> Problem:
    """Read a problem from a ``.json`` or ``.npz`` file: a game, and the constraints and labels that the file states.

    Parameters
    ----------
    path
        A regular file of format ssg-mip/1 (a game, about which nothing is asked) or ssg-mip/2.

    Raises
    ------
    OptionError
        If ``path`` is no path.
    InvalidInstanceError
        If the file cannot be read, or does not hold a valid game or constraints about it; one line with the file and
        the place inside it.
    """
    game, said = read_parts(path)
    place = shown_path(Path(path))
    problem = Problem(game)
    for index, entry in enumerate(said.constraints):
        with _at(f"{place}: $.constraints[{index}]"):
            problem = constrained_by(problem, entry)
    with _at(f"{place}: $.followers"):
        problem = problem if said.follower is None else problem.answered_by(follower_from_document(said.follower))
    with _at(f"{place}: $.observations"):
        return problem.observe(said.observations) if said.observations else problem


@contextlib.contextmanager
def _at(place: str) -> Iterator[None]:
    """Errors of what is made inside name the place in a file."""
    try:
        yield
    except SsgError as error:
        raise InvalidInstanceError(f"{place}: {error}") from None


@checked(game=PROBLEM, path=PATH)
def write_instance(game: Game | Problem, path: str | os.PathLike[str]) -> None:
    """Write a game or a problem to a ``.json`` or ``.npz`` file; reading it back gives the same, to the last bit.

    A problem with constraints, labels or a follower of another kind becomes a file of format ssg-mip/2, everything else
    one of ssg-mip/1. The file appears, or is replaced, in one step.

    Parameters
    ----------
    game
        The game, or the problem.
    path
        Where to write; the folder must exist.

    Raises
    ------
    OptionError
        If the suffix is unknown, the file cannot be written, or the problem has an objective of its own, for which
        files have no place.
    InvalidGameError
        If ``source`` or ``known`` of the game are not JSON data.
    """
    if isinstance(game, Game):
        write_parts(game, NOTHING, path)
        return
    _check_writable(game)
    write_parts(game.game, said_of(game), path)


def said_of(problem: Problem) -> Said:
    """What a file says of a problem beside its game."""
    labels = [one for one in problem.stated if isinstance(one, Observe)]
    others = [one.to_dict() for one in problem.stated if not isinstance(one, Observe)]
    return Said(
        constraints=tuple(others),
        observations=dict(labels[0].labels) if labels else {},
        follower=None if problem.follower == Rational() else follower_to_document(problem.follower),
    )


def _check_writable(problem: Problem) -> None:
    """Raise :class:`OptionError` if a file could not say all of a problem."""
    own = {
        "weights": bool((problem.weights != problem.game.initial).any()),
        "a scalarisation": problem.objective.scalarisation is not None,
        "a goal": problem.objective.goal is not None,
        "a floor under its values": problem.policies.floor is not None,
    }
    held = next((what for what, has in own.items() if has), None)
    if held is not None:
        raise OptionError(
            f"the problem has {held}, for which files have no place; write the game with its constraints, and give the "
            "rest to solve"
        )


# -------------------------------------------------------------------- entries of files


def constrained_by(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    """The problem with the constraint that an entry of a file states, all of whose keys are there.

    Raises
    ------
    SsgError
        As the modelling method of its kind.
    """
    return _MAKERS[entry["kind"]](problem, entry)


def _terms(entries: Any, what: str) -> dict[tuple[str, str], float]:
    """Numbers by state and leader action, each named once."""
    found: dict[tuple[str, str], float] = {}
    for one in entries:
        pair = one["state"], one["leader_action"]
        if pair in found:
            raise OptionError(f"the {what} of {pair[1]!r} in {pair[0]!r} stands there twice; name it once")
        found[pair] = one[what]
    return found


def _require(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    terms = _terms(entry["terms"], "coefficient")
    return problem.require(terms, entry["sense"], entry["limit"], name=entry.get("name"))


def _budget(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    return problem.budget(_terms(entry["costs"], "cost"), entry["at_most"], name=entry.get("name"))


def _forbid(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    return problem.forbid(entry["state"], entry["leader_action"], name=entry.get("name"))


def _at_least(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    return problem.at_least(entry["state"], entry["leader_action"], entry["probability"], name=entry.get("name"))


def _same_policy(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    return problem.same_policy(entry["states"], name=entry.get("name"))


def _at_most_actions(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    return problem.at_most_actions(entry["state"], entry["actions"], name=entry.get("name"))


def _deterministic(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    return problem.deterministic(entry["states"], name=entry.get("name"))


def _close_to(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    return problem.close_to(entry["policy"], entry["radius"], name=entry.get("name"))


def _cost(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    found: dict[tuple[str, str, str], float] = {}
    for one in entry["costs"]:
        names = one["state"], one["leader_action"], one["follower_action"]
        if names in found:
            raise OptionError(f"the cost of {names} stands there twice; name it once")
        found[names] = one["cost"]
    return problem.cost(found, at_most=entry["at_most"], name=entry.get("name"))


def _value_at_least(problem: Problem, entry: Mapping[str, Any]) -> Problem:
    return problem.value_at_least(entry["state"], entry["value"], name=entry.get("name"))


_MAKERS: Mapping[str, Callable[[Problem, Mapping[str, Any]], Problem]] = {
    "require": _require,
    "budget": _budget,
    "forbid": _forbid,
    "at_least": _at_least,
    "same_policy": _same_policy,
    "at_most_actions": _at_most_actions,
    "deterministic": _deterministic,
    "close_to": _close_to,
    "cost": _cost,
    "value_at_least": _value_at_least,
}
"""What makes a constraint of each kind of entry."""
