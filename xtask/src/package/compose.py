"""What compose files say that Docker refuses or takes amiss, and no schema knows of: python compose.py <file>."""

import sys

import yaml

with open(sys.argv[1]) as file:
    compose = yaml.safe_load(file)
wrong = []
for name, service in compose["services"].items():
    # Docker copies what has no file into the container, whose root is read-only.
    for kind in ("configs", "secrets"):
        for used in service.get(kind, []):
            source = used if isinstance(used, str) else used["source"]
            if service.get("read_only") and "file" not in compose[kind][source]:
                wrong.append(f"{name} is read_only, so {source} of {kind} must have a file")
    # The image makes its database with a server that listens on the socket alone, and then ends.
    test = service.get("healthcheck", {}).get("test", [])
    if "pg_isready" in test and "--host" not in test:
        wrong.append(f"{name}: pg_isready without --host asks the socket, where the image's first server is ready too soon")
if wrong:
    sys.exit("\n".join(wrong))
