"""Games that leave the leader few numbers to choose: one number to proof, up to four by lines, few pure policies all.

The space of policies is then so small that looking at all of it, or along lines through it, beats a search over the
follower's values.
"""
