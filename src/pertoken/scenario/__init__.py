"""The declarative model of a product: assumptions to usage, both sides of the books and how sure we are."""
