"""Plays the steps of a workflow in order: python workflow.py <file>. Fails where GitHub's run would."""

import os
import re
import subprocess
import sys

import yaml


def play(step, has_failed):
    """Whether a step has failed."""
    if "uses" in step:
        if not re.fullmatch(r"[\w.-]+/[\w./-]+@v?[\w.]+", step["uses"]):
            raise SystemExit(f"this is no action: {step['uses']}")
        return False
    if (step.get("if") == "failure()") != has_failed:
        return False
    environment = {**os.environ, **{name: str(value) for name, value in step.get("env", {}).items()}}
    # As GitHub's runners do where no shell is named.
    ended = subprocess.run(["bash", "-e", "-c", step["run"]], env=environment, stdout=sys.stderr)
    if ended.returncode != 0:
        print(f"failed: {step['run']}", file=sys.stderr)
    return ended.returncode != 0


def main():
    with open(sys.argv[1]) as file:
        workflow = yaml.safe_load(file)
    has_failed = False
    try:
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                has_failed |= play(step, has_failed)
    finally:
        subprocess.run(["docker", "rm", "--force", "kaipiao"], check=True, stdout=subprocess.DEVNULL)
    sys.exit(has_failed)


main()
