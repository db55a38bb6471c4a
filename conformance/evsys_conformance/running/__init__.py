"""Runs programs and checks: draws their data, watches for hangs, keeps the outcome."""
