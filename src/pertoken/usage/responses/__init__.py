"""What vendors' responses say of usage: a module for each convention, which makes disjoint leaves of the counts."""
