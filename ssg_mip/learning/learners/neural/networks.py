"""Small fully connected networks, many independent ones at once.

A hundred runs of a learner on a small game are a hundred tiny networks; one at a time they cost a hundred times the
overhead of a call. Here the weights of all runs are stacked along a first axis ``runs`` and multiplied together, so
that run ``k`` sees its own weights and its own data only: the gradient of a sum of losses over runs is, block by block,
the gradient of every run, and Adam works element by element.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise

import torch
from torch import Tensor

SMALLEST_UNIFORM = 1e-20
"""Keeps the logarithms of Gumbel noise finite; single precision ends at 1e-38."""

MOST_WRITTEN_OUT = 500
"""Inputs up to which zeros and ones are written out and multiplied."""


class StackedNetworks(torch.nn.Module):
    """``runs`` networks of three layers with rectified linear units between them (Zhang et al., "Algorithms").

    Parameters
    ----------
    runs
        Number of networks.
    inputs, hidden, outputs
        Widths.
    generator
        Draws the weights, uniformly in ``+- 1 / sqrt(fan-in)`` as PyTorch does for one network.
    """

    def __init__(self, runs: int, inputs: int, hidden: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        widths = (inputs, hidden, hidden, outputs)
        self.weights = torch.nn.ParameterList()
        self.biases = torch.nn.ParameterList()
        for fan_in, fan_out in pairwise(widths):
            bound = 1.0 / math.sqrt(fan_in)
            for shape, target in (((runs, fan_in, fan_out), self.weights), ((runs, 1, fan_out), self.biases)):
                drawn = torch.rand(shape, generator=generator) * (2.0 * bound) - bound
                target.append(torch.nn.Parameter(drawn))

    def forward(self, given: Tensor) -> Tensor:
        """``[runs, batch, inputs]`` to ``[runs, batch, outputs]``."""
        return self._after_first(torch.baddbmm(self.biases[0], given, self.weights[0]))

    def of_indices(self, indices: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
        """The outputs for index arrays ``[runs, batch]`` as zeros and ones (:func:`one_hot`).

        Wide inputs are not written out: each one picks a row of the first weights.
        """
        if sum(sizes) <= MOST_WRITTEN_OUT:
            return self(one_hot(indices, sizes))
        run = torch.arange(indices[0].shape[0]).unsqueeze(1)
        starts = accumulate(sizes, initial=0)
        picked = [self.weights[0][run, index + start] for index, start in zip(indices, starts, strict=False)]
        return self._after_first(self.biases[0] + torch.stack(picked).sum(dim=0))

    def _after_first(self, signal: Tensor) -> Tensor:
        """What the other layers make of the first one's sums."""
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            signal = torch.baddbmm(bias, torch.relu(signal), weight)
        return signal

    def copy_from(self, other: StackedNetworks) -> None:
        """Take the weights of networks of the same shape: how a target network follows (Mnih et al. 2015)."""
        with torch.no_grad():
            for mine, theirs in zip(self.parameters(), other.parameters(), strict=True):
                mine.copy_(theirs)


def one_hot(indices: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
    """Index arrays ``[...]`` side by side as zeros and ones, shape ``[..., sum(sizes)]``."""
    shape = indices[0].shape
    encoded = torch.zeros((*shape, sum(sizes)))
    start = 0
    for index, size in zip(indices, sizes, strict=True):
        encoded.scatter_(-1, (index + start).unsqueeze(-1), 1.0)
        start += size
    return encoded


def gumbel_softmax(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """A relaxed sample of the softmax of ``logits`` over the last axis (Jang, Gu & Poole 2016).

    As ``torch.nn.functional.gumbel_softmax``, which takes no generator of its own.
    """
    uniform = torch.rand(logits.shape, generator=generator).clamp_min(SMALLEST_UNIFORM)
    noise = -torch.log((-torch.log(uniform)).clamp_min(SMALLEST_UNIFORM))
    return torch.softmax((logits + noise) / temperature, dim=-1)
