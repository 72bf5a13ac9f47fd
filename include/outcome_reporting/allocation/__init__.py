"""Set-based SQL that splits money over SDG targets, partners and plan elements, to the cent."""
