"""What a user would write instead: pandas reads, checks and loads, groupby allocates. No answers, no provenance.

python -m benchmark.peer FOLDER URL
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine


def main(folder: Path, url: str) -> None:
    """Print {output's outcome: expense in cents} as JSON."""
    books = sorted((folder / "inbox" / "finance").glob("Ledger *.xlsx"))
    frames = [pd.read_excel(path, header=2, engine="openpyxl") for path in books]
    ledger = pd.concat([frame[frame["Output"].notna()] for frame in frames], ignore_index=True)
    outputs = pd.read_excel(folder / "inbox" / "programme" / "Programme.xlsx", sheet_name=None, engine="openpyxl")
    known = outputs["Outputs"].set_index("Output")["Outcome"]
    if ledger["Transaction"].duplicated().any() or not ledger["Output"].isin(known.index).all():
        raise SystemExit("bad data")
    ledger.to_sql("ledger", create_engine(url.replace("postgresql:", "postgresql+psycopg:")), if_exists="replace")
    cents = (ledger["Amount (USD)"] * 100).round().astype("int64")
    sums = cents.groupby(ledger["Output"].map(known)).sum()
    print(json.dumps({outcome: str(Decimal(int(total)) / 100) for outcome, total in sums.items()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
