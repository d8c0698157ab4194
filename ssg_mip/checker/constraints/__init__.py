"""Constraints on the leader's policy as documents state them, judged in exact arithmetic by the words themselves."""
