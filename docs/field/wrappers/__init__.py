"""A thin wrapper for each logger: it forwards calls, and reads with the logger's own reader."""
