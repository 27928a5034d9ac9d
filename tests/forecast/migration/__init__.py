"""Customers who are moved to another plan."""
