"""Course: one contract through the months of a model: which flow is priced by what, when each part of a card holds.

All of it is told by the house's own rating, from lines that stand for the flows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from pertoken.catalog.prices import STANDARD, Rate
from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Usage
from pertoken.rating.assign import Assignment, Claim, asked_by, assign
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.rating.during import During, Prorate, Window
from pertoken.rating.job import Job
from pertoken.rating.unpriced import without_price
from pertoken.rating.windows import Windows
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.model import Flow
from pertoken.usage.question import PRICE_FROM, above_key


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period of a contract, in months of the model counted from its first.

    Args:
        begin: Month in which it begins.
        end: Month in which it is over.
        share: Part of it in which the contract runs.
    """

    begin: int
    end: int
    share: Decimal


@dataclass(frozen=True, eq=False)
class Course:
    """A contract on a card.

    Args:
        card: The card.
        flows: Its usage.
        months: Labels of the months of the model.
        begins: The contract's first month; may be before the model.
        ends: The month in which it is over; empty for no end.
        strict: True to refuse a flow that no charge prices.
    """

    card: Card
    flows: tuple[Flow, ...]
    months: tuple[str, ...]
    begins: str
    ends: str
    strict: bool = True

    @cached_property
    def labels(self) -> dict[str, str]:
        """Labels that name the contract."""
        found = {}
        for name in self.card.scope:
            every = {flow.labels.get(name, "") for flow in self.flows} - {""}
            if len(every) > 1:
                msg = f"card {self.card.name!r}: flows of {', '.join(sorted(every))}; expected those of one {name}"
                raise InputError(msg)
            found[name] = next(iter(every), "one")
        return found

    @cached_property
    def runs(self) -> tuple[int, ...]:
        """Months of the model in which the contract runs."""
        said = self.card.during
        return tuple(
            i
            for i, label in enumerate(self.months)
            if self.begins <= label
            and (not self.ends or label < self.ends)
            and (said.start is None or said.start <= _first_day(label))
            and (said.end is None or _first_day(label) < said.end)
        )

    @cached_property
    def job(self) -> Job:
        """The card at work on a line for each flow and month."""
        stated = [
            Contract(
                card=self.card.name,
                labels=self.labels,
                start=_first_day(self.begins),
                end=_first_day(self.ends) if self.ends else None,
            )
        ]
        span = _first_day(self.months[0]), _day_after(self.months[-1])
        return Job(self.card, self._lines(), stated, span, self.card.during.tz or "UTC", exact=True)

    @cached_property
    def usage(self) -> Usage:
        """A line for each flow and month of the run, with what holds of the card then."""
        return self.job.usage.with_keys(**self.job.in_time())

    def _lines(self) -> Usage:
        anchor = self.card.during.anchor
        if anchor not in (None, 1, "start"):
            raise refused(self.card, f"its periods begin on the {anchor}th", "say anchor: start", self.card.during.line)
        usual, asked = self._usual(), asked_by(self.card)
        names = {*self.every_label, "meter", *(asked & set(usual) if self.flows else asked - set(period.GRAINS))}
        columns = {name: self._of_flows([self._label(flow, name, usual) for flow in self.flows]) for name in names}
        for name in sorted(asked & set(self.card.bands)):
            bounds = columns[above_key(self.card.bands[name].of)]
            above = self.card.bands[name].above
            columns[name] = bounds.relabel({b: str(int(b or 0) >= above).lower() for b in bounds.labels})
        months = self._of_months([self.months[month] for month in self.runs])
        days = self._of_months([f"{self.months[month]}-01" for month in self.runs])
        timed = {"month": months} | ({PRICE_FROM: days} if PRICE_FROM in asked else {})
        return Usage({**columns, **timed}, {"quantity": np.ones(len(months), dtype=np.int64)})

    def _of_flows(self, labels: Sequence[str]) -> Key:
        key = Key.of(labels)
        return Key(np.repeat(key.codes, len(self.runs)), key.labels)

    def _of_months(self, labels: Sequence[str]) -> Key:
        key = Key.of(labels)
        return Key(np.tile(key.codes, len(self.flows)), key.labels)

    def _usual(self) -> dict[str, str]:
        """What a flow is, where it doesn't say."""
        usual = {"batch": "false", "service_tier": STANDARD, "speed": STANDARD, "region": "", "provider": ""}
        usual |= {rate.window.key: "false" for rate in self.card.rates if rate.window}
        of = {band.of for band in self.card.bands.values()} | {"prompt_tokens"}
        return {**usual, **{above_key(each): "0" for each in of}}

    def _label(self, flow: Flow, name: str, usual: Mapping[str, str]) -> str:
        return self.labels.get(name) or flow.labels.get(name) or usual.get(name, "")

    @cached_property
    def assignment(self) -> Assignment:
        """Which charge takes which line.

        Raises:
            UnpricedUsage: A flow that no charge prices, where that is refused.
        """
        found = assign(self.usage, [self.card])
        if self.strict and any(found.unpriced):
            raise without_price(self.usage.pick(np.array(found.unpriced, dtype=bool)[found.combos.of_line]))
        return found

    @property
    def unpriced(self) -> dict[int, tuple[int, ...]]:
        """List the flows that no charge prices, by their place, with the months in which none does."""
        none = self.assignment.unpriced
        found = {
            flow: tuple(month for month, code in zip(self.runs, codes, strict=True) if none[code])
            for flow, codes in enumerate(self._codes)
        }
        return {flow: months for flow, months in found.items() if months}

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What each charge takes, in the order of the card."""
        return self.assignment.claims

    def taken(self, claim: Claim) -> Iterator[tuple[int, Decimal]]:
        """List the flows that a charge takes, by their place, each with its weight."""
        for flow, codes in enumerate(self._codes):
            weights = {claim.weight[code] for code in codes} - {None}
            for weight in weights:
                assert weight is not None  # noqa: S101  taken out above
                yield flow, weight

    def rates(self, claim: Claim, flow: int) -> list[Rate | None]:
        """List the rates of a flow month by month of the contract's run."""
        return [claim.rates[code] for code in self._codes[flow]]

    @cached_property
    def _codes(self) -> list[list[int]]:
        if not self.flows:
            return []
        codes = self.assignment.combos.of_line.reshape(len(self.flows), len(self.runs))
        return [[int(code) for code in row] for row in codes]

    @cached_property
    def every_label(self) -> tuple[str, ...]:
        """Names of all labels that flows have."""
        return tuple(sorted({name for flow in self.flows for name in flow.labels} | set(self.card.scope)))

    @cached_property
    def telling(self) -> frozenset[str]:
        """Names of the labels that tell flows apart."""
        return frozenset(n for n in self.every_label if len({flow.labels.get(n, "") for flow in self.flows}) > 1)

    def group(self, flow: int, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Read some labels of a flow; those that no usage has are left out."""
        line, keys = flow * len(self.runs), self.usage.keys
        return tuple((n, keys[n].labels[keys[n].codes[line]]) for n in names if n in keys) if self.runs else ()

    def holds(self, during: During) -> tuple[bool, ...]:
        """Tell in which months a part of the card holds.

        Raises:
            InputError: It begins or ends inside a month.
        """
        opened, closed = (edge[0] for edge in self.job.contracts.holds(during))
        first, last = self.month(opened), self.month(closed)
        for edge in (opened, closed):
            if edge != edge.astype("datetime64[M]").astype("datetime64[s]"):
                what = f"a part of it begins or ends on {str(edge)[:10]}, inside a month"
                raise refused(self.card, what, "let it begin on the first of a month", during.line)
        return tuple(first <= month < last for month in range(len(self.months)))

    def windows(self, grain: Window, during: During, *, prorate: Prorate | None, what: str) -> list[Stretch]:
        """List the periods in which the contract runs and a part of the card holds."""
        self.holds(during)
        return self.stretches(self.job.contracts.windows(grain, during, prorate=prorate, what=what))

    def stretches(self, found: Windows) -> list[Stretch]:
        """Say periods in months of the model."""
        shares = [Decimal(int(part)) / Decimal(int(whole)) for part, whole in zip(found.part, found.whole, strict=True)]
        edges = zip(found.begin, found.end, shares, strict=True)
        return [Stretch(self.month(begin), self.month(end), share) for begin, end, share in edges]

    def month(self, moment: Any) -> int:  # noqa: ANN401  a time of NumPy
        """Count the months from the model's first to a moment."""
        first = np.datetime64(self.months[0], "M")
        return int((moment.astype("datetime64[M]") - first).astype(np.int64))


def _first_day(label: str) -> date:
    return date.fromisoformat(f"{period.check(label, 'month')}-01")


def _day_after(label: str) -> date:
    year, month = int(label[:4]), int(label[5:])
    return date(year + month // 12, month % 12 + 1, 1)
