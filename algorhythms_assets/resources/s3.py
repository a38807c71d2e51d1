"""The client of S3 for everything but the endpoint, which has its own (`algorhythms_ask.aws`)."""

from typing import Any

from algorhythms_assets.resources.store import InputError


def s3_client() -> Any:
    """Returns boto3's client with the environment's credentials, which tries three times, for 5 s each, to connect.

    Raises:
        InputError: the environment's settings cannot be used.
    """
    # Takes longer to import than everything else.
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.client("s3", config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3}))
    except (BotoCoreError, ValueError) as error:
        raise InputError(f"S3 cannot be used: {error}") from error
