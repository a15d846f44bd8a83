"""The receiver of payment webhooks as a good Python engineer usually writes it: FastAPI on uvicorn, one transaction per
delivery through SQLAlchemy's ORM. `receiver.py --db sqlite:FILE|postgres://… [--payments N]`, secret in WEBHOOK_SECRET.
"""

import argparse
import base64
import hashlib
import hmac
import json
import logging
import os
import sys
import time

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StrictInt, StrictStr, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

import store

MAX_BODY = 64 * 1024
TOLERANCE_S = 5 * 60
KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature")
STATUS = {"bad_signature": 401, "stale_timestamp": 401, "unreadable": 400, "too_large": 413}

log = logging.getLogger("receiver")
app = FastAPI(openapi_url=None)


class Data(BaseModel):
    merchantOrderId: StrictStr
    amountMinor: StrictInt
    currency: StrictStr
    status: StrictStr


class Event(BaseModel):
    id: StrictStr
    data: Data


def refusal(headers, body: bytes, key: bytes) -> str | None:
    """Why a delivery is refused: Standard Webhooks, several signatures allowed."""
    event_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not (event_id and timestamp and signatures):
        return "bad_signature"
    signed = f"{event_id}.{timestamp}.".encode() + body
    expected = hmac.new(key, signed, hashlib.sha256).digest()
    if not any(matches(signature, expected) for signature in signatures.split(" ")):
        return "bad_signature"
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE_S:
        return "stale_timestamp"
    return None


def matches(signature: str, expected: bytes) -> bool:
    try:
        given = base64.b64decode(signature.removeprefix("v1,"), validate=True)
    except ValueError:
        return False
    return signature.startswith("v1,") and hmac.compare_digest(given, expected)


async def read_body(request: Request) -> bytes | None:
    """The raw body, or None as soon as it is too large."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def weigh(delivery: store.Delivery, key: bytes, headers) -> str:
    """Checks, reads and stores one delivery; runs in a worker thread, since the database driver blocks."""
    refused = refusal(headers, delivery.body, key)
    if refused:
        return store.keep(delivery, refused)
    try:
        event = Event.model_validate_json(delivery.body)
    except ValidationError:
        return store.keep(delivery, "unreadable")
    return store.settle(delivery, event)


@app.post("/hooks/pay/{account_id}")
async def receive(account_id: str, request: Request) -> JSONResponse:
    account = store.accounts.get(account_id)
    if account is None:
        return JSONResponse({"error": "unknown_account"}, 404)
    body = await read_body(request)
    kept = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    delivery = store.Delivery(account, json.dumps(kept), body or b"", int(time.time() * 1000))
    try:
        # A refused delivery is kept too; it never moves money.
        if body is None:
            decision = await run_in_threadpool(store.keep, delivery, "too_large")
        else:
            decision = await run_in_threadpool(weigh, delivery, account.key, request.headers)
    except SQLAlchemyError:
        # Not committed: the sender comes again.
        log.exception("a delivery could not be committed")
        return JSONResponse({"error": "try_again"}, 503, headers={"Retry-After": "2"})
    return JSONResponse({"decision": decision}, STATUS.get(decision, 200))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--db", required=True)
    parser.add_argument("--payments", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    secret = os.environ.get("WEBHOOK_SECRET", "")
    if not secret.startswith("whsec_"):
        sys.exit("receiver: WEBHOOK_SECRET=whsec_… is needed")
    store.open_database(args.db, args.payments, secret)
    config = uvicorn.Config(app, host="127.0.0.1", port=args.port, log_level="warning", access_log=False)
    socket = config.bind_socket()
    print(f"ready http://127.0.0.1:{socket.getsockname()[1]}/hooks/pay/{store.ACCOUNT}", flush=True)
    uvicorn.Server(config).run(sockets=[socket])


if __name__ == "__main__":
    main()
