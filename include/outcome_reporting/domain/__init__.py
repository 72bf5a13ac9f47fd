"""Pure rules, standard library only: money, codes, contracts, findings, allocation."""
