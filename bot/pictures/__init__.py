"""Pictures of job cuts, drawn in a process of their own: matplotlib is big, and a bot at rest should be small."""
