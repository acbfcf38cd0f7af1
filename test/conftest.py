import pytest

# So that a failed assertion in these says what it compared.
pytest.register_assert_rewrite("harness", "onboarding_load", "ledger_load")
