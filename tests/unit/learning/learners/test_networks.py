"""Stacked networks are independent networks; what they are fed is what the game says."""

from __future__ import annotations

import pytest

from ssg_mip.learning.learners.neural.settings import NetworkSettings
from ssg_mip.learning.learners.schedules import Course
from tests.oracles.games import agreement_game

torch = pytest.importorskip("torch")
arena = pytest.importorskip("ssg_mip.learning.learners.neural.arena")
networks = pytest.importorskip("ssg_mip.learning.learners.neural.networks")
replay = pytest.importorskip("ssg_mip.learning.learners.neural.replay")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_stack_is_as_many_ordinary_networks() -> None:
    """Run by run the same outputs and the same gradients as PyTorch's own layers with these weights."""
    stack = networks.StackedNetworks(3, 4, 5, 2, generator())
    given = torch.rand((3, 6, 4), generator=generator(1))
    outputs = stack(given)
    outputs.square().mean(dim=(1, 2)).sum().backward()
    for run in range(3):
        layers = []
        for weight, bias in zip(stack.weights, stack.biases, strict=True):
            layer = torch.nn.Linear(*weight.shape[1:])
            layer.weight.data, layer.bias.data = weight.data[run].T.contiguous(), bias.data[run, 0]
            layers += [layer, torch.nn.ReLU()]
        one = torch.nn.Sequential(*layers[:-1])
        torch.testing.assert_close(one(given[run]), outputs[run])
        one(given[run]).square().mean().backward()
        for layer, weight in zip(layers[::2], stack.weights, strict=True):
            torch.testing.assert_close(layer.weight.grad.T, weight.grad[run])
    assert not torch.equal(outputs[0], outputs[1])


def test_gumbel_softmax_samples_the_softmax() -> None:
    """The largest component of a relaxed sample falls as the softmax does, and the sample is a distribution."""
    logits = torch.log(torch.tensor([0.5, 0.3, 0.2])).expand(20_000, 3)
    sample = networks.gumbel_softmax(logits, 0.7, generator())
    torch.testing.assert_close(sample.sum(dim=1), torch.ones(20_000))
    shares = torch.bincount(sample.argmax(dim=1), minlength=3) / 20_000
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.3, 0.2]), atol=0.015, rtol=0.0)


def test_joint_actions_are_encoded_as_three_ones() -> None:
    game = agreement_game(1, 11).to_game()
    tensors = arena.Arena(game)
    encoded = tensors.encode(tensors.row_state, tensors.row_leader, tensors.row_follower)
    states, leaders, _ = tensors.sizes
    assert encoded.shape == (game.num_rows, sum(tensors.sizes))
    assert encoded.sum(dim=1).tolist() == [3.0] * game.num_rows
    assert encoded[:, :states].argmax(dim=1).tolist() == game.row_state.tolist()
    assert encoded[:, states : states + leaders].argmax(dim=1).tolist() == game.row_leader.tolist()
    assert encoded[:, states + leaders :].argmax(dim=1).tolist() == game.row_follower.tolist()
    rows = tensors.row(tensors.row_state, tensors.row_leader, tensors.row_follower)
    assert rows.tolist() == list(range(game.num_rows))
    assert (tensors.leader_mask == 0.0).sum(dim=1).tolist() == game.leader_counts.tolist()


def test_asking_once_is_asking_each_time() -> None:
    """A batch larger than the game: the same outputs and the same gradients as one question for each of its entries."""
    tensors = arena.Arena(agreement_game(1, 11).to_game())
    states, count = tensors.sizes[0], len(tensors.row_state)
    of_states = networks.StackedNetworks(2, states, 5, 3, generator())
    of_rows = networks.StackedNetworks(2, sum(tensors.sizes), 5, 1, generator(1))
    state = torch.randint(states, (2, 4 * states), generator=generator(2))
    row = torch.randint(count, (2, 4 * count), generator=generator(3))
    parts = [tensors.row_state[row], tensors.row_leader[row], tensors.row_follower[row]]
    for stack, together, each in (
        (of_states, tensors.at_states(of_states, state), of_states(tensors.encode_state(state))),
        (of_rows, tensors.at_rows(of_rows, row), of_rows(tensors.encode(*parts)).squeeze(2)),
    ):
        torch.testing.assert_close(together, each)
        found, due = (torch.autograd.grad(one.square().sum(), list(stack.parameters())) for one in (together, each))
        for mine, theirs in zip(found, due, strict=True):
            torch.testing.assert_close(mine, theirs)


def test_the_memory_forgets_the_oldest() -> None:
    memory = replay.ReplayMemory(2, 3)
    for step in range(5):
        memory.add(torch.tensor([step, 10 + step]), torch.tensor([0, 1]), torch.zeros((2, 2)))
    batch = memory.sample(200, generator())
    assert set(batch.row[0].tolist()) == {2, 3, 4}
    assert set(batch.row[1].tolist()) == {12, 13, 14}
    assert batch.next_state[1].tolist() == [1] * 200


def test_defaults_follow_the_paper_where_it_prints_them() -> None:
    schedule = NetworkSettings().schedule()
    assert schedule.epsilon(999) == 1.0
    assert schedule.epsilon(2000) < 0.5


def test_large_games_are_encoded_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learning is the same whatever the size of the parts."""
    actor_critic = pytest.importorskip("ssg_mip.learning.learners.actor_critic")
    game = agreement_game(1, 11).to_game()
    settings = actor_critic.Settings(random_steps=20, hidden=8, batch=8, target_every=5)
    whole = actor_critic.learn(game, settings, 0, Course(steps=80, runs=2))
    monkeypatch.setattr(arena, "MOST_INPUTS", 1)
    assert len(arena.Arena(game).split(torch.zeros((2, game.num_states), dtype=torch.long))) == game.num_states > 1
    parts = actor_critic.learn(game, settings, 0, Course(steps=80, runs=2))
    assert (whole.curve.rows == parts.curve.rows).all()
    for one, other in zip(whole.executions, parts.executions, strict=True):
        assert [one.answer(s, 0) for s in range(game.num_states)] == [
            other.answer(s, 0) for s in range(game.num_states)
        ]
