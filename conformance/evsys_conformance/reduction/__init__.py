"""Makes a failing program as short and as plain as possible, while it still fails."""
