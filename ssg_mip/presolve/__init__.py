"""Makes a game smaller before it is solved, without loss, and leads answers back."""
