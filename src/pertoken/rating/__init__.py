"""The verb: usage rated by a card becomes a ledger."""
