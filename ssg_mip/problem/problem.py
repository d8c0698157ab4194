"""What is asked: a game, how its follower answers, which policies are allowed, and what is to be made large."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

from numpy.typing import ArrayLike

from ssg_mip.base.rules import instance_of
from ssg_mip.errors import OptionError
from ssg_mip.game.game import GAME, Game
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.constraints.constraint import Constraint
from ssg_mip.problem.constraints.observing import Observe
from ssg_mip.problem.constraints.stated import stated
from ssg_mip.problem.follower import FOLLOWER, Follower, Rational
from ssg_mip.problem.goal import Goal, Stated
from ssg_mip.problem.modelling import Modelling
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.observation import observed
from ssg_mip.problem.origin import Origin
from ssg_mip.problem.policy_space import EVERY_POLICY, PolicySpace, Scope, check_room
from ssg_mip.problem.rising import Rising
from ssg_mip.problem.scalarisation import Concave, WeightedSum, scalarisation_of
from ssg_mip.problem.weights import state_weights

OBJECTIVE = instance_of(Objective, "an Objective; Problem.maximise takes weights and other goals")
POLICIES = instance_of(PolicySpace, "a PolicySpace; the methods of Problem, such as require and budget, make one")


@dataclasses.dataclass(frozen=True, eq=False, init=False)
class Problem(Modelling):
    """A question about a game, and nothing about how it is answered.

    ``Problem(game)`` asks for the largest value from the start distribution over all stationary policies; the methods
    of :class:`~ssg_mip.problem.modelling.Modelling` say which are allowed.

    Attributes
    ----------
    game
        The game.
    objective
        What is to be made large; the value from the start distribution if absent.
    follower
        How the follower answers.
    policies
        Which policies the leader may use.
    constraints
        What the user has asked of the policies, in the user's words; ``policies`` holds what follows from it.
    origin
        What the game was made of, if the problem was stated about something else; ``None`` if not.

    Raises
    ------
    OptionError
        If the weights or what restricts the policies do not fit the game.
    """

    game: Game
    objective: Objective
    follower: Follower
    policies: PolicySpace
    constraints: tuple[Constraint, ...]
    origin: Origin | None

    def __init__(
        self,
        game: Game,
        objective: Objective | None = None,
        follower: Follower | None = None,
        policies: PolicySpace = EVERY_POLICY,
        constraints: tuple[Constraint, ...] = (),
        origin: Origin | None = None,
    ) -> None:
        GAME.check("game", game)
        own = Objective(game.initial) if objective is None else objective
        answering = Rational() if follower is None else follower
        fields = {"game": game, "objective": own, "follower": answering, "policies": policies}
        for label, rule in (("objective", OBJECTIVE), ("follower", FOLLOWER), ("policies", POLICIES)):
            rule.check(label, fields[label])
        for name, value in {**fields, "constraints": constraints, "origin": origin}.items():
            object.__setattr__(self, name, value)
        if self.weights.shape != (game.num_states,):
            raise OptionError(f"there are {len(self.weights)} weights; {game.name} has {game.num_states} states")
        self.policies.check(game)
        refusal = None if origin is None else origin.refusal(answering, policies)
        if refusal is not None:
            raise OptionError(refusal)

    # ------------------------------------------------------------------ constraints

    def constrained(self, constraint: Constraint) -> Self:
        """The same with one more constraint, and the rows that follow from it.

        Raises
        ------
        OptionError
            If another constraint, or a row of another one, has its name, or it restricts no policy.
        """
        space = constraint.space(self.game)
        taken = self.names
        for name in (constraint.name, *sorted(space.names)):
            if name in taken:
                raise OptionError(f"there is a constraint of the name {name!r} already; give each a name of its own")
        policies = self.policies.joined(space)
        check_room(self.game, len(policies.rows))
        return dataclasses.replace(self, policies=policies, constraints=(*self.constraints, constraint))

    @property
    def names(self) -> set[str]:
        """The names that are taken: of constraints and of rows and limits."""
        return {one.name for one in self.constraints} | self.policies.names

    @cached_property
    def stated(self) -> tuple[Constraint, ...]:
        """All that restricts the policies: the constraints, and what the policy space says besides, in words too."""
        return stated(self.game, self.policies, self.constraints)

    def constraint(self, name: str) -> Constraint:
        """The constraint of a name.

        Raises
        ------
        OptionError
            If there is none.
        """
        found = next((one for one in self.stated if one.name == name), None)
        if found is None:
            known = ", ".join(repr(one.name) for one in self.stated) or "none"
            raise OptionError(f"there is no constraint {name!r}; there are {known}")
        return found

    def without(self, *names: str) -> Self:
        """The same without the constraints of these names.

        Raises
        ------
        OptionError
            If there is none of a name.
        """
        gone = [self.constraint(name) for name in names]
        names_gone = set[str]().union(*(one.space(self.game).names for one in gone))
        if not names_gone <= self.policies.names:
            raise OptionError(
                f"{', '.join(map(repr, names))} is one side of a row that was given as a whole; state the sides one by "
                "one to leave one of them out"
            )
        kept = tuple(one for one in self.constraints if one not in gone)
        space = self.policies.without(names_gone)
        if any(isinstance(one, Observe) for one in gone):
            space = dataclasses.replace(space, observed=())
        return dataclasses.replace(self, policies=space, constraints=kept)

    def names_by_scope(self) -> dict[Scope, tuple[str, ...]]:
        """What the user calls the restrictions of each scope of which there are some."""
        own = {name: one.name for one in self.stated for name in one.space(self.game).names}
        named = self.policies.names_by_scope(self.game)
        return {scope: tuple(dict.fromkeys(own.get(name, name) for name in names)) for scope, names in named.items()}

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over the game's content and the constraints, names included; the game's own where there are none."""
        return hash_of(self.game, self.stated)

    # ------------------------------------------------------------------ objective and policies

    @property
    def weights(self) -> FloatArray:
        """The weights over states."""
        return self.objective.weights

    def weighing(self, weights: FloatArray) -> Self:
        """The same with other weights, and the scalarisation as it is."""
        return dataclasses.replace(self, objective=dataclasses.replace(self.objective, weights=weights))

    def scalarising(self, scalarisation: Concave | None) -> Self:
        """The same with another scalarisation, and the weights as they are."""
        return dataclasses.replace(self, objective=dataclasses.replace(self.objective, scalarisation=scalarisation))

    @property
    def floor(self) -> FloatArray | None:
        """The least value of the leader in every state, if any."""
        return self.policies.least_values(self.game)

    @property
    def allows_all(self) -> bool:
        """Whether every policy counts: there are no rows, constraints and floor, and no margin is asked for."""
        restricted = self.policies.restricts or bool(self.constraints) or self.floor is not None
        return not restricted and self.follower.any_policy_counts

    def above(self, floor: FloatArray | None) -> Self:
        """The same with another floor under the leader's values, shape ``[num_states]``, or without one."""
        return dataclasses.replace(self, policies=dataclasses.replace(self.policies, floor=floor))

    def observe(self, labels: Mapping[str, str]) -> Self:
        """The same where states of one label, ``{state: label}``, share one policy of the leader.

        Raises
        ------
        OptionError
            As :func:`~ssg_mip.problem.observation.observed`.
        """
        meant_by = (lambda _: ()) if self.origin is None else self.origin.meant_by
        return dataclasses.replace(self, policies=observed(self.game, self.policies, labels, meant_by))

    def answered_by(self, follower: Follower) -> Self:
        """The same with another kind of follower: ``Rational``, ``Quantal`` and the others of ``problem.followers``.

        Raises
        ------
        OptionError
            If it is no follower.
        """
        FOLLOWER.check("follower", follower)
        return dataclasses.replace(self, follower=follower)

    def maximise(self, goal: Goal | WeightedSum | Concave | ArrayLike | Mapping[str, float]) -> Self:
        """The same with another goal (:mod:`ssg_mip.problem.goals`).

        Parameters
        ----------
        goal
            Weights over states, as an array or ``{state: weight}``; a scalarisation; or one of ``WorstStart``,
            ``WorstType``, ``Lexicographic``, ``PriceOnChange`` and ``WithFollower``. Weights and scalarisations take
            the place of any other goal that is no other reward.

        Returns
        -------
        Problem
            About another game of the same states where the goal is another reward: a price on change for each visit,
            or a share of the follower's value where both discount alike.

        Raises
        ------
        OptionError
            If the goal does not fit the game, or cannot be honoured beside what else is asked.
        """
        if isinstance(goal, Goal):
            stated = Stated(game=self.game, origin=self.origin, policies=self.policies, objective=self.objective)
            found = goal.of(stated)
            changes = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
            kept = self.constraints if found.game is self.game else ()  # rows of another game stay under their names
            return dataclasses.replace(self, **changes, constraints=kept)
        if isinstance(goal, Concave):
            scalarisation_of(self.game, goal)
            return self.scalarising(goal).wanting(None)
        weights = goal.weights if isinstance(goal, WeightedSum) else goal
        objective = Objective(state_weights(self.game, weights))
        return dataclasses.replace(self, objective=objective)

    def wanting(self, goal: Rising | None) -> Self:
        """The same with another goal in its objective, or without one."""
        return dataclasses.replace(self, objective=dataclasses.replace(self.objective, goal=goal))

    def about(self, game: Game) -> Self:
        """The same question about another game of the same states and actions."""
        return dataclasses.replace(self, game=game)

    def options(self) -> Mapping[str, Any]:
        """What is asked as plain data, for the provenance."""
        what, goal = self.objective.scalarisation, self.objective.goal
        return {
            **self.follower.options(),
            **({} if what is None else {"scalarisation": what.options()}),
            **({} if goal is None else {"goal": goal.options()}),
        }

    def __repr__(self) -> str:
        said = ", ".join(one.name for one in self.stated)
        return f"Problem({self.game.name!r}{f', constraints: {said}' if said else ''})"


def hash_of(game: Game, constraints: Sequence[Constraint]) -> str:
    """SHA-256 over a game's content and constraints; the game's own where there are none."""
    if not constraints:
        return game.content_hash
    said = json.dumps(_in_floats([one.to_dict() for one in constraints]), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{game.content_hash}\n{said}".encode()).hexdigest()


def stated_to_dict(game: Game, constraints: Sequence[Constraint]) -> dict[str, Any]:
    """What was asked of the policies, for documents: nothing where nothing was."""
    if not constraints:
        return {}
    return {"problem_hash": hash_of(game, constraints), "constraints": [one.to_dict() for one in constraints]}


def _in_floats(value: Any) -> Any:
    """Plain data in which every number is a float, so that a file that says 1 and one that says 1.0 hash alike."""
    if isinstance(value, dict):
        return {key: _in_floats(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_in_floats(entry) for entry in value]
    return float(value) if isinstance(value, int) else value


PROBLEM = instance_of(
    (Game, Problem), "a Game or a Problem: read_instance(path) reads a game from a file, Problem(game) asks about it"
)
"""What an argument must be that takes either."""
