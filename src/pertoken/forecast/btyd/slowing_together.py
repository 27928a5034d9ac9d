"""Together: the likelihood of many histories under many laws of slowing down, compiled."""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.btyd.purchases import Dated
from pertoken.machine.loop import Loop


def together(places: Values, seen: Dated, count: Values) -> Values:
    """Find the log likelihood of all customers by each law, shape `(place,)`.

    Args:
        places: Parameters `r`, `alpha`, `slow`, `stay`, `left` of the laws, shape `(place, 5)`.
        seen: Histories.
        count: How many customers have each, shape `(history,)`.
    """
    rise = np.argsort(seen.age, kind="stable")  # what depends on the age alone is reckoned once
    most = max(seen.so_far.shape[1], int(seen.repeats.max(initial=0)) + 1)
    out = np.zeros(len(places))
    whole = [each[rise].astype(np.int64) for each in (seen.repeats, seen.age, seen.so_far)]
    likely(places, *whole, count[rise], np.zeros((5, most + 1)), out)
    return out


@Loop
def written(place, room):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Write down log chances of not having slowed, and of slowing then, by period; sums of log(r + j) by purchase."""
    r, slow, stay = place[0], place[2], place[3]
    never, then, rising = room[0], room[1], room[2]
    never[0], rising[0] = 0.0, 0.0
    for k in range(room.shape[1] - 1):
        then[k] = never[k] + np.log(slow / (slow + stay + k))
        never[k + 1] = never[k] + np.log((stay + k) / (slow + stay + k))
        rising[k + 1] = rising[k] + np.log(r + k)


@Loop
def likely(places, repeats, age, so_far, count, room, out):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, PLR0917  numba's
    """Find it in room that is given.

    Args:
        places: As above.
        repeats: Purchases after the first.
        age: Periods watched, rising.
        so_far: Purchases after each number of periods, shape `(history, period + 1)`.
        count: How many customers have the history.
        room: Five rows, longer than the most periods and the most purchases.
        out: Log likelihoods; added to.
    """
    never, then, rising, worth, logs = room[0], room[1], room[2], room[3], room[4]
    for p in range(len(places)):
        r, alpha, left = places[p, 0], places[p, 1], places[p, 4]
        written(places[p], room)
        fall, of = np.log(left), -1
        for i in range(len(repeats)):
            x, t = repeats[i], age[i]
            if t != of:
                of = t
                for k in range(t + 1):
                    worth[k] = np.log((alpha + k + left * (t - k)) / alpha)
            highest = never[t] - (r + x) * worth[t]
            logs[t] = highest
            for k in range(t):
                logs[k] = then[k] - (r + x) * worth[k] + fall * (x - so_far[i, k])
                highest = max(highest, logs[k])
            total = 0.0
            for k in range(t + 1):
                total += np.exp(logs[k] - highest)
            out[p] += count[i] * (rising[x] - x * np.log(alpha) + highest + np.log(total))
