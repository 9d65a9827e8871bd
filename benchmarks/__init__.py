"""gridplan beside its peers: the same problems, the same limits, one judge."""
