"""The command line: what goes to stdout, what to stderr, and which exit code says what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ssg_mip import cli
from ssg_mip.cli.console import ProgressTable
from ssg_mip.cli.options import read_policy, read_weights
from ssg_mip.errors import InvalidPolicyError, OptionError
from ssg_mip.exit_codes import MEANINGS
from ssg_mip.result import ProgressRow
from tests.unit import fakes

pytestmark = pytest.mark.usefixtures("fake_methods")

Command = Callable[..., Any]

ROOT = Path(__file__).parents[2]


# ---------------------------------------------------------------- streams and JSON


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
    asked = fakes.REQUESTS[-1]
    assert (asked.ties, asked.gap, asked.deadline.limit, asked.node_limit) == ("first", 0.5, 9.0, 8)
    assert (asked.iteration_limit, asked.seed, asked.levels) == (7, 6, 5)
    assert ran.data["weights"] == {"calm": 0.75, "[bold]storm": 0.25}
    assert ran.data["leader_policy"]["calm"] == {"a0": 0.0, "a1": 1.0}


def test_a_result_can_be_the_start_of_the_next_run(command: Command, instance: Path, tmp_path: Path) -> None:
    first = command("solve", instance, "--method", "commitment", "--json")
    (tmp_path / "result.json").write_text(first.out)
    second = command("solve", instance, "--method", "fake", "--start", tmp_path / "result.json", "--json")
    assert second.data["leader_policy"] == first.data["leader_policy"]


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
    assert not fakes.REQUESTS


def test_a_picture_that_cannot_be_written_costs_the_picture_only(
    command: Command, instance: Path, tmp_path: Path
) -> None:
    ran = command("solve", instance, "--method", "fake", "--plot", tmp_path / "no" / "p.png", "--json")
    assert ran.code == 2
    assert "no picture" in ran.err
    assert ran.data["leader_value"] == pytest.approx(10.0)


# ---------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("method", "code", "said"),
    [
        ("fake", 0, "the gap"),
        ("fake-nothing", 4, "no policy was found"),
        ("fake-infeasible", 7, "no policy satisfies"),
        ("fake-numerical", 1, "error: the LP of small failed 1 times"),
        ("fake-crash", 1, "unexpected ZeroDivisionError: no division by 0 in small (set SSG_MIP_TRACEBACK=1"),
        ("no-such", 2, "must be one of policy-iteration"),
    ],
)
def test_exit_code_says_what_happened(command: Command, instance: Path, method: str, code: int, said: str) -> None:
    ran = command("solve", instance, "--method", method)
    assert ran.code == code
    assert said in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "--method fake --selection first",
            "only policy-iteration, restarted-policy-iteration, backtracking select steps",
        ),
        ("--method policy-iteration --selection best", "must be one of argmax, epsilon, first"),
        ("--method policy-iteration --selection epsilon", "without an epsilon"),
        ("--method policy-iteration --selection epsilon --epsilon 1", "below 1"),
        ("--method policy-iteration --epsilon 0.5", "belongs to the selection 'epsilon'"),
    ],
)
@pytest.mark.parametrize("name", ["solve", "front", "batch"])
def test_a_selection_that_makes_no_sense_is_wrong_usage(
    command: Command, instance: Path, tmp_path: Path, name: str, options: str, said: str
) -> None:
    where = [instance.parent, "--out", tmp_path / "out"] if name == "batch" else [instance]
    ran = command(name, *where, *options.split())
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_a_selection_reaches_policy_iteration_and_the_provenance(command: Command) -> None:
    game = ROOT / "instances" / "kudo_akimoto" / "fig1_threat.json"
    ran = command("solve", game, "--selection", "epsilon", "--epsilon", "0.5", "--json")
    assert ran.code == 0
    options = ran.data["provenance"]["options"]
    assert (options["selection"], options["epsilon"]) == ("epsilon", 0.5)


def test_a_limit_with_a_solution_is_success(command: Command, instance: Path) -> None:
    ran = command("solve", instance, "--method", "fake-wait", "--time-limit", "0.05", "--json")
    assert ran.code == 0
    assert ran.data["termination"] == "time_limit"
    assert ran.data["dual_bound"] == pytest.approx(ran.data["leader_value"] + 1.0)


@pytest.mark.parametrize("method", ["fake-numerical", "fake-crash", "no-such"])
def test_an_error_with_json_is_one_object_too(command: Command, instance: Path, method: str) -> None:
    ran = command("solve", instance, "--method", method, "--json")
    assert ran.data["format"] == "ssg-mip-error/1"
    assert ran.data["exit_code"] == ran.code
    assert ran.data["error"]["message"] in ran.err


def test_the_traceback_of_a_defect_can_be_asked_for(
    command: Command, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSG_MIP_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        command("solve", instance, "--method", "fake-crash")


@pytest.mark.parametrize(
    "arguments",
    [
        ("solve", "absent.json"),
        ("solve", "INSTANCE", "--no-such-option"),
        ("solve", "INSTANCE", "--gap", "wide"),
        ("solve", "INSTANCE", "--method", "fake", "--gap", "-1"),
        ("solve", "INSTANCE", "--method", "fake", "--gap", "nan"),
        ("solve", "INSTANCE", "--method", "fake", "--ties", "worst"),
        ("solve", "INSTANCE", "--method", "fake", "--time-limit", "-1"),
        ("solve", "INSTANCE", "--method", "fake", "--weights", "calm=x"),
        ("solve", "INSTANCE", "--method", "fake", "--weights", "elsewhere=1"),
        ("solve", "INSTANCE", "--method", "fake", "--weights", "absent.json"),
        ("solve", "INSTANCE", "--method", "fake", "--start", "INSTANCE"),
        ("show",),
        ("batch", "INSTANCE", "--out", "out"),
        ("dance",),
    ],
)
def test_wrong_usage_is_code_2_without_a_traceback(
    command: Command, instance: Path, arguments: tuple[str, ...]
) -> None:
    ran = command(*(instance if one == "INSTANCE" else one for one in arguments))
    assert ran.code == 2
    assert ran.err
    assert not fakes.REQUESTS


@pytest.mark.parametrize("what", ["solve", "front", "show"])
@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"format": "ssg-mip/9"}', "\x00\xff"])
def test_an_invalid_instance_is_code_3_and_names_the_file(
    command: Command, tmp_path: Path, what: str, content: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content.encode("latin-1"))
    ran = command(what, path)
    assert ran.code == 3
    assert "broken.json" in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_help_lists_every_exit_code(command: Command) -> None:
    ran = command("--help")
    assert ran.code == 0
    text = " ".join(ran.out.split())
    for code, meaning in MEANINGS.items():
        assert f"{int(code)}: {meaning}" in text


def test_module_text_and_readme_say_the_same_about_exit_codes() -> None:
    readme = (ROOT / "README.md").read_text()
    for code, meaning in MEANINGS.items():
        assert re.search(rf"^{int(code)} +{re.escape(meaning)}$", cli.__doc__ or "", re.MULTILINE)
        assert f"| {int(code)} | {meaning} |" in readme


def test_version_names_everything_that_computes(command: Command) -> None:
    ran = command("--version")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == [
        "ssg_mip",
        "HiGHS",
        "Pyomo",
        "NumPy",
        "SciPy",
        "Python",
    ]


# ---------------------------------------------------------------- the other commands


def test_validate_reports_every_file_and_fails_if_one_does(command: Command, instance: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    assert command("validate", instance).code == 0
    ran = command("validate", broken, instance, "--json")
    assert ran.code == 3
    assert [row["valid"] for row in ran.data["files"]] == [False, True]
    assert not ran.data["valid"]
    assert "broken.json" in ran.data["files"][0]["error"]


def test_show_prints_names_as_they_are(command: Command, instance: Path) -> None:
    ran = command("show", instance)
    assert (ran.code, ran.out) == (0, "")
    assert "[bold]storm" in ran.err
    data = command("show", instance, "--json").data
    assert data["num_joint_actions"] == 8
    assert data["states"]["calm"] == {"leader_actions": ["a0", "a1"], "follower_actions": ["b0", "b1"]}


def test_front_prints_its_points_and_draws_them(command: Command, instance: Path, tmp_path: Path) -> None:
    picture = tmp_path / "front.png"
    ran = command("front", instance, "--method", "fake", "--plot", picture, "--json")
    assert ran.code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert [point["leader_values"]["calm"] for point in ran.data["points"]] == [pytest.approx(10.0)]


def test_the_readme_s_main_job_finds_both_points_of_figure_1(command: Command, tmp_path: Path) -> None:
    """Kudo & Akimoto, Figure 1 with x = 1, y = 2: the leader's front is {(10, 9), (9, 10)}."""
    marker, readme = "<!-- ci: main -->", (ROOT / "README.md").read_text()
    line = readme.split(marker)[1].split("```")[1].strip().splitlines()[-1]
    words = line.split("ssg-mip ")[1].split()
    assert words[0] == "front"
    words = [str(ROOT / word) if word.startswith("instances/") else word for word in words]
    words = [str(tmp_path / word) if word.endswith(".png") else word for word in words]
    ran = command(*words, "--json")
    assert ran.code == 0
    points = [tuple(point["leader_values"].values()) for point in ran.data["points"]]
    assert points == [pytest.approx((10.0, 9.0), abs=1e-6), pytest.approx((9.0, 10.0), abs=1e-6)]
    assert next(tmp_path.glob("*.png")).stat().st_size > 0


def test_front_takes_weight_vectors_and_axes(command: Command, instance: Path, tmp_path: Path) -> None:
    weights = ("--weights", "calm=1,[bold]storm=3", "--weights", '{"calm": 1, "[bold]storm": 1}')
    axes = ("--axes", "[bold]storm", "calm", "--plot", tmp_path / "f.svg")
    ran = command("front", instance, "--method", "fake", *weights, *axes, "--json")
    assert ran.code == 0
    assert [asked.weights[0] for asked in fakes.REQUESTS] == [0.25, 0.5]


def test_front_without_any_point_is_code_4(command: Command, instance: Path) -> None:
    assert command("front", instance, "--method", "fake-nothing").code == 4


def test_export_writes_the_program_asked_for_with_its_names(command: Command, instance: Path, tmp_path: Path) -> None:
    path, policy = tmp_path / "p.lp", tmp_path / "policy.json"
    policy.write_text('{"calm": {"a0": 1}, "[bold]storm": {"a0": 1}}')
    ran = command("export", instance, path, "--form", "relaxation", "--policy", policy, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert (ran.data["program"], ran.data["form"]) == ("improvement", "relaxation")
    assert "max" in path.read_text().splitlines()[2]
    assert (tmp_path / "p.lp.names.json").exists()


@pytest.mark.parametrize("wrong", [("--form", "x"), ("--program", "x"), ("--policy", "INSTANCE"), ("--weights", "z=1")])
def test_export_refuses_what_it_does_not_know_and_writes_nothing(
    command: Command, instance: Path, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    option, value = wrong
    ran = command("export", instance, tmp_path / "p.lp", option, instance if value == "INSTANCE" else value)
    assert ran.code == 2
    assert not (tmp_path / "p.lp").exists()


# ---------------------------------------------------------------- parsing of weights and policies


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("a=1", {"a": 1.0}),
        (" a = 0.5 , b=.5 ", {"a": 0.5, "b": 0.5}),
        ("x=y=2", {"x=y": 2.0}),
        ('{"a,b": 0.25, "c": 1}', {"a,b": 0.25, "c": 1.0}),
    ],
)
def test_weights_are_read_from_pairs_or_json(text: str, weights: dict[str, float]) -> None:
    assert read_weights(text) == weights


def test_weights_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text('{"a,b": 2}')
    assert read_weights(str(path)) == {"a,b": 2.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "'a'"),
        ("=1", "'=1'"),
        ("a=1,a=2", "twice"),
        ("a=one", "'one'"),
        ("{", "not valid JSON"),
        ('{"a": true}', "True"),
        ('{"a": "1"}', "'1'"),
        ('{"a": 1, "a": 2}', "twice"),
        ("{" * 100_000, "not valid JSON"),
    ],
)
def test_malformed_weights_are_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        read_weights(text)


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"s": 1}', '{"s": {"a": "1"}}', '{"s": {"a": 1}, "s": {"a": 1}}', "\xff"]
)
def test_malformed_policies_are_refused_with_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InvalidPolicyError, match=r"policy\.json"):
        read_policy(path)


# ---------------------------------------------------------------- progress


def progress_row(seconds: float, flag: str = "") -> ProgressRow:
    return ProgressRow(
        seconds=seconds,
        iteration=1,
        nodes=10,
        open_nodes=3,
        lps=20,
        primal_bound=9.0,
        dual_bound=float("inf") if seconds == 0.0 else 10.0,
        flag=flag,
    )


def test_progress_lines_are_throttled_but_news_passes(capsys: pytest.CaptureFixture[str]) -> None:
    table = ProgressTable(shown=True)
    for row in (progress_row(0.0), progress_row(0.2), progress_row(0.3, "*"), progress_row(0.7), progress_row(0.9)):
        table(row)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].split() == ["seconds", "iter", "nodes", "open", "LPs", "LPs/s", "incumbent", "bound", "gap"]
    assert [line.split()[0] for line in lines[1:]] == ["0.0", "0.3", "0.9"]
    assert lines[1].split()[5:] == ["0", "9", "inf", "inf%"]
    assert lines[2].split()[5:] == ["67", "9", "10", "11.11%", "*"]


def test_a_new_incumbent_that_came_too_soon_after_a_line_is_flagged_in_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = ProgressTable(shown=True)
    for row in (progress_row(0.0), progress_row(0.01, "*"), progress_row(0.6), progress_row(1.2)):
        table(row)
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()[1:]] == ["inf%", "*", "11.11%"]
