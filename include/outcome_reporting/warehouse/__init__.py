"""PostgreSQL: tables, migrations, slices and their time, loading, reading as of a moment."""
