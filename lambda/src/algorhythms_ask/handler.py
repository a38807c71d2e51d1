"""The Lambda function: everything is loaded once per process, then API Gateway's events go to the application."""

import os
from pathlib import Path

from mangum import Mangum

from algorhythms_ask.http import create_app
from algorhythms_ask.release import load_release

handler = Mangum(create_app(load_release(Path(os.environ.get("ALGORHYTHMS_STORE", "var/store")))), lifespan="off")
