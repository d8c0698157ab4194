"""Games made smaller before the tree of a certificate begins: what was removed is derived again in fractions.

A certificate may say that its tree is about what is left of a game after some rounds (:mod:`.rounds`). Each round
removes follower actions, leader actions and states of what the rounds before it have left, and is checked there:

* follower actions go where others make them superfluous (:mod:`.dominances`), within bounds on both players' values
  (:mod:`.round_bounds`);
* leader actions go that are copies of others (:mod:`.copies`);
* the *states* that are kept are closed under what is left and hold every positive weight;
* states go into others that are as they are (:mod:`.merges`).

With a margin the follower's actions and the states all count, so that only copies may go. Of the improvement program
all states count, and the leader's side of a dominance must hold whatever his values are. States with a floor stay, and
nothing is merged into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from ssg_mip.checker.clock import never
from ssg_mip.checker.dual.copies import check_copies
from ssg_mip.checker.dual.dominances import check_dominances
from ssg_mip.checker.dual.merges import merged_game
from ssg_mip.checker.dual.remainder import Remainder
from ssg_mip.checker.dual.rounds import GivenRound, Needed, ReductionError
from ssg_mip.checker.rational import ExactGame


class Reducer:
    """Applies rounds to a game, one after the other."""

    def __init__(self, exact: ExactGame, needed: Needed, out_of_time: Callable[[], bool] = never) -> None:
        self._left = Remainder(exact, out_of_time)
        self._needed = needed

    @property
    def states(self) -> list[int]:
        """Those that are left, in rising order."""
        return self._left.states

    @property
    def into(self) -> list[int]:
        """By state, the one that it has been merged into, or the state itself."""
        return self._left.into

    def reduced(self) -> ExactGame:
        """What is left, as a game of its own."""
        return self._left.reduced()

    def weights(self, weights: Sequence[float | Fraction]) -> tuple[Fraction, ...]:
        """Weights of the whole game on the states that are left, those of merged states with those they went into."""
        return self._left.weights(weights)

    def apply(self, given: GivenRound) -> None:
        """Check a round, and remove what it removes.

        Raises
        ------
        ReductionError
            If it is not valid.
        """
        left = self._left
        self._check_needs(given)
        if given.dominated:
            check_dominances(left, given, self._needed)
            left.drop_followers((one.state, one.action) for one in given.dominated)
        if given.copies:
            check_copies(left, given.copies)
            left.drop_leaders((state, action) for state, action, _ in given.copies)
        if given.states is not None:
            self._remove_states(given.states)
        if given.merged:
            left.merge(given.merged, merged_game(left, given.merged, self._needed))

    def _check_needs(self, given: GivenRound) -> None:
        needed = self._needed
        if needed.copies_only and (given.dominated or given.states is not None or given.merged):
            raise ReductionError("with a margin neither follower actions nor states may go")
        fewer = given.states is not None and len(given.states) < len(self.states)
        if needed.any_values and (fewer or given.merged):
            raise ReductionError("of the improvement program no state may go")

    def _remove_states(self, states: Sequence[int]) -> None:
        left = self._left
        kept, before = set(states), set(left.states)
        if not kept <= before:
            raise ReductionError(f"state {min(kept - before)} is kept, and was removed before")
        missing = {left.into[state] for state in self._needed.states} - kept
        if missing:
            raise ReductionError(f"state {min(missing)} counts, and is removed")
        for state in states:
            for row in left.rows_of(state):
                move = left.exact.rows[row]
                out = [t for t, above in zip(move.places, move.numerators, strict=True) if above and t not in kept]
                if out:
                    raise ReductionError(f"state {state} is kept and leads to state {out[0]}, which is removed")
        left.states = list(states)


def reduced_by(
    exact: ExactGame, rounds: Iterable[GivenRound], needed: Needed, out_of_time: Callable[[], bool] = never
) -> tuple[ExactGame, Reducer]:
    """What is left of a game after some rounds, and the states that it consists of.

    Raises
    ------
    ReductionError
        With words, if a round is not valid.
    TimeIsUp
        If the time is up first.
    """
    reducer, changed = Reducer(exact, needed, out_of_time), False
    for one in rounds:
        reducer.apply(one)
        changed = changed or one.changes
    return (reducer.reduced() if changed else exact), reducer
