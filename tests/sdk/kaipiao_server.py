"""A real kaipiao process for SDK tests: temporary data, a free port, stopped at the end."""

import json
import os
import subprocess
import tempfile
import urllib.parse
import urllib.request

import requests


class Server:
    def __init__(self):
        binary = os.environ["KAIPIAO_BINARY"]
        self._data = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", self._data.name],
            stdout=subprocess.PIPE,
            text=True,
        )
        first_line = self._process.stdout.readline()
        self.base = first_line.rsplit(" ", 1)[-1].strip().rstrip("/")
        if not self.base.startswith("http://"):
            raise RuntimeError(f"kaipiao did not start: {first_line!r}")
        self.told = self.get("/sandbox/v1/accounts")
        self.s_pappid = self.told["s_pappid"]

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=20)
        self._process.stdout.close()
        self._data.cleanup()

    def get(self, path):
        with urllib.request.urlopen(self.base + path) as answer:
            return json.load(answer)

    def post(self, path, body):
        request = urllib.request.Request(self.base + path, json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def account(self, role):
        return next(account for account in self.told["accounts"] if account["role"] == role)

    def authorize(self, auth_url, title=None):
        body = {"auth_url": auth_url, "user": "zhangwei", "decision": "authorize"}
        if title is not None:
            body["title"] = title
        return self.post("/sandbox/v1/authorize", body)


class RewriteHost(requests.adapters.HTTPAdapter):
    """The one adapter for SDKs whose host is written into their code."""

    def __init__(self, base):
        super().__init__()
        self._base = base

    def send(self, request, **rest):
        parts = urllib.parse.urlsplit(request.url)
        request.url = self._base + urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
        return super().send(request, **rest)
