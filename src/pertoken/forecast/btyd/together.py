"""Together: the beta-geometric/beta-Bernoulli likelihood of many histories under many laws, compiled.

Ratios of gamma functions at whole steps are sums of logs: log G(a + n) - log G(a) = sum of log(a + j) over j < n.
"""

from typing import Any

import numpy as np

from pertoken.core.money import Values
from pertoken.machine.loop import Loop


def together(places: Values, *histories: Any) -> Values:  # noqa: ANN401  arrays as below
    """Find the log likelihood of all customers by each law, shape `(place,)`.

    Args:
        places: Parameters of the laws.
        histories: As `likely` takes them, `repeats` to `gone`.
    """
    most = int(histories[2].max(initial=0)) + 1
    out = np.zeros(len(places))
    likely(places, *histories, np.zeros((5, most)), out)
    return out


@Loop
def likely(places, repeats, last, age, count, gone, room, out):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, PLR0917  numba's
    """Find it in room that is given.

    Args:
        places: Parameters `active`, `idle`, `leave`, `stay` of the laws, shape `(place, 4)`.
        repeats: Active periods after the first, shape `(history,)`.
        last: Period of the last one.
        age: Periods watched.
        count: How many customers have the history.
        gone: Whether they are known to have left right after the last active period.
        room: Five rows, one longer than the most periods.
        out: Log likelihoods; added to.
    """
    most = room.shape[1] - 1
    yes, no, stay, die, tries = room[0], room[1], room[2], room[3], room[4]
    for p in range(len(places)):
        active, idle, leave, stays = places[p, 0], places[p, 1], places[p, 2], places[p, 3]
        for row in room:
            row[0] = 0.0
        die[0] = np.log(leave / (leave + stays))
        for n in range(most):
            yes[n + 1] = yes[n] + np.log(active + n)
            no[n + 1] = no[n] + np.log(idle + n)
            tries[n + 1] = tries[n] + np.log(active + idle + n)
            stay[n + 1] = stay[n] + np.log((stays + n) / (leave + stays + n))
            die[n + 1] = stay[n + 1] + np.log(leave / (leave + stays + n + 1))
        for i in range(len(repeats)):
            x, t = repeats[i], last[i]
            if gone[i]:
                out[p] += count[i] * (yes[x] + no[t - x] - tries[t] + die[t])
                continue
            highest = no[age[i] - x] - tries[age[i]] + stay[age[i]]
            total = 1.0
            for k in range(t, age[i]):
                log = no[k - x] - tries[k] + die[k]
                if log > highest:
                    total = total * np.exp(highest - log) + 1.0
                    highest = log
                else:
                    total += np.exp(log - highest)
            out[p] += count[i] * (yes[x] + highest + np.log(total))
