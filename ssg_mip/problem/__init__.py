"""What is asked of a game: weights over states and scalarisations."""
