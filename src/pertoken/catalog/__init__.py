"""What the market offers: rates, dated and sourced."""
