"""A model that its user has changed, read back as a problem for our own search; nothing is ignored silently.

Honoured are

* linear rows on ``f`` alone, however they are written (lists, indexed, in blocks, ranges, with parameters);
* ``f`` that is fixed, or bounded more tightly;
* rows of the problem itself (``policy_row``, ``floor``) that are changed or deactivated, and those on costs, on the
  value from the start and on how many actions are used (``cost_row``, ``value_row``, ``few``) that are deactivated;
* lower bounds and rows ``V[s] >= c`` on single values of the leader, as floors;
* an objective that is another non-negative weighting of the leader's values, with any scale and constant;
* rows that follow from the others, deactivated; bounds of other variables, widened; new variables that nothing uses.

Everything else changes what is asked in a way that the search has no counterpart for. It is refused with its name, the
reason and what can be done; all refusals come at once. The comparison is with a model that is written
anew for the same problem.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

from ssg_mip.errors import OptionError
from ssg_mip.modelling.components import IMPLIED, components, kind_of
from ssg_mip.modelling.models import Record, commitment_model, improvement_model, record_of
from ssg_mip.numerics.array_types import FloatArray
from ssg_mip.problem.objective import Objective
from ssg_mip.problem.policy_space import PolicyRow
from ssg_mip.problem.problem import Problem
from ssg_mip.problem.weights import compliant_weights

OWN_ROWS = ("policy_row", "floor")
"""Rows of the problem, which are read as they stand now."""

WHOLE_ROWS = ("cost_row", "value_row", "few")
"""Rows of the problem that hold as they were written, or not at all."""

WITHOUT_MEANING = frozenset(
    {"Var", "Param", "Set", "RangeSet", "Expression", "Suffix", "Block", "BuildAction", "BuildCheck", "Constraint"}
) | {"Objective", "ScalarBlock", "IndexedBlock", "SetOf", "ExternalFunction", "BooleanVar"}
"""Kinds of components that restrict nothing by themselves, or are looked at one by one."""

OTHERS = 'hand the model as it is to another solver, solve_with(model, "scip")'
"""What can always be done."""


@dataclasses.dataclass(frozen=True)
class Refusal:
    """What cannot be honoured: its name, why, and what can be done."""

    name: str
    why: str
    remedy: str = OTHERS

    def __str__(self) -> str:
        return f"{self.name} {self.why}: {self.remedy}"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """A model as a problem.

    Attributes
    ----------
    problem
        The problem that the model states now.
    scale, constant
        The model's objective is ``scale`` times the weighted value (of the improvement model: times the weighted gain)
        plus ``constant``.
    """

    problem: Problem
    scale: float
    constant: float


def read_model(model: Any) -> Reading:
    """The problem that a model states, with whatever its user has changed.

    Parameters
    ----------
    model
        A model of :mod:`ssg_mip.modelling.models`.

    Raises
    ------
    OptionError
        If something was changed that our search does not honour; the message names all of it.
    """
    reading, refusals = read_what_is_honoured(model)
    if refusals:
        listed = "".join(f"\n  {refusal}" for refusal in refusals)
        raise OptionError(
            f"the model {model.name!r} has been changed as our search does not honour it; nothing was solved:{listed}"
        )
    return reading


def read_what_is_honoured(model: Any) -> tuple[Reading, tuple[Refusal, ...]]:
    """The problem that a model states as far as our search honours it, and what it does not honour.

    Raises
    ------
    OptionError
        If the model is none of ours.
    """
    record = record_of(model)
    with _unfixed(model) as fixed:
        reader = _Reader(model, record, fixed)
        problem = reader.problem()
    return Reading(problem=problem, scale=reader.scale, constant=reader.constant), tuple(reader.refusals)


@contextmanager
def _unfixed(model: Any) -> Iterator[dict[int, float | None]]:
    """All variables free for a while, so that rows can be read; yields the values of those that were fixed."""
    fixed = [variable for variable in model.component_data_objects(pyo.Var, descend_into=True) if variable.fixed]
    for variable in fixed:
        variable.unfix()
    try:
        yield {id(variable): variable.value for variable in fixed}
    finally:
        for variable in fixed:
            variable.fix()


class _Reader:
    """Goes through a model once; what it cannot honour is in ``refusals``."""

    def __init__(self, model: Any, record: Record, fixed: dict[int, float | None]) -> None:
        self._model, self._record, self._fixed = model, record, fixed
        self._game = record.problem.game
        self.refusals: list[Refusal] = []
        self.scale, self.constant = 1.0, 0.0
        self._rows: list[PolicyRow] = []
        self._gone: set[str] = set()
        self._floor = np.full(self._game.num_states, -np.inf)
        self._slots = {
            id(model.f[state, slot - int(self._game.leader_offsets[state])]): slot
            for slot, state in enumerate(self._game.leader_slot_state.tolist())
        }
        values = model.V if record.policy is None else model.Q
        self._values = {id(values[state]): state for state in range(self._game.num_states)}

    def problem(self) -> Problem:
        """The problem; meaningless where something was refused."""
        if self._record.policy is None:
            written = commitment_model(self._record.problem)
        else:
            written = improvement_model(self._record.problem, self._record.policy)
        own = {component.local_name: component for component in components(written)}
        for name, component in own.items():
            mine = self._model.component(name)
            if mine is None or mine.ctype is not component.ctype:
                self._refuse_missing(name)
            elif component.ctype is pyo.Var:
                self._read_variables(mine, component)
            elif component.ctype is pyo.Constraint and name not in OWN_ROWS:
                self._compare_rows(mine, component)
        self._read_rows(own)
        self._refuse_other_kinds()
        objective = self._objective()
        return self._with(objective)

    def _with(self, objective: Objective) -> Problem:
        """The problem with what was read; constraints whose rows are as they were keep their words."""
        base, rows = self._record.problem, tuple(self._rows)
        game, old = base.game, base.policies.without(self._gone)
        floor = self._floor if np.any(np.isfinite(self._floor)) else None
        values = old.values
        if floor is None or not _same_floor(floor, old.least_values(game)):
            values = tuple(row for row in values if row.state is None)
        else:
            floor = old.floor
        same = {row.name for row in rows for before in old.rows if _as_before(row, before)}
        sees = {row.name for row in old.rows} <= same
        observed = old.observed if sees else ()
        space = dataclasses.replace(old, rows=rows, floor=floor, values=values, observed=observed)
        there = same | (space.names - {row.name for row in rows})
        kept = tuple(one for one in base.constraints if one.space(game).names <= there)
        return dataclasses.replace(base, objective=objective, policies=space, constraints=kept)

    def _refuse(self, name: str, why: str, remedy: str = OTHERS) -> None:
        self.refusals.append(Refusal(name, why, remedy))

    def _refuse_missing(self, name: str) -> None:
        if kind_of(name) not in (*IMPLIED, *OWN_ROWS, "objective"):
            self._refuse(name, "is not in the model any more", "write the model anew")

    # ------------------------------------------------------------------ variables

    def _read_variables(self, mine: Any, written: Any) -> None:
        if set(mine) != set(written):
            self._refuse(mine.name, "has other indices than it was written with", "write the model anew")
            return
        for index in mine:
            if id(mine[index]) in self._slots:
                self._read_probability(mine[index], self._slots[id(mine[index])])
            else:
                self._compare_variable(mine[index], written[index])

    def _read_probability(self, variable: Any, slot: int) -> None:
        if not variable.is_continuous():
            self._refuse(
                variable.name,
                "must be a whole number now",
                "ask solve for the method 'deterministic', or hand the model to another solver",
            )
            return
        low, high = variable.lb, variable.ub
        if low is None or low < 0.0:
            self._refuse(variable.name, f"may be as small as {low}", "a probability is at least 0: set its lower bound")
            return
        if id(variable) in self._fixed:
            value = self._fixed[id(variable)]
            if value is None:
                self._refuse(variable.name, "is fixed and has no value", "give it one, variable.fix(0.25)")
                return
            self._add(f"{variable.name} fixed", {slot: 1.0}, float(value), float(value))
        if low > 0.0 or (high is not None and high < 1.0):
            self._add(f"bounds of {variable.name}", {slot: 1.0}, float(low), 1.0 if high is None else float(high))

    def _compare_variable(self, mine: Any, written: Any) -> None:
        """A variable other than ``f``: free, of the same domain, and with no tighter bounds."""
        if id(mine) in self._fixed:
            self._refuse(mine.name, f"is fixed at {self._fixed[id(mine)]}", self._instead(mine))
        if mine.domain is not written.domain and mine.domain != written.domain:
            self._refuse(mine.name, f"has the domain {mine.domain.name} now", OTHERS)
        state = self._values.get(id(mine)) if self._record.policy is None else None
        if _above(mine.lb, written.lb):
            if state is None:
                self._refuse(mine.name, f"has the lower bound {mine.lb} now", self._instead(mine))
            else:
                self._floor[state] = max(self._floor[state], float(mine.lb))
        if _above(_minus(mine.ub), _minus(written.ub)):
            self._refuse(mine.name, f"has the upper bound {mine.ub} now", self._instead(mine))

    def _instead(self, variable: Any) -> str:
        match variable.parent_component().local_name:
            case "g":
                return f"our search lets the follower choose his answer; {OTHERS}"
            case "V":
                return f"values of the leader can be bounded from below only, V[s] >= c; {OTHERS}"
            case "leader_value" | "gain":
                return f"compare the value of the result with it, or {OTHERS}"
        return OTHERS

    # ------------------------------------------------------------------ rows

    def _compare_rows(self, mine: Any, written: Any) -> None:
        """Rows of the model itself: there, active and unchanged, unless they follow from the others."""
        if kind_of(mine.local_name) in IMPLIED:
            return
        for index in written:
            if index not in mine:
                self._refuse(f"{mine.name}[{index}]", "is not in the model any more", "write the model anew")
            elif mine.local_name in WHOLE_ROWS and not (mine.active and mine[index].active):
                self._gone.add(str(index))
            elif not (mine.active and mine[index].active):
                self._refuse(mine[index].name, "is deactivated", f"activate it, or {OTHERS}")
            elif not _same(mine[index], written[index]):
                self._refuse(mine[index].name, "is not the row that was written", f"write the model anew, or {OTHERS}")

    def _read_rows(self, own: dict[str, Any]) -> None:
        """The rows of the problem and of the user."""
        for row in self._model.component_data_objects(pyo.Constraint, active=True, descend_into=True):
            parent = row.parent_component()
            written = own.get(parent.name) if parent.parent_block() is self._model else None
            if written is None or not self._is_written(row, written):
                self._read_row(row)

    def _is_written(self, row: Any, written: Any) -> bool:
        """Whether a row is one of the model itself; those that follow from others may have been made another."""
        if written.local_name in OWN_ROWS or row.index() not in written:
            return False
        return kind_of(written.local_name) not in IMPLIED or _same(row, written[row.index()])

    def _read_row(self, row: Any) -> None:
        name = str(row.index()) if row.parent_component().local_name == "policy_row" else str(row.name)
        terms = generate_standard_repn(row.body, quadratic=True)
        lower, upper = (None if end is None else pyo.value(end) for end in (row.lower, row.upper))
        low = -math.inf if lower is None else float(lower) - float(pyo.value(terms.constant))
        high = math.inf if upper is None else float(upper) - float(pyo.value(terms.constant))
        if not terms.is_linear():
            self._refuse(name, "is not linear", f"our search takes linear rows on f; {OTHERS}")
            return
        used = [
            (variable, float(pyo.value(factor)))
            for variable, factor in zip(terms.linear_vars, terms.linear_coefs, strict=True)
            if pyo.value(factor) != 0.0
        ]
        if not used:
            if low > 0.0 or high < 0.0:
                self._refuse(name, "has no variable and does not hold", "no policy keeps it: deactivate or correct it")
        elif all(id(variable) in self._slots for variable, _ in used):
            self._add(name, {self._slots[id(variable)]: factor for variable, factor in used}, low, high)
        elif len(used) == 1 and id(used[0][0]) in self._values and self._record.policy is None:
            self._read_floor(name, *used[0], low, high)
        else:
            others = sorted({str(v.name) for v, _ in used if id(v) not in self._slots})
            self._refuse(name, f"speaks of {', '.join(others[:4])}", self._why_not(used))

    def _why_not(self, used: list[tuple[Any, float]]) -> str:
        kinds = {str(v.parent_component().local_name) for v, _ in used if id(v) not in self._slots}
        if kinds & {"v", "g"}:
            return f"our search takes no rows on the follower's values or answers; {OTHERS}"
        if kinds & {"V", "leader_value"}:
            return f"our search takes rows V[s] >= c on one value of the leader each; {OTHERS}"
        return f"our search takes rows on f alone; write it without other variables, or {OTHERS}"

    def _add(self, name: str, terms: dict[int, float], lower: float, upper: float) -> None:
        if math.isinf(lower) and math.isinf(upper):
            return
        coefficients = np.zeros(len(self._slots))
        for slot, factor in terms.items():
            coefficients[slot] += factor
        self._rows.append(PolicyRow(name=name, coefficients=coefficients, lower=lower, upper=upper))

    def _read_floor(self, name: str, variable: Any, factor: float, low: float, high: float) -> None:
        """``V[s] >= c``, with any factor."""
        least, most = (low / factor, high / factor) if factor > 0.0 else (high / factor, low / factor)
        if most < math.inf:
            self._refuse(name, f"bounds {variable.name} from above", self._instead(variable))
        elif least > -math.inf:
            state = self._values[id(variable)]
            self._floor[state] = max(self._floor[state], least)

    def _refuse_other_kinds(self) -> None:
        """Components of kinds that our search knows nothing of."""
        for component in self._model.component_objects(active=True, descend_into=True):
            kind = component.ctype.__name__
            if kind not in WITHOUT_MEANING:
                self._refuse(component.name, f"is a {kind}", f"our search takes linear rows on f; {OTHERS}")

    # ------------------------------------------------------------------ the objective

    def _objective(self) -> Objective:
        """The weights that the active objective gives to the leader's values."""
        base = self._record.problem.objective
        active = list(self._model.component_data_objects(pyo.Objective, active=True, descend_into=True))
        if len(active) != 1:
            names = ", ".join(str(one.name) for one in active) or "none"
            self._refuse("the objective", f"must be one; active are {names}", "activate exactly one")
            return base
        (one,) = active
        gradient = self._gradient(one)
        if gradient is None:
            return base
        weights, constant = gradient
        sign = 1.0 if one.sense == pyo.maximize else -1.0
        total = sign * float(weights.sum())
        if np.any(sign * weights < 0.0) or not total > 0.0:
            self._refuse(
                str(one.name),
                "does not rise with the leader's values",
                f"it must be a sum of these with weights of at least 0, maximised; {OTHERS}",
            )
            return base
        return self._weighted(str(one.name), weights / weights.sum(), sign * total, constant)

    def _weighted(self, name: str, weights: FloatArray, scale: float, constant: float) -> Objective:
        """The objective with these weights, which the program of the model must be able to have."""
        record, base = self._record, self._record.problem.objective
        self.scale, self.constant = scale, constant
        if record.values is not None:
            self.constant += scale * float(weights @ record.values)
        own = base.weights if record.values is None else compliant_weights(base.weights)
        if np.allclose(own, weights, rtol=1e-12, atol=0.0):
            return base
        if record.values is not None and not np.array_equal(compliant_weights(weights), weights):
            self._refuse(
                name, "leaves states without weight", "a step weighs every state: give each of them a weight above 0"
            )
        return Objective(weights)

    def _gradient(self, one: Any) -> tuple[FloatArray, float] | None:
        """Weight of each value of the leader in the objective, and its constant."""
        terms = generate_standard_repn(one.expr, quadratic=True)
        weights, constant = np.zeros(self._game.num_states), float(pyo.value(terms.constant))
        record, model = self._record, self._model
        total = model.leader_value if record.policy is None else model.gain
        for variable, factor in zip(terms.linear_vars, terms.linear_coefs, strict=True):
            amount = float(pyo.value(factor))
            if id(variable) in self._values:
                weights[self._values[id(variable)]] += amount
            elif variable is total and record.values is None:
                weights += amount * record.problem.weights
            elif variable is total and record.values is not None:
                alpha = compliant_weights(record.problem.weights)
                weights += amount * alpha
                constant -= amount * float(alpha @ record.values)
            elif amount != 0.0:
                self._refuse(
                    str(one.name), f"holds {variable.name}", f"our search maximises the leader's values; {OTHERS}"
                )
                return None
        if not terms.is_linear():
            self._refuse(str(one.name), "is not linear", f"our search maximises weighted values; {OTHERS}")
            return None
        return weights, constant


def _same_floor(floor: FloatArray, asked: FloatArray | None) -> bool:
    return asked is not None and bool(np.array_equal(floor, asked))


def _as_before(row: PolicyRow, old: PolicyRow) -> bool:
    """Whether a row says what it said when it was written."""
    ends = (row.lower, row.upper) == (old.lower, old.upper)
    return row.name == old.name and ends and bool(np.array_equal(row.coefficients, old.coefficients))


def _minus(end: float | None) -> float | None:
    return None if end is None else -end


def _above(mine: float | None, written: float | None) -> bool:
    """Whether a lower bound was raised."""
    return mine is not None and (written is None or mine > written)


def _same(mine: Any, written: Any) -> bool:
    """Whether two rows of two models say the same, by the names of their variables."""
    return _terms(mine) == _terms(written)


def _terms(row: Any) -> tuple[Any, ...]:
    terms = generate_standard_repn(row.body, quadratic=True)
    ends = tuple(None if end is None else float(pyo.value(end)) for end in (row.lower, row.upper))
    linear = {str(v.name): float(pyo.value(c)) for v, c in zip(terms.linear_vars, terms.linear_coefs, strict=True)}
    pairs = {
        tuple(sorted((str(one.name), str(other.name)))): float(pyo.value(factor))
        for (one, other), factor in zip(terms.quadratic_vars, terms.quadratic_coefs, strict=True)
    }
    rest = "" if terms.nonlinear_expr is None else str(terms.nonlinear_expr)
    return ends, float(pyo.value(terms.constant)), linear, pairs, rest
