"""Child processes that write to a store, fork, and are killed."""
