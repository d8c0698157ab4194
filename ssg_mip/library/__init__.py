"""Games of the literature as functions that return a :class:`~ssg_mip.Game`.

====================================  ==================================================================
function                              the game
====================================  ==================================================================
:func:`actor_critic_trap`             two fixed points of learning state by state, one of them wrong
:func:`bimatrix_game`                 one round, from two payoff tables
:func:`funnel`                        a shop and a customer on the way to a purchase
:func:`garnet`                        random games of the size that tests of large methods use
:func:`highway_merge`                 two cars, one lane that ends: who goes first?
:func:`iterated_game`                 a two-by-two game, repeated with one step of memory
:func:`iterated_prisoners_dilemma`    the best known of them
:func:`kudo_akimoto_figure_1`         two states, no equilibrium, a front of two points
:func:`matrix_game`                   the classics of one round, by name (:data:`MATRIX_GAMES`)
:func:`policy_teaching`               a teacher shifts the world of a learner who does not know it
:func:`pursuit`                       a guard and a poacher, both moving on a grid
:func:`queue`                         two queues with tolls, and customers who choose
:func:`random_game`                   random rewards and transitions from a seed
:func:`robots`                        two robots whose ways across a grid meet
:func:`security_grid`                 guards on targets, an attacker who walks over a grid
:func:`supply`                        a supplier's prices and a retailer's orders
:func:`two_goals`                     two agents meet in a grid, at the 10 or at the 20
====================================  ==================================================================

:func:`correlated_payoffs` draws random tables for :func:`bimatrix_game`. Each function says where its game comes from
and, where that is known, what the answer is: ``game.source`` and ``game.known``.
"""

from ssg_mip.library.figure_one import kudo_akimoto_figure_1
from ssg_mip.library.grids import pursuit, robots
from ssg_mip.library.matrix_games import MATRIX_GAMES, MatrixGame, matrix_game
from ssg_mip.library.merge import highway_merge
from ssg_mip.library.payoffs import bimatrix_game, correlated_payoffs
from ssg_mip.library.random_games import garnet, random_game
from ssg_mip.library.repeated import iterated_game, iterated_prisoners_dilemma
from ssg_mip.library.security import security_grid
from ssg_mip.library.service import funnel, queue, supply
from ssg_mip.library.teaching import policy_teaching
from ssg_mip.library.trap import actor_critic_trap
from ssg_mip.library.two_goals import two_goals

__all__ = [
    "MATRIX_GAMES",
    "MatrixGame",
    "actor_critic_trap",
    "bimatrix_game",
    "correlated_payoffs",
    "funnel",
    "garnet",
    "highway_merge",
    "iterated_game",
    "iterated_prisoners_dilemma",
    "kudo_akimoto_figure_1",
    "matrix_game",
    "policy_teaching",
    "pursuit",
    "queue",
    "random_game",
    "robots",
    "security_grid",
    "supply",
    "two_goals",
]
