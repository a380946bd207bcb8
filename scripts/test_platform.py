"""Plays a platform to a real server: takes events, checks signatures, goes away, and answers back. Run by scripts/test-platform."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timezone
from pathlib import Path

import jsonschema
import yaml
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

import authority
from hooks import HookServer

ROOT = Path(__file__).resolve().parent.parent
FIXTURE = ROOT / "fixtures" / "haikou-evening"
AWAY_S = float(os.environ.get("SHOREWATCH_AWAY_S", "5"))
PATIENCE_S = 120
OLD, NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def schema_of(document, name):
    """A schema of a document, with the others that it refers to."""
    schemas = yaml.safe_load((ROOT / "docs" / document).read_text())["components"]
    return {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas["schemas"]}}


EVENT = jsonschema.Draft202012Validator(
    schema_of("asyncapi.yaml", "AlertEvent"), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)
CALLBACK = jsonschema.Draft202012Validator(schema_of("openapi.yaml", "Callback"))
TAKEN = jsonschema.Draft202012Validator(schema_of("openapi.yaml", "Taken"))
PROBLEM = jsonschema.Draft202012Validator(schema_of("openapi.yaml", "Problem"))


class Receiver(HookServer):
    """A platform that takes events."""

    def __init__(self, secret=NEW, answer=None, certificate=None):
        self.secret, self.answer = secret, answer
        super().__init__(certificate)

    def take(self, headers, body):
        with self.lock:
            try:
                Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError as error:
                self.faults.append(f"signature: {error}")
                return 401
            event = json.loads(body)
            if headers["content-type"] != "application/cloudevents+json" or headers["webhook-id"] != event["id"]:
                self.faults.append(f"headers: {headers}")
            self.faults += [f"{event['type']}: {error.json_path}: {error.message}" for error in EVENT.iter_errors(event)]
            self.events.append(event)
            return self.answer(event) if self.answer else 202

    def unique(self):
        """The events without those that came again, in the order in which they first came."""
        with self.lock:
            return list({event["id"]: event for event in self.events}.values())

    def latest(self, subject):
        return max((it for it in self.unique() if it["subject"] == subject), key=lambda it: it["sequence"])


class Server:
    """The program, with a folder that outlives it."""

    def __init__(self, program, folder, config):
        self.program, self.folder, self.config = program, folder, config
        self.process, self.address = None, None

    def start(self):
        command = [self.program, "serve", "--config", str(self.config), "--area", str(FIXTURE), "--listen", self.address or "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "RUST_LOG": "error"})
        line = self.process.stdout.readline().strip()
        assert line.startswith("shorewatch listens on http://"), line
        self.address = line.split("http://")[1]
        until(lambda: self.get("/healthz")[0] == 200, "the server is ready")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_S) == 0, "an orderly end"

    def get(self, path):
        return self.call(urllib.request.Request(f"http://{self.address}{path}"))

    def call(self, request):
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def records(self, sql, *values):
        connection = sqlite3.connect(f"file:{self.folder / 'store' / 'records.sqlite'}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def say(self, kind, subject, data, *, secret=NEW, message=None, event_id=None, at=None, tamper=False, endpoint="platform"):
        """A callback as the platform sends it."""
        event = {
            "specversion": "1.0", "id": event_id or str(uuid.uuid4()), "source": "urn:platform:test",
            "type": f"cn.shorewatch.callback.{kind}.v1", "subject": subject, "data": data,
        }
        body, message = json.dumps(event), message or str(uuid.uuid4())
        at = at or datetime.now(timezone.utc)
        headers = {
            "content-type": "application/cloudevents+json", "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": Webhook(secret).sign(message, at, body),
        }
        sent = body.replace("urn:platform:test", "urn:platform:tess") if tamper else body
        request = urllib.request.Request(f"http://{self.address}/v1/callbacks/{endpoint}", sent.encode(), headers)
        status, answer = self.call(request)
        (TAKEN if status == 200 else PROBLEM).validate(json.loads(answer))
        return status, json.loads(answer), event


def until(holds, what, standing=None):
    """Waits until something holds; fails after PATIENCE_S, and says how things stand then."""
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > give_up:
            sys.exit(f"test-platform: FAILED: waited in vain until {what}" + (f"; {standing()}" if standing else ""))
        time.sleep(0.05)


def check(holds, what):
    if not holds:
        sys.exit(f"test-platform: FAILED: {what}")


def every_event_arrives(server, receiver, logistics):
    """A recording is sent while the receiver goes away and the server is killed: each event of each alert comes, in order."""
    feed = subprocess.Popen(
        [server.program, "feed", str(FIXTURE), "--to", server.address, "--speed", "max"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: len(receiver.unique()) >= 5, "the first events have come")
    receiver.go_away()
    away_since = time.monotonic()
    server.kill()
    server.start()
    time.sleep(max(0.0, AWAY_S - (time.monotonic() - away_since)))
    check(feed.wait(PATIENCE_S) == 0, "the sender gets everything acknowledged, over the kill too")
    receiver.come_back()
    entered = "SELECT sequence, substr(hash, 1, 24), substr(subject, 7), kind FROM entries WHERE subject LIKE 'alert/%' ORDER BY sequence"
    ids = lambda: [f"{sequence}.{digits}" for sequence, digits, *_ in server.records(entered)]
    outboxes = "SELECT endpoint, count(*), max(attempts), max(last_answer) FROM outbox GROUP BY endpoint"
    standing = lambda: f"{len(receiver.unique())} of {len(ids())} events, outboxes: {server.records(outboxes)}"
    until(lambda: sorted(it["id"] for it in receiver.unique()) == sorted(ids()), "every event of every alert has come", standing)
    server.kill()
    server.start()
    until(lambda: sorted(it["id"] for it in receiver.unique()) == sorted(ids()), "nothing is lost or made up by a second kill")
    by_subject = {}
    for event in receiver.unique():
        by_subject.setdefault(event["subject"], []).append(event["sequence"])
    check(all(it == sorted(it) for it in by_subject.values()), "in order for each alert")
    check(not receiver.faults, f"signatures and schema: {receiver.faults[:3]}")
    kinds = {event["data"]["alert"]["kind"] for event in logistics.unique()}
    check(kinds <= {"zone_entry", "gathering", "drifting"}, f"logistics is told of {kinds}")
    shown = {key for event in logistics.unique() for key in event["data"]["alert"]}
    check(shown <= {"id", "kind", "stage", "grade", "raised", "developing", "confirmed", "began", "start", "end", "acknowledged", "withdrawn", "position", "near", "near_zh", "zone"}, f"logistics is shown {shown}")
    check(not logistics.faults, f"signatures and schema: {logistics.faults[:3]}")
    again = len(receiver.events) - len(receiver.unique())
    print(f"test-platform: {len(receiver.unique())} events of {len(by_subject)} alerts, {again} came again; {len(logistics.unique())} to logistics")


def the_loop_is_closed(server, receiver, logistics):
    """The platform takes an alert through its life, and hears of it like everybody."""
    subject = next(it["subject"] for it in receiver.unique() if receiver.latest(it["subject"])["data"]["life"]["state"] == "raised")
    etag = lambda: receiver.latest(subject)["data"]["life"]["etag"]
    state = lambda: json.loads(server.records("SELECT life FROM alerts WHERE id = ?", subject)[0][0])["state"]

    def say(kind, data, expected):
        status, answer, event = server.say(kind, subject, {"etag": etag(), **data})
        CALLBACK.validate(event)
        check((status, answer.get("state")) == (200, expected), f"{kind}: {status} {answer}")
        until(lambda: receiver.latest(subject)["data"]["life"]["state"] == expected, f"the platform hears that it is {expected}")
        check(state() == expected, f"{expected} on record")

    say("acknowledge", {}, "acknowledged")
    status, answer, _ = server.say("dispatch", subject, {"etag": "v1", "unit": "HK-07"})
    check((status, answer["reason"], answer["etag"]) == (412, "ETAG_MISMATCH", etag()), f"nobody acts on old news: {answer}")
    say("verify", {"note": "A boat looks."}, "verifying")
    status, answer, _ = server.say("close", subject, {"etag": etag()})
    check((status, answer["reason"]) == (409, "STEP_NOT_ALLOWED"), f"the step must follow: {answer}")

    message, event_id, data = str(uuid.uuid4()), str(uuid.uuid4()), {"etag": etag(), "unit": "HK-07", "eta": "2026-11-26T03:40:00Z"}
    first = server.say("dispatch", subject, data, message=message, event_id=event_id)
    again = server.say("dispatch", subject, data, message=message, event_id=event_id)
    resigned = server.say("dispatch", subject, data, event_id=event_id)
    check(first[:2] == again[:2] and resigned[:2] == first[:2] and first[0] == 200, f"said twice, done once: {first} {again} {resigned}")
    until(lambda: receiver.latest(subject)["data"]["life"]["state"] == "dispatched", "the platform hears of its own step")
    sent = server.records("SELECT count(*) FROM entries WHERE subject = ? AND kind = 'dispatched'", f"alert/{subject}")
    check(sent == [(1,)], f"dispatched once: {sent}")
    say("dispose", {"outcome": "seized", "reference": "HK-2026-7"}, "disposed")
    status, answer, _ = server.say("feedback", subject, {"note": "Well seen."})
    check(status == 200, f"feedback: {answer}")
    until(lambda: receiver.latest(subject)["data"]["step"].get("note") == "Well seen.", "the comment is told")
    actor = json.loads(server.records("SELECT entry FROM entries WHERE subject = ? AND kind = 'disposed'", f"alert/{subject}")[0][0])["actor"]
    check((actor["id"], actor["role"], actor["credential"]) == ("platform", "watch_officer", "webhook:platform"), f"on record: {actor}")

    old = datetime.fromtimestamp(time.time() - 900, timezone.utc)
    for what, options in [("an old message", {"at": old}), ("a wrong secret", {"secret": "whsec_" + "QUJD" * 8}), ("an altered body", {"tamper": True})]:
        status, *_ = server.say("close", subject, {"etag": etag()}, **options)
        check(status == 401, f"{what}: {status}")
    status, *_ = server.say("close", subject, {"etag": etag()}, secret=OLD)
    check(status == 200, "the secret that is being replaced still holds")
    status, *_ = server.say("acknowledge", "no-such-alert", {"etag": "v1"})
    check(status == 404, "no such alert")
    unshared = next(it["subject"] for it in receiver.unique() if it["subject"] not in {it["subject"] for it in logistics.unique()})
    status, answer, _ = server.say("feedback", unshared, {"note": "What is this?"}, endpoint="logistics")
    check(status == 404, f"a platform acts on what it was told of alone: {status} {answer}")
    status, *_ = server.say("feedback", subject, {"note": "May I?"}, endpoint="gone")
    check(status == 404, "an endpoint without a role may do nothing")
    check(server.get("/metrics")[1].count('shorewatch_outbox_dead{endpoint="platform"} 0') == 1, "no dead letters")


def letters_can_be_replayed(server, receiver, gone):
    """What was refused for good is sent again on demand; an endpoint that said 410 is left alone until it is enabled."""
    until(lambda: "endpoint gone: disabled" in server.get("/healthz")[1], "health tells of the endpoint that is gone")
    came = len(gone.events)
    gone.answer = None
    outbox = [server.program, "outbox"]
    listed = subprocess.run([*outbox, "list", str(server.folder / "store")], capture_output=True, text=True, check=True).stdout
    check("gone" in listed and "410" in listed, f"outbox list tells why: {listed}")
    subprocess.run([*outbox, "enable", "gone", "--server", f"http://{server.address}"], check=True, stdout=subprocess.DEVNULL)
    until(lambda: {it["id"] for it in gone.unique()} == {it["id"] for it in receiver.unique()}, "what it has missed comes")
    check(len(gone.events) > came, "events come again")


def a_stranger_is_told_nothing(server, stranger):
    """Who shows a certificate of an authority that is not believed gets nothing; what waits for him says why."""
    answer = "SELECT max(last_answer) FROM outbox WHERE endpoint = 'stranger'"
    until(lambda: "certificate" in (server.records(answer)[0][0] or "").lower(), "the outbox says that the certificate is not good", lambda: server.records(answer))
    check(not stranger.events and not stranger.faults, "a stranger was told something")


def main():
    program = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "new").write_text(NEW + "\n")
        (folder / "old").write_text(OLD + "\n")
        # The platform knows the old secret still, logistics the new one: every message is signed with both.
        # It is told by HTTPS, by a certificate of its own authority; the stranger's is of another.
        authority.issue(folder / "platform")
        authority.issue(folder / "stranger")
        receiver = Receiver(secret=OLD, certificate=folder / "platform")
        logistics, gone, stranger = Receiver(), Receiver(answer=lambda _: 410), Receiver(certificate=folder / "stranger")
        everything = json.dumps([
            "grade", "score", "times", "position", "near", "zone", "jurisdiction", "mmsi", "tracks", "night", "evidence", "geometry",
            "honest_causes", "similar_before", "rules", "life", "units", "dispatch", "disposal", "dismissal", "officer", "note",
        ])
        endpoint = lambda name, port, profile, ca="": (
            f"[[endpoint]]\nname = '{name}'\nurl = '{'https' if ca else 'http'}://127.0.0.1:{port}/hook'\nprofile = '{profile}'\n"
            f"secret_files = ['new', 'old']\nallow_networks = ['127.0.0.0/8']\nca = '{ca}'\n"
        )
        (folder / "shorewatch.toml").write_text(
            "store = 'store'\n[[sharing]]\nname = 'everything'\nkinds = ['any']\ngrades = [1, 2, 3, 4]\nstages = ['any']\nevents = ['any']\n"
            f"area = 'everywhere'\nmmsi = 'plain'\nposition_decimals = 6\nfields = {everything}\n"
            + endpoint("platform", receiver.port, "everything", "platform/ca.pem") + "callback_roles = ['watch_officer']\n"
            + endpoint("logistics", logistics.port, "logistics") + "callback_roles = ['watch_officer']\n"
            + endpoint("gone", gone.port, "everything")
            + endpoint("stranger", stranger.port, "everything", "platform/ca.pem")
        )
        checked = subprocess.run([program, "config", "check", str(folder / "shorewatch.toml")], capture_output=True, text=True, check=True)
        check("4 endpoints" in checked.stdout and "MfKQ" not in checked.stdout, checked.stdout)
        server = Server(program, folder, folder / "shorewatch.toml")
        server.start()
        try:
            every_event_arrives(server, receiver, logistics)
            the_loop_is_closed(server, receiver, logistics)
            letters_can_be_replayed(server, receiver, gone)
            a_stranger_is_told_nothing(server, stranger)
            server.stop()
        finally:
            server.process.kill()
    print("test-platform: all passed")


main()
