"""What all tables are gathered in, and the types that several of them use."""

from __future__ import annotations

from sqlalchemy import DateTime, MetaData, Numeric

metadata = MetaData()
MOMENT = DateTime(timezone=True)
USD = Numeric(20, 2)
