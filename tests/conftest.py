"""What every folder of tests may use: a real Postgres, started at its first use."""

pytest_plugins = ("tests.contract.postgres",)
