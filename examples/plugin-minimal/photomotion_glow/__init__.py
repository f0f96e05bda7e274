"""A soft glow for photomotion's films."""
