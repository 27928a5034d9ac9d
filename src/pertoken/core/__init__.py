"""The ground: what a number means. Meters, periods, money, lines, conditions, errors."""
