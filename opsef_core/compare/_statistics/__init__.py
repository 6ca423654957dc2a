"""How sure a ranking is: intervals, paired tests, what it costs, and the verdict in words."""
