"""Customers who buy until they die, unseen: closed forms, and simulators that draw from what history leaves open."""
