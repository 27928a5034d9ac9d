"""Migration: customers are offered another plan; who moves, what they use then, who leaves, and what that earns."""
