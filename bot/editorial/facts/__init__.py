"""Which facts a story of job cuts states: `extract.extract` is the way in, the other modules decide one fact each."""
