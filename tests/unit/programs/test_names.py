"""Names of rows and columns: short, distinct, plain, and the game's own where possible."""

from __future__ import annotations

import re

import pyomo.environ as pyo
import pytest

from ssg_mip.errors import OptionError
from ssg_mip.programs.lp_names import KEYWORD, LONGEST_NAME, FileNames, clean_word, short_names
from ssg_mip.programs.program import Program
from ssg_mip.programs.tags import tagged
from tests.oracles.games import agreement_game


def test_plain_names_stay_as_they_are() -> None:
    """Words of ASCII letters, digits and underscores need no change."""
    assert short_names(("dock", "s_0", "end"), 20, "s") == ("dock", "s_0", "end")


def test_names_that_become_equal_are_numbered_and_plain_ones_keep_theirs() -> None:
    """'s 0' may not take the name of the state that is really called 's_0', wherever it stands."""
    assert short_names(("s 0", "s_0", "s-0", "s_0_2"), 20, "s") == ("s_0_3", "s_0", "s_0_4", "s_0_2")


def test_long_names_are_cut_and_stay_distinct() -> None:
    """200 characters that differ in the last one only."""
    names = short_names(tuple("x" * 199 + letter for letter in "abcdefghijkl"), 10, "s")
    assert len(set(names)) == 12
    assert max(map(len, names)) <= 10


def test_accents_are_dropped_and_other_scripts_become_positions() -> None:
    """A name without any ASCII letter or digit is its letter and its position."""
    assert short_names(("é t", "東京", "大阪", "--"), 20, "a") == ("e_t", "a1", "a2", "a3")


@pytest.mark.parametrize("room", [4, 7, 30])
def test_many_equal_names_stay_distinct_in_little_room(room: int) -> None:
    """300 names that all reduce to one word."""
    names = short_names(tuple("ab" + "-" * k + "cd" for k in range(1, 301)), room, "s")
    assert len(set(names)) == 300
    assert max(map(len, names)) <= room


def test_clean_word_of_punctuation_is_empty() -> None:
    """Nothing that a reader could take for an operator survives."""
    assert clean_word("a+b*c<=[d]^2:e", 40) == "a_b_c_d_2_e"
    assert clean_word("<>=", 40) == ""


def test_words_of_the_format_are_recognised() -> None:
    """The keywords that break readers, in any case."""
    for word in ("end", "END", "st", "s.t.", "bounds", "free", "inf", "Infinity", "binary", "generals", "max", "SOS2"):
        assert KEYWORD.fullmatch(word)
    for word in ("f", "ending", "maximal", "v"):
        assert not KEYWORD.fullmatch(word)


def test_components_of_a_users_own_get_names_too() -> None:
    """Scalars called like keywords or numbers, blocks, odd and long indices: distinct, short and plain."""
    model = pyo.ConcreteModel()
    model.end = pyo.Var()
    model.e1 = pyo.Var()
    model.free = pyo.Var([("a b", 1.5), ("a-b", 1.5), ("y" * 80, 2)])
    model.part = pyo.Block([0, 1])
    for k in (0, 1):
        model.part[k].st = pyo.Var([0])
    names = FileNames(agreement_game(1, 0).to_game(), Program(model))
    given = [names(variable) for variable in model.component_data_objects(pyo.Var)]
    assert len(set(given)) == len(given) == 7
    for name in given:
        assert len(name) <= LONGEST_NAME
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_(),]*", name)
        assert not KEYWORD.fullmatch(name)
        assert not re.match(r"[eE][0-9]", name)
    assert names.table[given[0]] == {"component": "end", "index": {}}


def test_wrong_index_letters_are_refused() -> None:
    """A formulation that declares two letters for one index is told so."""
    model = pyo.ConcreteModel()
    model.v = tagged(pyo.Var([0, 1]), "st")
    names = FileNames(agreement_game(1, 0).to_game(), Program(model))
    with pytest.raises(OptionError, match="v has 1 indices; its declared letters are 'st'"):
        names(model.v[0])
