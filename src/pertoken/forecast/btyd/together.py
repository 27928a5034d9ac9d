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


def apart(place: Values, repeats: Values, last: Values, age: Values) -> Values:
    """Tell the log likelihoods of each customer's fates apart: to live on, to have died, to have died at once.

    Args:
        place: Parameters of a law.
        repeats: As `likely` takes them.
        last: As above.
        age: As above.

    Returns:
        Shape `(3, customer)`.
    """
    out = np.empty((3, len(repeats)))
    fates(place, repeats, last, age, np.zeros((5, int(age.max(initial=0)) + 1)), out)
    return out


@Loop
def written(place, room):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Write down, by periods: sums of logs of active, idle and all tries; of staying; of leaving right after."""
    active, idle, leave, stays = place[0], place[1], place[2], place[3]
    yes, no, tries, stay, die = room[0], room[1], room[2], room[3], room[4]
    yes[0], no[0], tries[0], stay[0] = 0.0, 0.0, 0.0, 0.0
    die[0] = np.log(leave / (leave + stays))
    for n in range(room.shape[1] - 1):
        yes[n + 1] = yes[n] + np.log(active + n)
        no[n + 1] = no[n] + np.log(idle + n)
        tries[n + 1] = tries[n] + np.log(active + idle + n)
        stay[n + 1] = stay[n] + np.log((stays + n) / (leave + stays + n))
        die[n + 1] = stay[n + 1] + np.log(leave / (leave + stays + n + 1))


@Loop
def dead_of(room, x, last, age):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Log likelihood of having died at some time since the last active period, less that of the active ones."""
    no, tries, die = room[1], room[2], room[4]
    highest, total = -np.inf, 0.0
    for k in range(last, age):
        log = no[k - x] - tries[k] + die[k]
        if log > highest:
            total = total * np.exp(highest - log) + 1.0
            highest = log
        else:
            total += np.exp(log - highest)
    return highest + np.log(total) if total > 0 else highest


@Loop
def fates(place, repeats, last, age, room, out):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, PLR0917
    """Find them in room that is given, see `apart`."""
    written(place, room)
    yes, no, tries, stay, die = room[0], room[1], room[2], room[3], room[4]
    for i in range(len(repeats)):
        x, t = repeats[i], last[i]
        out[0, i] = yes[x] + no[age[i] - x] - tries[age[i]] + stay[age[i]]
        out[1, i] = yes[x] + dead_of(room, x, t, age[i])
        out[2, i] = yes[x] + no[t - x] - tries[t] + die[t]


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
    yes, no, tries, stay, die = room[0], room[1], room[2], room[3], room[4]
    for p in range(len(places)):
        written(places[p], room)
        for i in range(len(repeats)):
            x, t = repeats[i], last[i]
            if gone[i]:
                out[p] += count[i] * (yes[x] + no[t - x] - tries[t] + die[t])
                continue
            living = no[age[i] - x] - tries[age[i]] + stay[age[i]]
            dead = dead_of(room, x, t, age[i])
            highest = max(living, dead)
            out[p] += count[i] * (yes[x] + highest + np.log(np.exp(living - highest) + np.exp(dead - highest)))
