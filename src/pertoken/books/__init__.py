"""Reading and spreading ledgers: statement, unit economics, allocation."""
