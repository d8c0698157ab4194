"""The game, its policies, and how both are made and looked at."""
