"""Where something may be built: candidate places, what may stand there, what it costs, whom it reaches."""
