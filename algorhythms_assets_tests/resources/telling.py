"""A program that writes its standard streams, and exits as its environment says."""

import os
import sys

print(os.environ["WORD"], flush=True)
print("to the errors", file=sys.stderr, flush=True)
if os.environ["EXIT"] == "killed":
    os.kill(os.getpid(), 9)
sys.exit(int(os.environ["EXIT"]))
