"""What Tend remembers: tables, sealed columns, and the named queries. No SQL stands anywhere else."""
