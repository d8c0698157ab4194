"""What a policy is worth: processes, best responses, bounds on values, and the units they are computed in."""
