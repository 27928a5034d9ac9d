"""What a forecast rests on: every belief, what the history made of it, and who says so."""

from pertoken.forecast.answer import Forecast
from pertoken.forecast.signed import SIGNED
from pertoken.present.sheet import Cell, Column, Table


def beliefs(answer: Forecast) -> Table:
    """Every number that was believed before the history spoke, and what the two say together."""
    laws = range(len(answer.fitted.of.laws))
    made = [row for code in laws for row in _of_segment(answer, code)] + _of_all(answer)
    columns = (
        Column("belief", "What", "text"),
        Column("prior", "Prior", "quantity"),
        Column("used", "Used", "quantity"),
        Column("says", "Who says", "text"),
    )
    rows = tuple((what, _round(prior), _round(used), who) for what, prior, used, who in made)
    return Table("beliefs", "What it rests on", columns, rows, total=False)


def _of_segment(answer: Forecast, code: int) -> list[tuple[Cell, ...]]:
    """What is believed of the customers of one segment."""
    fitted, priors = answer.fitted, answer.fitted.priors
    law, said = fitted.of.laws[code], fitted.growth.data_share[code]
    where = f" ({law.name})" if len(fitted.of.laws) > 1 else ""
    there = int((fitted.of.people.segment == code).sum())
    rows: list[tuple[Cell, Cell, Cell, str]] = [
        ("growth of those who are there, log a month", priors.growth.rate, float(fitted.growth.rate[code]),
         "prior, not data" if said == 0 else f"{said:.0%} data"),
        ("its error, a month", priors.growth.spread, float(fitted.growth.error[code]), "both"),
        ("newcomers a month", priors.arrivals.share * there, float(fitted.arrivals.rate[code]),
         f"{fitted.arrivals.seen[code]:.0f} seen"),
        ("shape of the tail of their sizes", priors.arrivals.tail, law.tail, _who(priors.arrivals.tail, law.tail)),
        ("chance to leave, first month", priors.retention.churn, float(law.leave[0]), "both"),
        ("chance to leave, twelfth month", None, float(law.leave[min(11, len(law.leave) - 1)]), "both"),
        ("chance to come back, a month", priors.retention.back, law.back, _who(priors.retention.back, law.back)),
        ("own swing that is gone a month later, log", priors.swings.noise, law.noise,
         _who(priors.swings.noise, law.noise)),
        ("own swing that stays, log a month", priors.swings.walk, law.walk, _who(priors.swings.walk, law.walk)),
    ]  # fmt: skip
    return [(f"{what}{where}", *rest) for what, *rest in rows]


def _of_all(answer: Forecast) -> list[tuple[Cell, ...]]:
    """What is believed of all customers together."""
    fitted, priors = answer.fitted, answer.fitted.priors
    growth, arrivals = priors.growth, priors.arrivals
    alone = "prior, not data"
    return [
        ("least error of growth: how much a rate turns", growth.turn, growth.turn, alone),
        ("growth left after a month (damping)", None, fitted.growth.damping, alone),
        ("error of growth left after a month", None, fitted.growth.lasting, alone),
        ("shared swing of a month", growth.shock, fitted.growth.shock, _who(growth.shock, fitted.growth.shock)),
        ("how much of it is left a month later", growth.shock_stays, fitted.growth.shock_stays, alone),
        ("swing of a segment apart", growth.segment_shock, fitted.growth.segment_shock, alone),
        ("error of the arrivals, log", arrivals.error, fitted.arrivals.error, "both"),
        ("more of it with each month", arrivals.turn, arrivals.turn, alone),
        ("size of the negative binomial of arrivals", arrivals.size, fitted.arrivals.size, alone),
        *([("usage of who has signed against the plan, log", priors.signed.spread, priors.signed.spread, alone)]
          if SIGNED in answer.parts.get("cohort", {}) else []),
    ]  # fmt: skip


def _who(prior: float, used: float) -> str:
    """Say whether the history moved what was believed."""
    return "prior, not data" if abs(used - prior) <= 1e-9 * abs(prior) else "both"


def _round(value: Cell) -> Cell:
    return None if value is None or isinstance(value, str) else float(f"{float(value):.4g}")
