"""A real kaipiao process for SDK tests: temporary data, a free port, stopped at the end."""

import contextlib
import http.server
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

import requests


class Server:
    """`log`: a file that its log goes to; None: where this process's errors go."""

    def __init__(self, log=None):
        binary = os.environ["KAIPIAO_BINARY"]
        self._data = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", self._data.name],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        first_line = self._process.stdout.readline()
        self.base = first_line.rsplit(" ", 1)[-1].strip().rstrip("/")
        if not self.base.startswith("http://"):
            raise RuntimeError(f"kaipiao did not start: {first_line!r}")
        self.sandbox = self.get("/sandbox/v1/accounts")
        self.s_pappid = self.sandbox["s_pappid"]

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

    def admin(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer " + self.sandbox["admin_token"]}
        request = urllib.request.Request(f"{self.base}/admin/v1/{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def account(self, role):
        return next(account for account in self.sandbox["accounts"] if account["role"] == role)

    def authorize(self, auth_url, title=None):
        body = {"auth_url": auth_url, "user": "zhangwei", "decision": "authorize"}
        if title is not None:
            body["title"] = title
        return self.post("/sandbox/v1/authorize", body)


@contextlib.contextmanager
def quiet_server():
    """A server whose log's end is shown if what is done with it fails."""
    with tempfile.TemporaryFile("w+") as log:
        server = Server(log)
        try:
            yield server
        except BaseException:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 20_000))
            sys.stderr.write(log.read())
            raise
        finally:
            server.stop()


class Receiver:
    """A merchant's server: hands every request to `handle(query, body)` and sends back its text."""

    def __init__(self, handle):
        self.pushes = queue.Queue()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                text = handle(query, body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                if self.command == "POST":
                    receiver.pushes.put((query, body))

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/callback" % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Payer:
    """A user's browser before the pages."""

    def __init__(self, server, user):
        self._base = server.base
        self._http = requests.Session()
        form = {"user": user, "next": "/me/cards"}
        self._http.post(self._base + "/login", data=form).raise_for_status()

    def get(self, path):
        answer = self._http.get(self._base + path)
        answer.raise_for_status()
        return answer.text

    def press(self, path, target):
        """Presses a page's button that leads to `target`: where its answer leads."""
        form = self.get(path).split(f'action="{target}"', 1)[1]
        token = form.split('name="form_token" value="', 1)[1].split('"', 1)[0]
        data = {"form_token": token}
        answer = self._http.post(self._base + target, data=data, allow_redirects=False)
        return answer.headers["location"]


class RewriteHost(requests.adapters.HTTPAdapter):
    """The one adapter for SDKs whose host is written into their code."""

    def __init__(self, base):
        super().__init__()
        self._base = base

    def send(self, request, **rest):
        parts = urllib.parse.urlsplit(request.url)
        request.url = self._base + urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
        return super().send(request, **rest)
