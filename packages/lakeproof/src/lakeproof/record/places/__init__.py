"""Where datasets keep what they hold, and how to let that be somewhere else."""
