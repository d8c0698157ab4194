"""Other people's models: what is read, by which rules, and what is said of files that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ssg_mip import (
    Game,
    read_dpomdp,
    read_nfg,
    read_prism,
    solve,
    write_nfg,
)
from ssg_mip.errors import InvalidInstanceError, OptionError
from ssg_mip.library import MATRIX_GAMES, kudo_akimoto_figure_1, matrix_game

PAYOFFS = """NFG 1 R "A game of stags" { "Row" "Column" }

{ { "stag" "hare" } { "left" "middle" "right" } }
"made up"

4 4  3 0
0 3  3/2 1
1 -1, .5 2e0
"""

OUTCOMES = """NFG 1 R "with outcomes" { "1" "2" } { 2 2 }

{
{ "both" 5, 3 }
{ "one" 0, 1 }
}
1 2 0 1
"""


def written(folder: Path, **files: str) -> Path:
    """A folder with files by name, ``_`` for the dot."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


# -------------------------------------------------------------------- Gambit


def test_payoffs_are_read_with_the_first_player_moving_fastest(tmp_path: Path) -> None:
    game = read_nfg(written(tmp_path, g__nfg=PAYOFFS) / "g.nfg")
    assert (game.name, game.source) == ("A game of stags", "made up")
    assert game.leader_actions == (("stag", "hare"),)
    assert game.follower_actions == (("left", "middle", "right"),)
    assert game.leader_rewards.reshape(2, 3).tolist() == [[4.0, 0.0, 1.0], [3.0, 1.5, 0.5]]
    assert game.follower_rewards.reshape(2, 3).tolist() == [[4.0, 3.0, -1.0], [0.0, 1.0, 2.0]]


def test_the_second_player_may_lead(tmp_path: Path) -> None:
    game = read_nfg(written(tmp_path, g__nfg=PAYOFFS) / "g.nfg", leader=2)
    assert game.leader_actions == (("left", "middle", "right"),)
    assert game.leader_rewards.reshape(3, 2).tolist() == [[4.0, 0.0], [3.0, 1.0], [-1.0, 2.0]]


def test_outcomes_are_looked_up_and_none_pays_nothing(tmp_path: Path) -> None:
    game = read_nfg(written(tmp_path, g__nfg=OUTCOMES) / "g.nfg")
    assert game.leader_rewards.reshape(2, 2).tolist() == [[5.0, 0.0], [0.0, 5.0]]
    assert game.follower_rewards.reshape(2, 2).tolist() == [[3.0, 0.0], [1.0, 3.0]]


@pytest.mark.parametrize("name", MATRIX_GAMES)
def test_games_come_back_as_they_were_written(name: str, tmp_path: Path) -> None:
    game = matrix_game(name)
    back = read_nfg(write_nfg(game, tmp_path / "game.nfg"))
    assert back.leader_rewards.tolist() == game.leader_rewards.tolist()
    assert back.follower_rewards.tolist() == game.follower_rewards.tolist()
    assert (back.leader_actions, back.follower_actions, back.name) == (
        game.leader_actions,
        game.follower_actions,
        game.name,
    )


def test_names_with_quotes_survive(tmp_path: Path) -> None:
    game = matrix_game("escape").replace(name='a "quoted" name\\', source='"')
    back = read_nfg(write_nfg(game, tmp_path / "game.nfg"))
    assert (back.name, back.source) == (game.name, game.source)


def test_games_of_several_states_are_not_written(tmp_path: Path) -> None:
    game = kudo_akimoto_figure_1()
    with pytest.raises(OptionError, match="has 2 states; a strategic game has one"):
        write_nfg(game, tmp_path / "game.nfg")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("NFG", "EFG"), "line 1: 'EFG' where 'NFG'"),
        (('"Column"', '"Column" "Third"'), "there are 3 players; two can be read"),
        (('{ "stag" "hare" }', "{ }"), "player 1 has no strategy"),
        (("3/2", "x"), "line 7: a payoff is 'x'; it must be a number"),
        (("3/2", "1/0"), "line 7: a payoff is '1/0'"),
        (("2e0", ""), "the file ends before the last payoff"),
        (("2e0", "2 9"), "line 8: '9' after the last of 6 contingencies"),
        (("4 4", '"4" 4'), "line 6: '4' is no payoff"),
    ],
)
def test_strategic_games_that_are_none(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    written(tmp_path, g__nfg=PAYOFFS.replace(*change))
    with pytest.raises(InvalidInstanceError) as raised:
        read_nfg(tmp_path / "g.nfg")
    assert said in str(raised.value)
    assert "g.nfg" in str(raised.value)


def test_wrong_outcomes_and_files(tmp_path: Path) -> None:
    written(tmp_path, g__nfg=OUTCOMES.replace("1 2 0 1", "1 2 0 3"))
    with pytest.raises(
        InvalidInstanceError, match="the outcome of a contingency is '3'; it must be a whole number below 3"
    ):
        read_nfg(tmp_path / "g.nfg")
    with pytest.raises(InvalidInstanceError, match="cannot be read"):
        read_nfg(tmp_path / "none.nfg")
    with pytest.raises(OptionError, match="leader is 3"):
        read_nfg(tmp_path / "g.nfg", leader=3)


# -------------------------------------------------------------------- PRISM


JOINT = """2 5 6
0 0 0 0.5 [l,u]
0 0 1 0.5 [l,u]
0 1 1 1 [l,d]
0 2 0 1 [r,u]
0 3 0 1 [r,d]
1 0 1 1 [-,-]
"""

STATES = "(x,b)\n0:(3,true)\n1:(4,false)\n"
LABELS = '0="init" 1="deadlock" 2="goal"\n0: 0\n1: 2\n'


def test_a_concurrent_game(tmp_path: Path) -> None:
    written(
        tmp_path,
        m__tra=JOINT,
        m__sta=STATES,
        m__lab=LABELS,
        m__srew="2 1\n0 2.5\n",
        m__trew="2 5 1\n0 0 1 4\n",
        his__trew="# the second player\n2 5 2\n0 1 1 7\n0 3 0 -1\n",
    )
    game = read_prism(
        tmp_path / "m", leader_discount=0.9, follower_discount=0.8, follower_rewards=tmp_path / "his.trew"
    )
    assert game.state_names == ("x=3 b=true", "x=4 b=false")
    assert game.leader_actions == (("l", "r"), ("wait",))
    assert game.follower_actions == (("u", "d"), ("wait",))
    assert game.leader_rewards.tolist() == [4.5, 2.5, 2.5, 2.5, 0.0]
    assert game.follower_rewards.tolist() == [0.0, 7.0, 0.0, -1.0, 0.0]
    assert game.initial.tolist() == [1.0, 0.0]
    other = read_prism(tmp_path / "m.tra", leader_discount=0.9, follower_discount=0.8, leader=2)
    assert other.leader_actions[0] == ("u", "d")
    assert other.leader_rewards.tolist() == [4.5, 2.5, 2.5, 2.5, 0.0]
    assert other.next_states(1)[0].tolist() == [0]  # (u, r): the choice [r,u]


SINGLE = "3 4 5\n0 0 1 1 a\n0 1 2 1 b\n1 0 0 0.25\n1 0 2 0.75\n2 0 2 1\n"


def test_a_process_whose_states_belong_to_players(tmp_path: Path) -> None:
    written(tmp_path, m__tra=SINGLE, m__lab='0="init" 1="his"\n0: 1\n1: 0\n', m__srew="3 1\n1 1\n")
    game = read_prism(
        tmp_path / "m", leader_discount=0.5, follower_discount=0.5, follower_states="his", follower_reward="same"
    )
    assert game.follower_actions == (("a", "b"), ("wait",), ("wait",))
    assert game.leader_actions == (("wait",), ("choice 0",), ("choice 0",))
    assert game.initial.tolist() == [0.0, 1.0, 0.0]
    assert game.follower_rewards.tolist() == game.leader_rewards.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert game.state_names == ("0", "1", "2")
    with pytest.raises(OptionError, match="no label of the model; there are his, init"):
        read_prism(tmp_path / "m", leader_discount=0.5, follower_discount=0.5, follower_states="mine")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"m__tra": "3 4\n"}, "m.tra, line 1: it must hold the numbers of states"),
        (
            {"m__tra": SINGLE.replace("0 1 2 1 b", "0 1 9 1 b")},
            "m.tra, line 3: a state is '9'; it must be a whole number below 3",
        ),
        ({"m__tra": SINGLE.replace("0.25", "x")}, "m.tra, line 4: a probability is 'x'"),
        ({"m__tra": SINGLE.replace("2 0 2 1\n", "")}, "state 2 has no transition"),
        ({"m__tra": SINGLE.replace("1 0 2 0.75", "1 0 2 0.75 b")}, "has the actions '' and 'b'"),
        ({"m__tra": SINGLE.replace("1 0 2 0.75", "1 0")}, "must be 'source choice target probability [action]'"),
        ({"m__tra": SINGLE, "m__sta": "(x)\n0:(1)\n1:(2,3)\n"}, "m.sta, line 3"),
        ({"m__tra": SINGLE, "m__sta": "(x)\n0:(1)\n"}, "state 1 has no values"),
        ({"m__tra": SINGLE, "m__lab": '0="init"\n0: 5\n'}, "m.lab, line 2: label '5'"),
        ({"m__tra": SINGLE, "m__srew": "3 1\n0 1 2\n"}, "m.srew, line 2"),
        ({"m__tra": SINGLE, "m__trew": "3 4 1\n0 7 1 2\n"}, "m.trew, line 2: a choice is '7'"),
        (
            {"m__tra": JOINT.replace("0 3 0 1 [r,d]\n", "").replace("2 5 6", "2 4 5")},
            "m.tra, line 2: state 0 has no choice for the joint action [r,d]; each action of one player needs",
        ),
        ({}, "m.tra: cannot be read"),
    ],
)
def test_explicit_files_that_do_not_fit(files: dict[str, str], said: str, tmp_path: Path) -> None:
    written(tmp_path, **files)
    with pytest.raises(InvalidInstanceError) as raised:
        read_prism(tmp_path / "m", leader_discount=0.5, follower_discount=0.5)
    assert said in str(raised.value)


# -------------------------------------------------------------------- Dec-POMDPs


BROADCAST = """# two stations
agents: 2
discount: 0.9
values: reward
states: idle busy
start:
uniform
actions:
send wait
send wait
observations:
2
2
T: * :
uniform
T: send send : idle : busy : 1
T: send send : idle : idle : 0
T: wait * : busy :
0.25 0.75
R: * : * : * : * : -1
R: send wait : * : * : * : 5
R: wait send : idle : busy : * : 2
"""


def test_a_decentralised_process_seen_in_full(tmp_path: Path) -> None:
    game = read_dpomdp(written(tmp_path, g__dpomdp=BROADCAST) / "g.dpomdp")
    assert game.state_names == ("idle", "busy")
    assert game.leader_actions == game.follower_actions == (("send", "wait"),) * 2
    assert (game.leader_discount, game.initial.tolist()) == (0.9, [0.5, 0.5])
    assert game.dense_transition.tolist() == [
        [0.0, 1.0], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.25, 0.75], [0.25, 0.75],
    ]  # fmt: skip
    assert game.leader_rewards.tolist() == [-1.0, 5.0, 0.5 * -1.0 + 0.5 * 2.0, -1.0, -1.0, 5.0, -1.0, -1.0]
    assert game.follower_rewards.tolist() == game.leader_rewards.tolist()
    second = read_dpomdp(tmp_path / "g.dpomdp", leader=2, follower_reward="opposed")
    assert second.leader_rewards.tolist() == [-1.0, 0.5, 5.0, -1.0, -1.0, -1.0, 5.0, -1.0]
    assert second.follower_rewards.tolist() == [-one for one in second.leader_rewards.tolist()]


def test_matrices_costs_and_discounts(tmp_path: Path) -> None:
    text = BROADCAST.replace("T: * :\nuniform", "T: * :\nidentity").replace("values: reward", "values: cost")
    written(tmp_path, g__dpomdp=text.replace("discount: 0.9", "discount: 1").replace("start:\nuniform", "start: busy"))
    with pytest.raises(OptionError, match="give leader_discount and follower_discount"):
        read_dpomdp(tmp_path / "g.dpomdp")
    game = read_dpomdp(tmp_path / "g.dpomdp", leader_discount=0.5, follower_discount=0.6)
    assert game.dense_transition[1].tolist() == [1.0, 0.0]
    assert game.leader_rewards[1] == -5.0
    assert game.initial.tolist() == [0.0, 1.0]
    rows = BROADCAST.replace("T: * :\nuniform", "T: * :\n0.1 0.9\n0.2 0.8")
    written(tmp_path, g__dpomdp=rows)
    assert read_dpomdp(tmp_path / "g.dpomdp").dense_transition[1].tolist() == [0.1, 0.9]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("agents: 2", "agents: 3"), "line 2: there are agents '3'"),
        (("discount: 0.9", "discount: much"), "line 3: the discount is 'much'"),
        (("send wait\nsend wait", "send wait"), "line 8: the actions of two agents must follow"),
        (("0.25 0.75", "0.25"), "line 19: there are 1 probabilities; there must be 2"),
        (("0.25 0.75", "0.25 0.5"), "sum to 0.75; they must sum to 1"),
        (("R: * : * : * : * : -1", "R: * : * : * : *\n1 2"), "rewards are read in the form"),
        (
            ("T: send send : idle : busy : 1", "T: send : idle : busy : 1"),
            "line 16: 'send' must name an action of each agent",
        ),
        (
            ("T: send send : idle : busy : 1", "T: send jump : idle : busy : 1"),
            "line 16: 'jump' is no action; there are send, wait",
        ),
        (("values: reward", "value: reward"), "line 4: 'value' is no keyword"),
        (("agents: 2", "2"), "line 2: '2' stands before the first keyword"),
    ],
)
def test_decentralised_processes_that_are_none(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    text = BROADCAST.replace(*change)
    if change[1] == "2":
        text = text[text.index("2\n") :]
        said = "line 1: '2' stands before the first keyword"
    written(tmp_path, g__dpomdp=text)
    with pytest.raises(InvalidInstanceError) as raised:
        read_dpomdp(tmp_path / "g.dpomdp")
    assert said in str(raised.value)


def test_what_is_read_is_a_game_like_any_other(tmp_path: Path) -> None:
    game: Game = read_dpomdp(written(tmp_path, g__dpomdp=BROADCAST) / "g.dpomdp")
    result = solve(game, "commitment")
    assert result.check.passed
    assert result.leader_value == pytest.approx(float(np.dot(game.initial, result.leader_values)))


def lines_that_overrule(rng: np.random.Generator, states: int, actions: tuple[int, int]) -> tuple[str, np.ndarray]:
    """Statements with names, numbers and stars in any order, and what they say on dense arrays: chances and rewards."""
    chances, rewards = np.zeros((2, *actions, states, states))
    said = []

    def place(count: int) -> tuple[str, slice]:
        drawn = int(rng.integers(-2, count))
        return ("*", slice(None)) if drawn < 0 else (str(drawn), slice(drawn, drawn + 1))

    for _ in range(60):
        (a, mine), (b, his), (source, here), (target, there) = map(place, (*actions, states, states))
        both = "*" if a == b == "*" else f"{a} {b}"
        number, kind = int(rng.integers(-9, 10)), rng.integers(5)
        if kind == 0:
            said.append(f"T: {both} : {source} : {target} : {abs(number)}")
            chances[mine, his, here, there] = abs(number)
        elif kind == 1:
            row = rng.integers(0, 3, states)
            said.append(f"T: {both} : {source}\n{' '.join(map(str, row))}")
            chances[mine, his, here] = row
        elif kind == 2 and rng.random() < 0.3:
            said.append(f"T: {both} :\nidentity")
            chances[mine, his] = np.eye(states)
        else:
            said.append(f"R: {both} : {source} : {target} : * : {number}")
            rewards[mine, his, here, there] = number
    for a, b, source in np.argwhere(chances.sum(axis=3) != 1.0):
        row = rng.multinomial(8, np.full(states, 1.0 / states)) / 8.0
        said.append(f"T: {a} {b} : {source} :\n{' '.join(map(str, row))}")
        chances[a, b, source] = row
    return "\n".join(said), np.stack((chances, rewards))


@pytest.mark.parametrize("seed", range(12))
def test_later_lines_overrule_earlier_ones(seed: int, tmp_path: Path) -> None:
    states, actions = 4, (2, 3)
    text, (chances, rewards) = lines_that_overrule(np.random.default_rng(seed), states, actions)
    heading = f"agents: 2\ndiscount: 0.5\nvalues: reward\nstates: {states}\nstart: 2\nactions:\n2\n3\n"
    game = read_dpomdp(written(tmp_path, g__dpomdp=heading + text) / "g.dpomdp")
    by_state = chances.transpose(2, 0, 1, 3).reshape(game.num_rows, states)
    np.testing.assert_array_equal(game.dense_transition, by_state)
    earned = (chances * rewards).sum(axis=3).transpose(2, 0, 1).ravel()
    np.testing.assert_allclose(game.leader_rewards, earned, atol=1e-12)
    second = read_dpomdp(tmp_path / "g.dpomdp", leader=2)
    np.testing.assert_array_equal(second.dense_transition, chances.transpose(2, 1, 0, 3).reshape(-1, states))


MANY_STATES = """agents: 2
discount: 0.9
values: reward
states: 10000
start: 0
actions:
stay go
stay go
T: * :
{moves}
T: go go : * : 7 : 0.5
T: go go : 7 : 7 : 1
R: * : * : * : * : -1
R: * : * : 7 : * : 3
"""


def test_ten_thousand_states_are_read_where_few_follow_on_each(tmp_path: Path) -> None:
    text = MANY_STATES.format(moves="identity") + "".join(
        f"T: go go : {k} : {k} : 0.5\n" for k in range(10_000) if k != 7
    )
    game = read_dpomdp(written(tmp_path, g__dpomdp=text) / "g.dpomdp")
    assert (game.num_states, game.num_rows, len(game.successors)) == (10_000, 40_000, 49_999)
    assert game.leader_rewards[:4].tolist() == [-1.0, -1.0, -1.0, 1.0]
    assert game.leader_rewards[28:32].tolist() == [3.0] * 4


def test_ten_thousand_states_that_may_all_follow_are_refused(tmp_path: Path) -> None:
    written(tmp_path, g__dpomdp=MANY_STATES.format(moves="uniform"))
    with pytest.raises(InvalidInstanceError, match="more than 20,000,000 chances"):
        read_dpomdp(tmp_path / "g.dpomdp")


TWO_STATES = """agents: 2
discount: 0.9
values: reward
states: near middle far
start{start}
actions:
a b
c
T: * :
identity
R: * : near : * : * : 1
"""


@pytest.mark.parametrize(
    ("start", "chances"),
    [
        (" include: middle far", [0, 0.5, 0.5]),
        (" include: 1", [0, 1, 0]),
        (" exclude: middle", [0.5, 0, 0.5]),
        (": middle", [0, 1, 0]),
    ],
)
def test_starts_among_states(start: str, chances: list[float], tmp_path: Path) -> None:
    path = tmp_path / "some.dpomdp"
    path.write_text(TWO_STATES.format(start=start))
    np.testing.assert_array_equal(read_dpomdp(path).initial, chances)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (" exclude: near middle far", "line 5: no state is left"),
        (" without: near", "line 5: 'start without'"),
        (": near\n: x", "line 6: '' is no keyword"),
    ],
)
def test_starts_that_are_none(start: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "some.dpomdp"
    path.write_text(TWO_STATES.format(start=start))
    with pytest.raises(InvalidInstanceError, match=said):
        read_dpomdp(path)


@pytest.mark.parametrize(
    ("tra", "srew", "said"),
    [
        ("2 4 4\n0 0 1 1 a\n0 1 0 1 b\n1 0 1 1 a\n", None, "line 4: there are 3 choices .* announces 4"),
        ("2 2 3\n0 0 1 1 a\n1 0 1 1 a\n", None, "line 3: there are 2 transitions .* announces 3"),
        ("1 2 2\n0 0 0 1 [a,b]\n0 1 0 1 c\n", None, "joint actions beside single ones"),
        ("2 2 2\n0 0 1 1 a\n1 0 1 1 a\n", "2 2\n0 1\n", "line 2: there are 1 rewards .* announces 2"),
        ("2 2 2\n0 0 1 1 a\n1 0 1 1 a\n", "0 7\n1 1\n", "announces 7"),
        ("2 2 2\n0 0 1 1 a\n1 0 1 1 a\n", "0 .5\n1 1\n", "line 1: a heading must be here"),
    ],
)
def test_explicit_files_that_were_cut_off(tra: str, srew: str | None, said: str, tmp_path: Path) -> None:
    (tmp_path / "m.tra").write_text(tra)
    if srew is not None:
        (tmp_path / "m.srew").write_text(srew)
    with pytest.raises(InvalidInstanceError, match=said):
        read_prism(tmp_path / "m", leader_discount=0.9, follower_discount=0.9)
