"""Runs checks: draws their data, watches for hangs, keeps the outcome."""
