"""What crosses a process boundary inside Conviction Gate: facts, activity inputs and results, limits."""
