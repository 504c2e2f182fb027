#!/usr/bin/env python3
"""An issuer of your own for Kaipiao (docs/issuer.md), with Python's standard library alone.

    head -c 24 /dev/urandom | base64 > issuer-secret
    python3 examples/issuer.py --secret-file issuer-secret --data issuer.sqlite3 --port 8090

Its invoices are worth nothing: numbers count up, check codes are made up. Put your tax platform where `make` is.
With --documents they bring a PDF and an XML.
"""
import argparse
import hashlib
import hmac
import json
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_SKEW_S = 300
TABLE = """CREATE TABLE IF NOT EXISTS invoices (
    merchant TEXT, serial TEXT, offsets TEXT, content_digest TEXT, face TEXT, sequence INTEGER UNIQUE, issued_at INTEGER,
    PRIMARY KEY (merchant, serial), UNIQUE (merchant, offsets))"""
COLUMNS = "content_digest, face, sequence, issued_at"


def sign(secret, *parts):
    return hmac.new(secret, b"\n".join(parts), hashlib.sha256).hexdigest()


def pdf(text):
    """A page with a line of ASCII letters and digits."""
    stream = f"BT /F1 14 Tf 40 180 Td ({text}) Tj ET"
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
               "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 397]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
               f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
               "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    file, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (f"{file}xref\n0 6\n0000000000 65535 f \n{table}trailer\n<</Size 6/Root 1 0 R>>\n"
            f"startxref\n{len(file)}\n%%EOF\n").encode()


def documents(answer):
    """What an invoice brings, made of what is told of it: the same bytes each time."""
    words = f"{answer['code']} {answer['number']}".strip()
    return {"pdf": pdf(f"An example's invoice {words}"),
            "xml": f"<?xml version=\"1.0\"?><Invoice number=\"{words}\"/>".encode()}


def issued(row):
    """An invoice as it is told: the same each time."""
    content_digest, face, sequence, issued_at = row
    classic = face == "classic"
    return {
        "result": "issued", "content_digest": content_digest, "issued_at": issued_at,
        "code": "044001900111" if classic else "",
        "number": f"{sequence:08}" if classic else f"26952{sequence:015}",
        "check_code": f"{sequence:020}" if classic else "",
    }


class Invoices:
    def __init__(self, path, brings_documents):
        self.brings_documents = brings_documents
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute(TABLE)
        self.lock = threading.Lock()

    def find(self, question):
        key = question["merchant"], question["serial"]
        return self.db.execute(f"SELECT {COLUMNS} FROM invoices WHERE merchant = ? AND serial = ?", key).fetchone()

    def told(self, row):
        answer = issued(row)
        if self.brings_documents:
            digests = {kind: hashlib.sha256(file).hexdigest() for kind, file in documents(answer).items()}
            answer["documents"] = digests
        return answer

    def status(self, question):
        row = self.find(question)
        return self.told(row) if row else {"result": "unknown"}

    def document(self, question):
        """The bytes of a document, or None."""
        with self.lock:
            row = self.find(question)
        return documents(issued(row)).get(question["kind"]) if row and self.brings_documents else None

    def make(self, question):
        """Issues once: the invoice of a serial that has one is told again, whatever is asked with it."""
        if row := self.find(question):
            return self.told(row)
        merchant, serial, blue = question["merchant"], question["serial"], question.get("offsets")
        if blue and not self.find({"merchant": merchant, "serial": blue}):
            return {"result": "refused", "message": f"这里没有开具过 {blue} 的发票"}
        invoice = merchant, serial, blue, question["content_digest"], question["face"], int(time.time())
        # One statement, on the disk before it is told.
        try:
            self.db.execute("""INSERT INTO invoices SELECT ?, ?, ?, ?, ?, coalesce(max(sequence), 0) + 1, ?
                               FROM invoices""", invoice)
        except sqlite3.IntegrityError:
            row = self.find(question)
            return self.told(row) if row else {"result": "refused", "message": f"{blue} 的发票已经冲红"}
        answer = self.told(self.find(question))
        print("issued", serial, answer["code"], answer["number"], flush=True)
        return answer

    def answer(self, action, question):
        if action == "document":
            return self.document(question)
        with self.lock:
            answer = self.status(question) if action == "status" else self.make(question)
        return json.dumps(answer, ensure_ascii=False).encode()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        action = self.path.rpartition("/")[2]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        timestamp = self.headers.get("Kaipiao-Timestamp", "")
        signature = sign(self.server.secret, action.encode(), timestamp.encode(), body)
        theirs = self.headers.get("Kaipiao-Signature", "").lower()
        if not hmac.compare_digest(signature.encode(), theirs.encode()):
            return self.send_error(401, "wrong signature")
        if abs(time.time() - int(timestamp)) > MAX_SKEW_S:
            return self.send_error(401, "signed too long ago")
        if action not in ("issue", "offset", "status", "document"):
            return self.send_error(404)
        answer = self.server.invoices.answer(action, json.loads(body))
        if answer is None:
            return self.send_error(404, "there is no such document")
        now = str(int(time.time()))
        self.send_response(200)
        content_type = "application/octet-stream" if action == "document" else "application/json"
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Kaipiao-Timestamp", now)
        self.send_header("Kaipiao-Signature", sign(self.server.secret, b"answer", now.encode(), signature.encode(), answer))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, form, *values):
        print(form % values, file=sys.stderr, flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--secret-file", required=True)
    arguments.add_argument("--data", default="issuer.sqlite3", help="where its invoices are kept")
    arguments.add_argument("--port", type=int, default=8090)
    arguments.add_argument("--documents", action="store_true", help="invoices bring a PDF and an XML")
    given = arguments.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    with open(given.secret_file, "rb") as file:
        server.secret = file.read().strip()
    server.invoices = Invoices(given.data, given.documents)
    print(f"listens on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
