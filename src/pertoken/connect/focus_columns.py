"""The columns of the FOCUS Cost and Usage dataset as a table: what each is, since which version, and what fills it."""

from dataclasses import dataclass
from typing import Literal

from pertoken.core.errors import InputError, nearest

Kind = Literal["text", "number", "time", "json"]

VERSIONS = ("1.0", "1.1", "1.2")
"""Versions of the specification, from old to new."""

COSTS = {"list": "ListCost", "contracted": "ContractedCost", "effective": "EffectiveCost", "billed": "BilledCost"}
"""Column of each of the four amounts."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the standard.

    Args:
        name: Its name in the standard.
        kind: What its cells are: text, a decimal number, a moment in UTC, or a JSON object.
        null: Whether a cell may be empty in some row.
        fill: Name of the fact that fills it (see `pertoken.connect.focus_rows`); empty for what is always empty.
        since: First version that has it.
        until: First version that no longer has it; empty for none.
        values: The allowed values; empty for any.
    """

    name: str
    kind: Kind
    null: bool
    fill: str
    since: str = "1.0"
    until: str = ""
    values: tuple[str, ...] = ()

    def stands_in(self, version: str) -> bool:
        """Whether a version has this column."""
        at = VERSIONS.index(version)
        return VERSIONS.index(self.since) <= at and (not self.until or at < VERSIONS.index(self.until))


CATEGORIES = {
    "AI and Machine Learning": (
        "AI Platforms", "Bots", "Generative AI", "Machine Learning", "Natural Language Processing",
        "Other (AI and Machine Learning)",
    ),
    "Analytics": (
        "Analytics Platforms", "Business Intelligence", "Data Processing", "Search", "Streaming Analytics",
        "Other (Analytics)",
    ),
    "Business Applications": ("Productivity and Collaboration", "Other (Business Applications)"),
    "Compute": (
        "Containers", "End User Computing", "Quantum Compute", "Serverless Compute", "Virtual Machines",
        "Other (Compute)",
    ),
    "Databases": (
        "Caching", "Data Warehouses", "Ledger Databases", "NoSQL Databases", "Relational Databases",
        "Time Series Databases", "Other (Databases)",
    ),
    "Developer Tools": (
        "Developer Platforms", "Continuous Integration and Deployment", "Development Environments",
        "Source Code Management", "Quality Assurance", "Other (Developer Tools)",
    ),
    "Multicloud": ("Multicloud Integration", "Other (Multicloud)"),
    "Identity": ("Identity and Access Management", "Other (Identity)"),
    "Integration": ("API Management", "Messaging", "Workflow Orchestration", "Other (Integration)"),
    "Internet of Things": ("IoT Analytics", "IoT Platforms", "Other (Internet of Things)"),
    "Management and Governance": (
        "Architecture", "Compliance", "Cost Management", "Data Governance", "Disaster Recovery", "Endpoint Management",
        "Observability", "Support", "Other (Management and Governance)",
    ),
    "Media": ("Content Creation", "Gaming", "Media Streaming", "Mixed Reality", "Other (Media)"),
    "Migration": ("Data Migration", "Resource Migration", "Other (Migration)"),
    "Mobile": ("Other (Mobile)",),
    "Networking": (
        "Application Networking", "Content Delivery", "Network Connectivity", "Network Infrastructure",
        "Network Routing", "Network Security", "Other (Networking)",
    ),
    "Security": ("Secret Management", "Security Posture Management", "Threat Detection and Response",
                 "Other (Security)"),
    "Storage": ("Backup Storage", "Block Storage", "File Storage", "Object Storage", "Storage Platforms",
                "Other (Storage)"),
    "Web": ("Application Platforms", "Other (Web)"),
    "Other": ("Other (Other)",),
}  # fmt: skip
"""Subcategories of each service category."""

NULL, VALUE = True, False
"""Whether a column may be empty in some row, or has a value in each."""

COLUMNS: tuple[Column, ...] = (
    Column("AvailabilityZone", "text", NULL, "zone"),
    Column("BilledCost", "number", VALUE, "billed"),
    Column("BillingAccountId", "text", VALUE, "account"),
    Column("BillingAccountName", "text", NULL, "account_name"),
    Column("BillingAccountType", "text", NULL, "account_type", "1.2"),
    Column("BillingCurrency", "text", VALUE, "currency"),
    Column("BillingPeriodEnd", "time", VALUE, "billing_end"),
    Column("BillingPeriodStart", "time", VALUE, "billing_start"),
    Column("CapacityReservationId", "text", NULL, "", "1.1"),
    Column("CapacityReservationStatus", "text", NULL, "", "1.1", values=("Used", "Unused")),
    Column(
        "ChargeCategory", "text", VALUE, "category", values=("Usage", "Purchase", "Tax", "Credit", "Adjustment")
    ),
    Column("ChargeClass", "text", NULL, "charge_class", values=("Correction",)),
    Column("ChargeDescription", "text", NULL, "description"),
    Column("ChargeFrequency", "text", VALUE, "frequency", values=("One-Time", "Recurring", "Usage-Based")),
    Column("ChargePeriodEnd", "time", VALUE, "end"),
    Column("ChargePeriodStart", "time", VALUE, "start"),
    Column("CommitmentDiscountCategory", "text", NULL, "pool_category", values=("Spend", "Usage")),
    Column("CommitmentDiscountId", "text", NULL, "pool_id"),
    Column("CommitmentDiscountName", "text", NULL, "pool_name"),
    Column("CommitmentDiscountQuantity", "number", NULL, "pool_quantity", "1.1"),
    Column("CommitmentDiscountStatus", "text", NULL, "pool_status", values=("Used", "Unused")),
    Column("CommitmentDiscountType", "text", NULL, "pool_type"),
    Column("CommitmentDiscountUnit", "text", NULL, "pool_unit", "1.1"),
    Column("ConsumedQuantity", "number", NULL, "consumed"),
    Column("ConsumedUnit", "text", NULL, "consumed_unit"),
    Column("ContractedCost", "number", VALUE, "contracted"),
    Column("ContractedUnitPrice", "number", NULL, "contracted_price"),
    Column("EffectiveCost", "number", VALUE, "effective"),
    Column("InvoiceId", "text", NULL, "", "1.2"),
    Column("InvoiceIssuerName", "text", VALUE, "issuer"),
    Column("ListCost", "number", VALUE, "list"),
    Column("ListUnitPrice", "number", NULL, "list_price"),
    Column(
        "PricingCategory", "text", NULL, "pricing_category", values=("Standard", "Dynamic", "Committed", "Other")
    ),
    Column("PricingCurrency", "text", NULL, "currency", "1.2"),
    Column("PricingCurrencyContractedUnitPrice", "number", NULL, "contracted_price", "1.2"),
    Column("PricingCurrencyEffectiveCost", "number", NULL, "effective", "1.2"),
    Column("PricingCurrencyListUnitPrice", "number", NULL, "list_price", "1.2"),
    Column("PricingQuantity", "number", NULL, "quantity"),
    Column("PricingUnit", "text", NULL, "unit"),
    Column("ProviderName", "text", VALUE, "provider"),
    Column("PublisherName", "text", VALUE, "publisher"),
    Column("RegionId", "text", NULL, "region"),
    Column("RegionName", "text", NULL, "region"),
    Column("ResourceId", "text", NULL, "resource"),
    Column("ResourceName", "text", NULL, "resource_name"),
    Column("ResourceType", "text", NULL, "resource_type"),
    Column("ServiceCategory", "text", VALUE, "service_category", values=tuple(CATEGORIES)),
    Column("ServiceName", "text", VALUE, "service"),
    Column(
        "ServiceSubcategory", "text", VALUE, "service_subcategory", "1.1",
        values=tuple(each for sub in CATEGORIES.values() for each in sub),
    ),
    Column("SkuId", "text", NULL, "sku"),
    Column("SkuMeter", "text", NULL, "sku_meter", "1.1"),
    Column("SkuPriceDetails", "json", NULL, "sku_details", "1.1"),
    Column("SkuPriceId", "text", NULL, "sku_price"),
    Column("SubAccountId", "text", NULL, "sub_account"),
    Column("SubAccountName", "text", NULL, "sub_account"),
    Column("SubAccountType", "text", NULL, "sub_account_type", "1.2"),
    Column("Tags", "json", NULL, ""),
)  # fmt: skip
"""All columns in the order of their names."""

MUST = tuple(
    column.name
    for column in COLUMNS
    if (not column.null and column.name not in ("ChargeFrequency", "ServiceSubcategory"))
    or column.name in ("BillingAccountName", "ChargeClass", "ChargeDescription", "PricingQuantity", "PricingUnit")
)
"""Columns that every file must have; the others are recommended, or asked for where the provider has such a thing."""

BY_NAME = {column.name: column for column in COLUMNS}


def columns(version: str) -> tuple[Column, ...]:
    """List the columns of a version.

    Raises:
        InputError: No such version here.

    >>> [len(columns(version)) for version in VERSIONS]
    [43, 50, 57]
    """
    if version not in VERSIONS:
        msg = f"no FOCUS version {version!r} here; {nearest(version, VERSIONS)}"
        raise InputError(msg)
    return tuple(column for column in COLUMNS if column.stands_in(version))


def version_of(names: "set[str] | frozenset[str]") -> str:
    """Tell the version of a file by the newest column that it has.

    >>> version_of({"BilledCost", "SkuMeter"})
    '1.1'
    """
    found = [VERSIONS.index(BY_NAME[name].since) for name in names if name in BY_NAME]
    return VERSIONS[max(found, default=0)]
