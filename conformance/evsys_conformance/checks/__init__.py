"""The checks of the kit, a room per group of clauses."""
