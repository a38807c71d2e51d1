"""Reads objects of a bucket and secrets from AWS.

botocore signs, urllib3 sends: a boto3 client takes six times as long to import and create, at every cold start.
"""

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from functools import cache
from urllib.parse import quote

import urllib3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from algorhythms_ask.bounded import content_of

_CONNECT_SECONDS = 1.0
_READ_SECONDS = 2.0
# For one object or secret, retries included: a request that checks for a new release waits no longer than this.
_SECONDS = 3.0
_PAUSE_SECONDS = 0.2

# S3 answers in XML, Secrets Manager in JSON; neither code contains a secret.
_CODE = re.compile(rb'<Code>(\w{1,64})</Code>|"__type" *: *"([\w.#]{1,120})"')
# S3's codes if the bucket is in another region than the request was signed for.
_ELSEWHERE = ("PermanentRedirect", "AuthorizationHeaderMalformed")


class AwsError(Exception):
    """AWS did not return what was requested. The message says what, and contains no secret; `status` is HTTP's."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Aws:
    """Queries AWS with the region and credentials of the environment; thread-safe."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=8, retries=False)

    def get(self, bucket: str, key: str) -> bytes:
        """Returns the content of an object.

        Raises:
            AwsError: the object does not exist, or cannot be read.
        """
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        base = f"{endpoint}/{bucket}" if endpoint else f"https://{bucket}.s3.{_region()}.amazonaws.com"
        request = AWSRequest("GET", f"{base}/{quote(key)}")
        return self._ask(request, "s3", S3SigV4Auth, f"s3://{bucket}/{key}")

    def secret(self, arn: str) -> str:
        """Returns a secret of Secrets Manager: its text, or its field `password` if it is a JSON object.

        Raises:
            AwsError: the secret does not exist, or cannot be read.
        """
        region = arn.split(":")[3]
        endpoint = os.environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER") or os.environ.get("AWS_ENDPOINT_URL")
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue"}
        request = AWSRequest(
            "POST",
            endpoint or f"https://secretsmanager.{region}.amazonaws.com/",
            headers=headers,
            data=json.dumps({"SecretId": arn}).encode(),
        )
        answer = json.loads(self._ask(request, "secretsmanager", SigV4Auth, arn, region))
        try:
            text = str(answer["SecretString"])
        except KeyError:
            raise AwsError(f"{arn} contains no text") from None
        try:
            return str(json.loads(text)["password"])
        except (ValueError, KeyError, TypeError):
            return text

    def _ask(
        self,
        request: AWSRequest,
        service: str,
        auth: Callable[[Credentials, str, str], SigV4Auth],
        what: str,
        region: str | None = None,
    ) -> bytes:
        deadline = time.monotonic() + _SECONDS
        reason, status = "no answer in time", None
        while (left := deadline - time.monotonic()) > 0:
            signed = AWSRequest(request.method, request.url, headers=dict(request.headers), data=request.data)
            auth(_credentials(), service, region or _region()).add_auth(signed)
            try:
                status, content = self._once(signed.prepare(), min(left, _READ_SECONDS), deadline)
            except (urllib3.exceptions.HTTPError, TimeoutError) as error:
                reason, status = type(error).__name__, None
            else:
                if status == 200:
                    return content
                code = _code(content)
                reason = f"status {status} ({code})" if code else f"status {status}"
                if code in _ELSEWHERE:
                    reason += f": the bucket is not in {_region()}, set AWS_REGION"
                if status < 500 and status != 429:
                    break
            time.sleep(_PAUSE_SECONDS)
        raise AwsError(f"{what} cannot be read: {reason}", status)

    def _once(self, prepared: object, seconds: float, deadline: float) -> tuple[int, bytes]:
        timeout = urllib3.Timeout(connect=min(seconds, _CONNECT_SECONDS), read=seconds)
        response = self._pool.request(
            prepared.method,  # type: ignore[attr-defined]
            prepared.url,  # type: ignore[attr-defined]
            body=prepared.body or None,  # type: ignore[attr-defined]
            headers=_headers(prepared.headers),  # type: ignore[attr-defined]
            timeout=timeout,
            preload_content=False,
            redirect=False,
        )
        return response.status, content_of(response, deadline)


def _headers(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}


def _code(content: bytes) -> str:
    """Returns the code of an error, such as AccessDenied; empty if there is none."""
    found = _CODE.search(content)
    return (found[1] or found[2]).decode() if found else ""


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _configured_region()


@cache
def _configured_region() -> str:
    """Returns the region of the user's profile; Lambda always has it in its environment."""
    from botocore.session import get_session

    return str(get_session().get_config_variable("region") or "us-east-1")


def _credentials() -> Credentials:
    """Returns the credentials in Lambda's environment; elsewhere those that botocore finds."""
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN"))
    # Slow to import, and not needed in a cold start.
    from botocore.session import get_session

    found = get_session().get_credentials()
    if found is None:
        raise AwsError("no AWS credentials in the environment, a profile or a role")
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
