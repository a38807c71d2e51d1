import boto3
import pytest

from algorhythms_assets.resources.s3 import s3_client
from algorhythms_assets.resources.store import InputError


def test_a_profile_that_does_not_exist_is_a_mistake_and_no_traceback(monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(InputError, match=r"S3 cannot be used: .*nobody"):
        s3_client()
