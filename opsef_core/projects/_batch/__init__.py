"""The parts of a batch: what it runs on, whether that is done already, the processes at work, what is kept."""
