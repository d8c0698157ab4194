"""Two-player general-sum stochastic Stackelberg games: the leader's Pareto front, with proven bounds."""

from ssg_mip.best_response import best_response
from ssg_mip.builder import GameBuilder
from ssg_mip.game import Game
from ssg_mip.policy import FollowerPolicy, LeaderPolicy

__all__ = ["FollowerPolicy", "Game", "GameBuilder", "LeaderPolicy", "best_response"]
