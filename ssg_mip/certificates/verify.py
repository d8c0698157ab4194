"""``verify``: is what a result says true? Checked in exact arithmetic, by nothing that made the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ssg_mip.certificates.claims import FRONT_FORMAT, RESULT_FORMAT, Claims, read_claims
from ssg_mip.certificates.evidence import Prover
from ssg_mip.certificates.point_checks import (
    distribution_checks,
    response_checks,
    tied_state_check,
    trajectory_checks,
    value_checks,
)
from ssg_mip.certificates.rational import ExactGame
from ssg_mip.certificates.run_checks import bound_checks, course_checks, dominance_check
from ssg_mip.certificates.verification import Check, Verification, yes_or_no
from ssg_mip.errors import InvalidResultError, OptionError
from ssg_mip.game import Game
from ssg_mip.tolerances import DEFAULT_TOLERANCES, Tolerances


class Printable(Protocol):
    """A ``Result`` or a ``ParetoFront``: anything with the plain data that it prints."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""


def verify(
    game: Game, result: Printable | Mapping[str, Any], *, tolerances: Tolerances = DEFAULT_TOLERANCES
) -> Verification:
    """Check every claim of a result or a front that can be checked without trusting a solver.

    The policy's values and the follower's optimum are derived again in rational arithmetic from the game's stored
    floats. A printed number passes if it lies within a proven interval, widened by the rounding that floating point
    may honestly leave (:func:`ssg_mip.certificates.values.rounding_slack`). Whether ``dual_bound`` *is* an upper bound
    is not checked: ``bound_certified`` is ``False``.

    Parameters
    ----------
    game
        The game that the result is about.
    result
        A ``Result``, a ``ParetoFront``, or the dictionary that either prints with ``--json``.
    tolerances
        The tolerances that the result was made with.

    Returns
    -------
    Verification
        All checks with their worst deviations. What cannot be read, or belongs to another game, is one failed check.

    Raises
    ------
    OptionError
        If ``result`` is neither a result nor a front.
    """
    data = result if isinstance(result, Mapping) else result.to_dict()
    kind = data.get("format")
    if kind not in {RESULT_FORMAT, FRONT_FORMAT}:
        raise OptionError(f"format is {kind!r}; a result says {RESULT_FORMAT!r} and a front {FRONT_FORMAT!r}")
    subject = "front" if kind == FRONT_FORMAT else "result"
    same_game = _game_check(game, data)
    if not same_game.passed:
        return Verification(subject=subject, checks=(same_game,))
    try:
        claims = read_claims(game, data)
    except InvalidResultError as error:
        return Verification(subject=subject, checks=(same_game, yes_or_no("readable", False, str(error))))
    distributions = distribution_checks(claims, game, tolerances)
    start = (same_game, yes_or_no("readable", True, "every claim is there, by the game's names"), *distributions)
    if not all(check.passed for check in distributions):
        return Verification(subject=subject, checks=start)
    return Verification(subject=subject, checks=(*start, *_derived_checks(game, claims, tolerances)))


def _derived_checks(game: Game, claims: Claims, tolerances: Tolerances) -> list[Check]:
    """The checks that need the values derived again."""
    exact = ExactGame.of(game)
    prover = Prover(exact, claims.ties, tolerances)
    checks = [*response_checks(claims, prover, game), *value_checks(claims, prover, game)]
    if claims.subject == "result":
        checks += [_status_check(claims), tied_state_check(claims, prover, game)]
        checks += trajectory_checks(claims, prover, game)
    else:
        checks.append(dominance_check(claims, prover))
    return [
        *checks,
        *bound_checks(claims, prover, exact, tolerances),
        *course_checks(claims, prover, exact, tolerances),
    ]


def _game_check(game: Game, data: Mapping[str, Any]) -> Check:
    """The result names the content hash of this very game."""
    provenance = data.get("provenance")
    said = provenance.get("game_hash") if isinstance(provenance, Mapping) else None
    if said == game.content_hash:
        return yes_or_no("game_hash", True, "the result is about this game")
    return yes_or_no("game_hash", False, f"the result is about {said!r}, the game has {game.content_hash!r}")


_WITHOUT_POLICY = frozenset({"no_solution", "infeasible"})


def _status_check(claims: Claims) -> Check:
    """A policy is there exactly if the status says so."""
    has_policy = bool(claims.answers)
    holds = has_policy != (claims.status in _WITHOUT_POLICY)
    return yes_or_no("status", holds, f"{claims.status!r} {'with' if has_policy else 'without'} a policy")
