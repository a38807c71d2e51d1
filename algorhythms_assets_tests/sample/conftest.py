"""One sample for every test that only reads."""

import pytest

from algorhythms_assets.sample import Sample, draw_sample


@pytest.fixture(scope="session")
def sample() -> Sample:
    return draw_sample(5000, seed=7)
