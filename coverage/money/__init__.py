"""What a plan costs, year by year and way by way: outlay, lease or build, revenue and viability, who pays."""
