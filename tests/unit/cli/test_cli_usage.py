"""Wrong usage and invalid instances are refused in words, with a code of their own and before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit import Command, fakes

pytestmark = pytest.mark.usefixtures("fake_methods")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "--method fake --selection first",
            "only policy-iteration, restarted-policy-iteration, backtracking select steps",
        ),
        ("--method policy-iteration --selection best", "must be one of argmax, epsilon, first, sample"),
        ("--method policy-iteration --selection epsilon", "without an epsilon"),
        ("--method policy-iteration --selection epsilon --epsilon 1", "below 1"),
        ("--method policy-iteration --epsilon 0.5", "belongs to the selections 'epsilon' and 'sample'"),
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


@pytest.mark.parametrize("name", ["validate", "show", "solve", "front", "export", "verify"])
def test_an_instance_that_is_no_file_is_code_3_and_one_line(command: Command, instance: Path, name: str) -> None:
    """A folder, a link to nowhere, nothing at all: as for any other instance that cannot be read."""
    folder = instance.with_name("folder.json")
    folder.mkdir()
    link = instance.with_name("link.json")
    link.symlink_to("nowhere.json")
    before, after = {"export": ([], ["out.lp"]), "verify": ([instance], [])}.get(name, ([], []))
    for path, said in (
        (folder, "is a folder; an instance is a regular file"),
        (link, "is a link to a file that does not exist"),
        (instance.with_name("absent.json"), "does not exist"),
    ):
        ran = command(name, *before, path, *after)
        assert (ran.code, ran.err) == (3, f"error: {path}: {said}\n")


def test_the_name_of_a_file_cannot_forge_a_second_line(command: Command, instance: Path) -> None:
    path = instance.with_name("a\nerror: b\x1b[31m.json")
    path.write_text("{")
    ran = command("validate", path)
    assert ran.code == 3
    assert ran.err.removesuffix("\n").isprintable()
    assert "a\\nerror: b\\x1b[31m.json" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
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
    assert not fakes.QUESTIONS


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
