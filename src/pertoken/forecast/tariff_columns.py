"""Columns of the tariffs' arrays, by number, as compiled loops look them up."""

ON, OPENS, CLOSES, GOES_ON = range(4)
"""By month: whether it holds, where its window begins and ends, whether it holds in the next month, too."""

CHARGES, STEPS, POOLS, SLOTS, PLAIN, POOLED, SIMPLE = range(7)
"""Of a card: where its rows begin, how many lines it has, whether it has neither steps nor pools, whether pools,
whether all its charges are curves of the month or fees of each month, and nothing follows them."""

FEE, LONG, ROW, FREE_FIRST, ROUNDS, DRAWS, BLOCKED, TIERS = range(8)
"""Of a charge: a fee; of several months; where its sum is kept; free before rounding; how rounded; whether a pool
covers it; whether the rest is not sold; where its tiers begin."""

BASE, RATE, SCALE, FREE, SIZE, BEYOND = range(6)
"""Of a charge: intercept, slope, priced units for one counted, free units, power of ten that is rounded to, factor on
the price of what a pool doesn't cover."""

BOUND, SLOPE, JUMP = range(3)
"""Of a tier: where it begins, by how much the slope changes there, by how much the charge jumps."""

KIND, ROW_OF_STEP, OWN, ALL, LINES = range(5)
"""Of a step: what it is, where its sum is kept, its own line, whether it is on all, where its list begins."""

VALUE = 0
"""Of a step: its factor or money."""

PERCENT, AMOUNT, LEAST, MOST_OF_ALL, CREDIT = range(5)
"""Kinds of steps."""

OF_MONEY, RENEWS, PAYS, REFUNDS, KEEP, ORIGINAL, ROW_OF_POOL, DRAWING = range(8)
"""Of a pool: holds money; another term follows; when it is paid; the rest is paid back; cycles that the rest is kept;
the share is of the grant; where its balances are kept; where its list begins."""

TERM, GRANT, COST, MONTHLY_PAY, SHARE, MOST, OVER = range(7)
"""Of a pool: months of its term, grant, money for a unit, payment of a month, share carried on, the most carried,
factor on what it doesn't cover."""

AT_GRANT, AS_USED, NEVER, MONTHLY = range(4)
"""When a pool is paid."""

LIST, DISCOUNT, MINIMUM, MAXIMUM, COVERED, DRAWN, UNUSED, PURCHASE, REFUND = range(9)
"""Stages."""
