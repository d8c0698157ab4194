"""Whether one policy is best in every state at once, and whether points are attained."""
