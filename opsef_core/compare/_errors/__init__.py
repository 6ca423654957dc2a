"""What became of each object: found, missed, split, merged, invented; and on what it depends."""
