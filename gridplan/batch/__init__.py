"""Many jobs in one go: lists of configurations, and grids of settings."""
