"""The command ``solve``: what goes to stdout, what to stderr, and what reaches the method."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit import ROOT, Command, fakes

pytestmark = pytest.mark.usefixtures("fake_methods")


def test_solve_prints_people_s_text_on_stderr_only(command: Command, instance: Path) -> None:
    ran = command("solve", instance, "--method", "fake")
    assert (ran.code, ran.out) == (0, "")
    assert "over stationary leader policies" in ran.err
    assert "[bold]storm" in ran.err
    assert "(tied)" in ran.err


def test_json_is_the_result_s_own_dictionary(command: Command, instance: Path) -> None:
    ran = command("solve", instance, "--method", "fake", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.data["leader_policy"]["calm"] == {"a0": 0.5, "a1": 0.5}
    assert ran.data["leader_value"] == pytest.approx(10.0)
    assert ran.data["leader_values"] == {"calm": pytest.approx(10.0), "[bold]storm": pytest.approx(10.0)}
    assert ran.data["dual_bound_scope"] == "over stationary leader policies"
    assert ran.data["provenance"]["game_hash"] == fakes.small_game().content_hash


def test_every_option_of_solve_reaches_the_method(command: Command, instance: Path, tmp_path: Path) -> None:
    start = tmp_path / "start.json"
    start.write_text('{"calm": {"a1": 1}, "[bold]storm": {"a0": 1}}')
    options = (
        "--method fake --ties first --gap 0.5 --time-limit 9 --node-limit 8 --iteration-limit 7 --seed 6 --levels 5"
    )
    ran = command("solve", instance, *options.split(), "--weights", "calm=3,[bold]storm=1", "--start", start, "--json")
    assert ran.code == 0
    problem, run = fakes.QUESTIONS[-1]
    assert (problem.follower.ties, run.gap, run.deadline.limit, run.limits.nodes) == ("first", 0.5, 9.0, 8)
    assert (run.limits.iterations, run.seed, run.levels) == (7, 6, 5)
    assert ran.data["weights"] == {"calm": 0.75, "[bold]storm": 0.25}
    assert ran.data["leader_policy"]["calm"] == {"a0": 0.0, "a1": 1.0}


def test_settings_of_a_method_are_read_as_json_or_text(command: Command, instance: Path, tmp_path: Path) -> None:
    given = ("--set", "temperature=0.25", "--set", "variant=fast")
    assert command("solve", instance, "--method", "fake-settings", *given).code == 0
    assert fakes.QUESTIONS[-1][1].settings == {"temperature": 0.25, "variant": "fast"}
    assert command("front", instance, "--method", "fake-settings", *given, "--num-weights", "2").code == 0
    assert fakes.QUESTIONS[-1][1].settings == {"temperature": 0.25, "variant": "fast"}
    out = tmp_path / "rows"
    assert command("batch", instance.parent, "--out", out, "--method", "fake-settings", *given, "--json").code == 0
    assert fakes.QUESTIONS[-1][1].settings == {"temperature": 0.25, "variant": "fast"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            ["--set", "temperature=" + 5000 * "9"],
            "--set temperature holds '99999999999999999999'..., which cannot be read",
        ),
        (["--set", "variant=" + 100_000 * "["], "--set variant holds"),
        (["--set", "temperature"], "--set holds 'temperature'; write name=value"),
        (["--set", "variant=fast", "--set", "variant=slow"], "--set names 'variant' twice"),
        (["--set", "heat=1"], "has no setting 'heat'"),
        (["--set", "temperature=-1"], "temperature is -1.0; it must be positive"),
    ],
)
def test_settings_that_do_not_fit_are_wrong_usage(
    command: Command, instance: Path, tmp_path: Path, given: list[str], words: str
) -> None:
    ran = command("solve", instance, "--method", "fake-settings", *given)
    assert ran.code == 2
    assert words in ran.err
    whole = command("batch", instance.parent, "--out", tmp_path / "rows", "--method", "fake-settings", *given)
    assert whole.code == 2
    assert words in whole.err
    assert not (tmp_path / "rows").exists()


def test_a_result_can_be_the_start_of_the_next_run(command: Command, instance: Path, tmp_path: Path) -> None:
    first = command("solve", instance, "--method", "commitment", "--json")
    (tmp_path / "result.json").write_text(first.out)
    second = command("solve", instance, "--method", "fake", "--start", tmp_path / "result.json", "--json")
    assert second.data["leader_policy"] == first.data["leader_policy"]


def test_the_word_random_is_a_start_drawn_by_the_seed(command: Command, instance: Path, tmp_path: Path) -> None:
    drawn = []
    for seed in (3, 3, 4):
        assert command("solve", instance, "--method", "fake", "--start", "random", "--seed", seed, "--json").code == 0
        start = fakes.QUESTIONS[-1][1].start
        assert start is not None
        drawn.append(start.probabilities.tolist())
    assert drawn[0] == drawn[1] != drawn[2]
    for name in ("chance", tmp_path):
        ran = command("solve", instance, "--method", "fake", "--start", name)
        assert ran.code == 2
        assert "give a policy file, or the word random" in " ".join(ran.err.split())


def test_progress_is_shown_with_verbose_and_not_without_a_terminal(command: Command, instance: Path) -> None:
    assert "incumbent" not in command("solve", instance, "--method", "fake").err
    shown = command("solve", instance, "--method", "fake", "--verbose", "--json")
    assert "incumbent" in shown.err
    assert shown.data["method"] == "fake"


def test_a_picture_of_the_progress_is_written(command: Command, instance: Path, tmp_path: Path) -> None:
    ran = command("solve", instance, "--method", "fake", "--plot", tmp_path / "progress.svg", "--json")
    assert ran.code == 0
    assert "<svg" in (tmp_path / "progress.svg").read_text()


def test_an_unknown_picture_format_is_refused_before_the_work(command: Command, instance: Path) -> None:
    ran = command("solve", instance, "--method", "fake", "--plot", "progress.xyz")
    assert ran.code == 2
    assert "'xyz'" in ran.err
    assert not fakes.QUESTIONS


def test_a_picture_that_cannot_be_written_costs_the_picture_only(
    command: Command, instance: Path, tmp_path: Path
) -> None:
    ran = command("solve", instance, "--method", "fake", "--plot", tmp_path / "no" / "p.png", "--json")
    assert ran.code == 2
    assert "no picture" in ran.err
    assert ran.data["leader_value"] == pytest.approx(10.0)


def test_a_selection_reaches_policy_iteration_and_the_provenance(command: Command) -> None:
    game = ROOT / "instances" / "kudo_akimoto" / "fig1_threat.json"
    ran = command("solve", game, "--selection", "epsilon", "--epsilon", "0.5", "--json")
    assert ran.code == 0
    options = ran.data["provenance"]["options"]
    assert (options["selection"], options["epsilon"]) == ("epsilon", 0.5)


def test_a_follower_of_another_kind_is_answered_for(command: Command, instance: Path) -> None:
    """The usual method is one that honours him; what he does is printed, and checked."""
    ran = command("solve", instance, "--follower", "quantal:0.5", "--json")
    assert ran.code == 0
    assert ran.data["follower"] == {"kind": "quantal", "temperature": 0.5}
    assert (ran.data["method"], ran.data["check"]["word"]) == ("commitment", "values verified")
    told = command("solve", instance, "--follower", "quantal:0.5")
    assert "quantal follower, temperature 0.5" in told.err


def test_a_wrong_follower_is_wrong_usage(command: Command, instance: Path) -> None:
    for text, words in (("quantal", "needs temperature"), ("clever:1", "it must be one of")):
        ran = command("solve", instance, "--follower", text)
        assert ran.code == 2
        assert words in " ".join(ran.err.split())
    refused = command("solve", instance, "--follower", "quantal:1", "--method", "grid")
    assert (refused.code, "ask for commitment" in " ".join(refused.err.split())) == (2, True)
