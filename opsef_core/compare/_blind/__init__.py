"""Without truth: agreement between families of methods, the score it lets one expect, what people say."""
