"""The whole front between attained points and proven bounds."""
