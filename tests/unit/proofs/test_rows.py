"""Where multipliers go in a certificate is said by tags alone: not by names, and not without the right tags."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pyomo.environ as pyo
import pytest

from ssg_mip.checker.dual.cut_terms import CutRow
from ssg_mip.checker.dual.replay import verify_bound
from ssg_mip.errors import InvalidResultError, SolverError
from ssg_mip.evaluation.value_bounds import follower_value_bounds
from ssg_mip.game.game import Game
from ssg_mip.lp.compiled import CompiledProgram, compile_program
from ssg_mip.programs.commitment import commitment
from ssg_mip.programs.tags import RowKind
from ssg_mip.proofs.rows import BlockLayout
from tests.unit.checker.dual_cases import Certified, Lines, certified

Change = Callable[[CompiledProgram], CompiledProgram]

CASES = ("three states", "three states, one start", "three states, floor", "three states, improvement")

WITH_CUTS = ("figure 1", "zero-sum, stationary")


def _made_again(name: str, change: Change) -> Certified:
    """A case, with another compiled program behind every proof."""
    case: Certified = certified.__wrapped__(name)
    changed: dict[int, CompiledProgram] = {}
    open_nodes = [case.recorder.root]
    while open_nodes:
        trace = open_nodes.pop()
        open_nodes += trace.parts
        if trace.proof is not None:
            program = trace.proof.program
            changed.setdefault(id(program), change(program))
            trace.proof = dataclasses.replace(trace.proof, program=changed[id(program)])
    return case


@pytest.mark.parametrize("name", [*CASES, *WITH_CUTS])
def test_names_decide_nothing(name: str) -> None:
    """Rows of one program under the names of another are the same certificate."""
    case = _made_again(name, lambda program: dataclasses.replace(program, row_names=program.row_names[::-1]))
    assert json.dumps(list(case.recorder.lines(case.game))) == case.text


def _other_states(program: CompiledProgram) -> CompiledProgram:
    tags = program.row_tags
    turned = np.where(tags.value >= 0, (tags.value + 1) % len(program.box), -1)
    return dataclasses.replace(program, row_tags=dataclasses.replace(tags, value=turned))


def _other_kinds(program: CompiledProgram) -> CompiledProgram:
    tags, kind = program.row_tags, program.row_tags.kind.copy()
    kind[tags.kind == RowKind.FLOW] = RowKind.IMPROVE
    kind[tags.kind == RowKind.SIMPLEX_TIMES_VALUE] = RowKind.IMPROVE
    return dataclasses.replace(program, row_tags=dataclasses.replace(tags, kind=kind))


@pytest.mark.parametrize("change", [_other_states, _other_kinds])
@pytest.mark.parametrize("name", CASES)
def test_wrong_tags_prove_nothing(name: str, change: Change) -> None:
    """Multipliers of flow rows in the wrong place do not pass the checker."""
    assert _proves(certified(name).game, certified(name).lines)
    case = _made_again(name, change)
    lines = json.loads(json.dumps(list(case.recorder.lines(case.game))))
    assert lines != case.lines
    assert not _proves(case.game, lines)


def _proves(game: Game, lines: Lines) -> bool:
    try:
        return verify_bound(game, lines).passed
    except InvalidResultError:
        return False


@pytest.mark.parametrize("name", WITH_CUTS)
def test_cuts_name_actions_of_their_state(name: str) -> None:
    """The row that is multiplied: a negated one is that of the answer itself, a difference is with another action."""
    case = certified(name)
    leaves = [node for node in case.lines[1:] if node[0] == "l"]
    cuts = [cut for leaf in leaves for block in leaf[4:] if len(block) == 4 for cut in block[3]]
    assert cuts
    for _, kind, state, answer, action, *_ in cuts:
        assert {answer, action} <= set(range(int(case.game.follower_counts[state])))
        if kind != CutRow.INCENTIVE:
            assert (answer == action) == (kind == CutRow.NEGATED)


def test_a_row_of_a_users_own_is_named() -> None:
    """A multiplier of a row that no certificate covers ends the writing, a row without one is of no consequence."""
    game = certified("three states").game
    program = commitment(game, np.array(game.initial), follower_value_bounds(game))
    program.model.budget = pyo.Constraint([4], rule=lambda m, _: sum(m.y.values()) <= 3.0)
    compiled = compile_program(program)
    layout = BlockLayout(compiled, improving=False)
    multipliers = [0.0] * compiled.num_rows
    assert len(layout.blocks(game, multipliers)) == 1
    multipliers[compiled.row_names.index("budget[4]")] = 1.0
    with pytest.raises(SolverError, match=r"no certificate covers the row 'budget\[4\]'"):
        layout.blocks(game, multipliers)
