"""Two-player general-sum stochastic Stackelberg games: the leader's Pareto front, with proven bounds.

Only NumPy is imported here; modelling, file and graph libraries are loaded by the functions that need them.
"""

from ssg_mip.best_response import best_response
from ssg_mip.builder import GameBuilder
from ssg_mip.files import read_instance, write_instance
from ssg_mip.game import Game
from ssg_mip.graph import game_from_graph, reachable_states, state_graph, strongly_connected_components
from ssg_mip.policy import FollowerPolicy, LeaderPolicy

__all__ = [
    "FollowerPolicy",
    "Game",
    "GameBuilder",
    "LeaderPolicy",
    "best_response",
    "game_from_graph",
    "reachable_states",
    "read_instance",
    "state_graph",
    "strongly_connected_components",
    "write_instance",
]
