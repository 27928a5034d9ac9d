"""`pertoken prices gpus`: what a GPU-hour costs."""

from decimal import Decimal

import click

from pertoken import workbench
from pertoken.catalog.machines import PURCHASES, Purchase
from pertoken.cli.options import Delivery, deliver, outputs
from pertoken.core.errors import InputError


class Share(click.ParamType[Decimal]):
    """A share of the price, as 0.3 or 30%."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read `30%` as 0.3.

        >>> Share().convert("30%", None, None)
        Decimal('0.3')
        """
        text = str(value).strip()
        try:
            return Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ArithmeticError:
            self.fail(f"{value!r} is no share; expected for example 0.3 or 30%", param, ctx)


@click.command()
@click.argument("name", default="")
@click.option("--gpu", help="The GPU; the same as NAME.")
@click.option("--provider", default="", help="Who rents it out, as aws or runpod.")
@click.option("--region", default="", help="Where it stands, as us-east-1.")
@click.option("--purchase", type=click.Choice(PURCHASES), help="How it is bought.")
@click.option("--discount", type=Share(), help="Share off the on-demand price that you have been granted.")
@click.option("--catalog", metavar="FILE", help="Instances as SkyPilot writes them, as aws/vms.csv.")
@outputs
def command(
    name: str,
    gpu: str | None,
    provider: str,
    region: str,
    purchase: Purchase | None,
    discount: Decimal | None,
    catalog: str | None,
    *,
    delivery: Delivery,
) -> None:
    """What does an hour of the GPU NAME cost, and where?

    Example: pertoken prices gpus h100 --purchase spot
    """
    from pertoken.present.gpus import sheet

    if name and gpu and name != gpu:
        msg = f"two GPUs, {name} and {gpu}; say one"
        raise InputError(msg)
    found = workbench.gpus(
        name or gpu or "", provider=provider, region=region, purchase=purchase, discount=discount, catalog=catalog
    )
    shown = found.gpus if name or gpu else ()
    deliver(sheet(found.offers, shown), delivery, short=sheet(found.offers, shown, brief=True))
