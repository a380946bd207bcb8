"""A day in the life of a station: a recording over real transports, with faults, against the replay. Run by scripts/day-in-the-life."""

import argparse
import base64
import collections
import contextlib
import hashlib
import hmac
import json
import math
import mmap
import os
import random
import re
import shutil
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timezone

from hooks import HookServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# Whatever is waited for: a machine that is slow or busy is no fault.
PATIENCE_S = 300
# Event time in which the sensors may be ahead of the server, so that a machine that is slow makes no record late.
AHEAD_S = 10
# Event time between two looks at what is to be sent.
STEP_S = 0.5
# The parts of the recording in which something is broken, as shares of its length.
RADAR_UNPLUGGED = (0.35, 0.45)
CAMERA_SENDS_RUBBISH = (0.50, 0.60)
PLATFORM_AWAY = (0.65, 0.80)
# One record of rubbish for so many seconds of event time.
RUBBISH_EVERY_S = 2
# What is one alert in both runs: the same kind and zone, the same vessels or no farther apart than this, begun within this time.
NEAR_M = 1_000
NEAR_S = 600


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--clock", required=True)
    arguments.add_argument("--speed", type=float, default=20)
    arguments.add_argument("--keep")
    arguments.add_argument("program")
    arguments.add_argument("scenario")
    options = arguments.parse_args()
    with contextlib.ExitStack() as stack:
        if options.keep:
            folder = options.keep
            os.makedirs(folder)
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
        Day(options, folder, stack).run()


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def written(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%H:%M:%S")


def until(holds, what):
    give_up = time.monotonic() + PATIENCE_S
    while not (answer := holds()):
        if time.monotonic() > give_up:
            sys.exit(f"day-in-the-life: FAILED: waited in vain until {what}")
        time.sleep(0.02)
    return answer


def check(holds, what):
    if not holds:
        sys.exit(f"day-in-the-life: FAILED: {what}")


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Clock:
    """The wall clock of the programs under test."""

    def __init__(self, library, path, seconds):
        with open(path, "wb") as file:
            file.write(bytes(8))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 8)
        self.environment = dict(os.environ, LD_PRELOAD=os.path.abspath(library), DAY_CLOCK=path, RUST_LOG="info")
        self.set(seconds)

    def set(self, seconds):
        self.seconds = seconds
        self.page[:] = struct.pack("<q", int(seconds * 1e9))


# --- the sensors, each on the transport of its kind -----------------------------------------------------------------------------


class Receiver:
    """An AIS receiver with a TCP port: the collector connects."""

    def __init__(self, name, _folder):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.clients = []
        self.source = f'kind = "ais"\ntcp_client = {{ address = "127.0.0.1:{self.listener.getsockname()[1]}" }}'

    def is_ready(self):
        with contextlib.suppress(BlockingIOError):
            client, _ = self.listener.accept()
            client.setblocking(True)
            self.clients.append(client)
        return self.clients

    def send(self, record):
        for client in self.clients:
            client.sendall(record + b"\r\n")


class Multicast:
    """Datagrams to a group of this machine."""

    groups = 0

    def __init__(self, kind, begins=b"", ends=b""):
        Multicast.groups += 1
        self.to, self.begins, self.ends = (f"239.192.7.{Multicast.groups}", free_port(socket.SOCK_DGRAM)), begins, ends
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        self.source = (
            f'kind = "{kind}"\nsilent_after_s = 10\n'
            f'udp = {{ bind = "0.0.0.0:{self.to[1]}", group = "{self.to[0]}", interface = "127.0.0.1" }}'
        )

    def is_ready(self):
        return True

    def send(self, record):
        self.socket.sendto(self.begins + record + self.ends, self.to)


class Camera:
    """A camera that connects to the collector and writes JSON Lines."""

    def __init__(self, name, _folder):
        self.port, self.socket = free_port(), None
        self.source = f'kind = "eo"\ntcp_server = {{ bind = "127.0.0.1:{self.port}" }}'

    def is_ready(self):
        with contextlib.suppress(OSError):
            self.socket = self.socket or socket.create_connection(("127.0.0.1", self.port))
        return self.socket

    def send(self, record):
        self.socket.sendall(record + b"\n")


class CameraFile:
    """A camera whose software appends to a file."""

    def __init__(self, name, folder):
        path = os.path.join(folder, f"{name}.live.jsonl")
        self.file = open(path, "ab", buffering=0)
        self.source = f'kind = "eo"\nfile = {{ path = "{path}", follow = true }}'

    def is_ready(self):
        return True

    def send(self, record):
        self.file.write(record + b"\n")


TRANSPORTS = {
    "ais": [Receiver, lambda *_: Multicast("ais", b"UdPbC\0", b"\r\n")],
    "radar": [lambda *_: Multicast("radar")],
    "eo": [Camera, CameraFile],
}
# How records stand in a file of the recording.
ENDS = {"ais": b"\r\n", "radar": b"", "eo": b"\n"}


class Platform(HookServer):
    """A platform that takes web hooks. It checks signatures by hand: the package that does so goes by the wall clock of here and now."""

    def __init__(self, clock):
        self.clock = clock
        super().__init__()

    def take(self, headers, body):
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        with self.lock:
            if expected not in headers["webhook-signature"].split(" "):
                self.faults.append("signature")
            if abs(int(headers["webhook-timestamp"]) - self.clock.seconds) > 300:
                self.faults.append("timestamp")
            self.events.append(json.loads(body))
        return 202

    def ids(self):
        with self.lock:
            return [event["id"] for event in self.events]


# --- the recording, and the same with faults ------------------------------------------------------------------------------------


class Recording:
    """The records of a scenario in order of receipt, as the program cuts and dates them."""

    def __init__(self, program, scenario, folder):
        with open(os.path.join(scenario, "scenario.json"), encoding="utf-8") as file:
            self.scenario = json.load(file)
        self.folder = scenario
        self.start, self.length_s = instant(self.scenario["start"]), self.scenario["duration_s"]
        self.end = self.start + self.length_s
        self.kinds = {sensor["id"]: sensor["kind"] for sensor in self.scenario["sensors"]}
        self.records = exported(program, scenario, folder)

    def between(self, shares):
        return tuple(self.start + share * self.length_s for share in shares)

    def with_faults(self, radar, camera):
        """Takes out what an unplugged radar does not say, and puts rubbish in the place of a camera's words."""
        unplugged, rubbish = self.between(RADAR_UNPLUGGED), self.between(CAMERA_SENDS_RUBBISH)
        within = lambda at, span: span[0] <= at < span[1]
        kept, taken_out = [], 0
        for record in self.records:
            at, sensor, _ = record
            if (sensor == radar and within(at, unplugged)) or (sensor == camera and within(at, rubbish)):
                taken_out += 1
            else:
                kept.append(record)
        made = [(rubbish[0] + n * RUBBISH_EVERY_S, camera, junk) for n, junk in enumerate(junk_lines(int((rubbish[1] - rubbish[0]) / RUBBISH_EVERY_S)))]
        self.records = sorted(kept + made, key=lambda record: record[0])
        return taken_out, len(made)

    def write(self, folder):
        """The same as a scenario folder, for the replay."""
        os.makedirs(folder)
        for name in ["zones.geojson", "coastline.geojson"]:
            shutil.copy(os.path.join(self.folder, name), folder)
        scenario = dict(self.scenario, sensors=[dict(sensor, file=sensor["id"]) for sensor in self.scenario["sensors"]])
        suffixes = {"ais": ".nmea", "radar": ".ast", "eo": ".jsonl"}
        for sensor in scenario["sensors"]:
            sensor["file"] += suffixes[sensor["kind"]]
            with open(os.path.join(folder, sensor["file"]), "wb") as file:
                for _, name, record in self.records:
                    if name == sensor["id"]:
                        file.write(record + ENDS[sensor["kind"]])
        with open(os.path.join(folder, "scenario.json"), "w", encoding="utf-8") as file:
            json.dump(scenario, file)


def exported(program, scenario, folder):
    """Plays a scenario into a server as fast as it goes, and reads its log: (receipt, sensor, bytes)."""
    store = os.path.join(folder, "recording")
    server = subprocess.Popen(
        [program, "serve", "--area", scenario, "--store", store, "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        address = re.search(r"http://(\S+)", server.stdout.readline()).group(1)
        subprocess.run([program, "feed", scenario, "--to", address, "--speed", "max", "--quiet"], check=True)
    finally:
        server.terminate()
        server.wait()
    records = []
    with subprocess.Popen([program, "log", "export", store], stdout=subprocess.PIPE, text=True) as export:
        for line in export.stdout:
            record = json.loads(line)
            content = record["text"].encode() if "text" in record else bytes.fromhex(record["hex"])
            if content.strip():
                records.append((instant(record["received"]), record["feed"], content))
    check(export.returncode == 0 and records, "the records of the scenario are read")
    return records


def junk_lines(count):
    """What a camera with a broken cable or a bad update sends, each on a line of its own."""
    chance = random.Random(7)
    detection = b'{"time":"2026-10-09T12:00:00.000Z","sensor":"eo1","azimuth_deg":%s,"class":"cargo","class_confidence":0.5}'
    kinds = [
        lambda: bytes(chance.choice(range(33, 256)) for _ in range(chance.randrange(1, 200))),
        lambda: detection[: chance.randrange(5, 60)],
        lambda: detection % b'"north"',
        lambda: detection % b"4711.0",
        lambda: b"{}",
        lambda: b"[" * chance.randrange(1, 5_000),
        lambda: b"x" * chance.randrange(10_000, 30_000),
        lambda: b"HTTP/1.1 500 Internal Server Error",
    ]
    return [kinds[number % len(kinds)]() for number in range(count)]


# --- what is compared -----------------------------------------------------------------------------------------------------------


def read_alerts(folder):
    with open(os.path.join(folder, "alerts.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def apart_m(a, b):
    east = (a["lon"] - b["lon"]) * math.cos(math.radians(a["lat"]))
    return math.hypot(a["lat"] - b["lat"], east) * 111_195


def vessels(alert):
    return {alert.get(key) for key in ("mmsi", "other_mmsi")} - {None}


def is_same(a, b):
    if a["kind"] != b["kind"] or a.get("zone") != b.get("zone") or abs(a["start_s"] - b["start_s"]) > NEAR_S:
        return False
    return bool(vessels(a) & vessels(b)) or apart_m(a, b) <= NEAR_M


def matched(live, replayed):
    """Pairs of the same alert, nearest in time first; each is used once."""
    pairs = [(abs(a["raised_s"] - b["raised_s"]), i, j) for i, a in enumerate(live) for j, b in enumerate(replayed) if is_same(a, b)]
    left, right, found = set(range(len(live))), set(range(len(replayed))), []
    for _, i, j in sorted(pairs):
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            found.append((live[i], replayed[j]))
    return found, [replayed[j] for j in sorted(right)], [live[i] for i in sorted(left)]


def table(live, replayed):
    """The comparison by kind, and the pairs."""
    pairs, missing, extra = matched(live, replayed)
    print(f"{'kind':<20}{'replay':>8}{'live':>8}{'matched':>9}{'missing':>9}{'extra':>7}{'same grade':>12}{'later by (median, max) s':>26}")
    count = lambda alerts, kind: sum(kind in ("all", alert["kind"]) for alert in alerts)
    for kind in [*sorted({alert["kind"] for alert in live + replayed}), "all"]:
        mine = [(a, b) for a, b in pairs if kind in ("all", a["kind"])]
        later = [a["raised_s"] - b["raised_s"] for a, b in mine]
        grades = sum(a["grade"] == b["grade"] for a, b in mine)
        spread = f"{statistics.median(later):.0f}, {max(later, key=abs):.0f}" if later else "-"
        print(f"{kind:<20}{count(replayed, kind):>8}{count(live, kind):>8}{len(mine):>9}{count(missing, kind):>9}{count(extra, kind):>7}{grades:>12}{spread:>26}")
    for word, alerts in [("missing", missing), ("extra", extra)]:
        for alert in alerts:
            print(f"  {word}: grade {alert['grade']} {alert['stage']} {alert['id']} at {alert['lat']:.3f} {alert['lon']:.3f}")
    return pairs, missing, extra


# --- the day --------------------------------------------------------------------------------------------------------------------


class Day:
    def __init__(self, options, folder, stack):
        self.program, self.speed, self.folder, self.stack = os.path.abspath(options.program), options.speed, folder, stack
        print(f"the recording is read: {options.scenario}", flush=True)
        self.recording = Recording(self.program, options.scenario, folder)
        kinds = self.recording.kinds
        self.radar = [name for name, kind in kinds.items() if kind == "radar"][-1]
        self.camera = next(name for name, kind in kinds.items() if kind == "eo")
        self.taken_out, self.rubbish = self.recording.with_faults(self.radar, self.camera)
        self.faulty = os.path.join(folder, "faulty")
        self.recording.write(self.faulty)
        self.clock = Clock(options.clock, os.path.join(folder, "clock"), self.recording.records[0][0] - 5)
        self.platform = Platform(self.clock)
        self.sensors, used = {}, collections.Counter()
        for name, kind in kinds.items():
            choices = TRANSPORTS[kind]
            self.sensors[name] = choices[min(used[kind], len(choices) - 1)](name, folder)
            used[kind] += 1
        self.sent = collections.Counter()
        self.waited_s = 0.0
        self.told = []

    def start(self, name, arguments):
        log = self.stack.enter_context(open(os.path.join(self.folder, f"{name}.log"), "w", encoding="utf-8"))
        process = subprocess.Popen(
            [self.program, *arguments], stdout=subprocess.PIPE if name == "serve" else log, stderr=log, text=True, env=self.clock.environment
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def log(self, name):
        with open(os.path.join(self.folder, f"{name}.log"), encoding="utf-8") as file:
            return re.sub(r"\x1b\[[0-9;]*m", "", file.read())

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=60) as answer:
            return answer.read().decode()

    def figures(self, name, **labels):
        """A figure of /metrics by the value of its first label."""
        wanted = rf'^shorewatch_{name}\{{\w+="([^"]+)"[^}}]*\}} (\S+)'
        return {label: float(value) for label, value in re.findall(wanted, self.get("/metrics"), re.M)}

    def begin(self):
        path = lambda name: os.path.join(self.folder, name)
        with open(path("secret"), "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")
        fields = ["grade", "score", "times", "position", "zone", "mmsi", "tracks", "evidence", "life"]
        with open(path("shorewatch.toml"), "w", encoding="utf-8") as file:
            file.write(
                f'store = "{path("store")}"\n[[sharing]]\nname = "everything"\nkinds = ["any"]\ngrades = [1, 2, 3, 4]\nstages = ["any"]\n'
                f'events = ["any"]\narea = "everywhere"\nmmsi = "plain"\nposition_decimals = 6\nfields = {json.dumps(fields)}\n'
                f'[[endpoint]]\nname = "platform"\nurl = "http://127.0.0.1:{self.platform.port}/hook"\nprofile = "everything"\n'
                'secret_files = ["secret"]\nallow_networks = ["127.0.0.0/8"]\n'
            )
        with open(path("sources.toml"), "w", encoding="utf-8") as file:
            file.writelines(f'[[source]]\nname = "{name}"\n{sensor.source}\n\n' for name, sensor in self.sensors.items())
        self.server = self.start("serve", ["serve", "--config", path("shorewatch.toml"), "--area", self.faulty, "--listen", "127.0.0.1:0", "--out", path("live")])
        self.address = re.search(r"http://(\S+)", self.server.stdout.readline()).group(1)
        self.collector = self.start("collect", ["collect", "--config", path("sources.toml"), "--to", self.address, "--report-s", "0"])
        until(lambda: all(sensor.is_ready() for sensor in self.sensors.values()), "all sensors are connected")
        until(lambda: len(self.figures("feed_records_total")) == len(self.sensors), "the collector has introduced all sensors")
        # A group is joined a moment after its task has begun.
        until(lambda: self.log("collect").count("listens for datagrams") == self.log_lines_of_datagrams(), "the groups are joined")

    def log_lines_of_datagrams(self):
        return sum(isinstance(sensor, Multicast) for sensor in self.sensors.values())

    def keep_up(self):
        """Waits until the server has everything that was sent; the day stands still meanwhile."""
        began = time.monotonic()
        behind = lambda: [name for name, taken in self.figures("feed_records_total").items() if taken < self.sent[name]]
        until(lambda: not behind(), "the server has what was sent")
        self.waited_s += time.monotonic() - began

    def play(self, plan):
        """Plays all records at their time; `plan` says what happens besides: (instant, what to do)."""
        records, plan = collections.deque(self.recording.records), collections.deque(sorted(plan, key=lambda it: it[0]))
        began, first = time.monotonic(), self.clock.seconds
        end, kept_up = self.recording.end + 30, first
        while self.clock.seconds < end:
            now = min(first + (time.monotonic() - began - self.waited_s) * self.speed, self.clock.seconds + STEP_S, end)
            self.clock.set(now)
            while records and records[0][0] <= now:
                _, name, record = records.popleft()
                self.sensors[name].send(record)
                self.sent[name] += 1
            while plan and plan[0][0] <= now:
                plan.popleft()[1]()
            if now - kept_up >= AHEAD_S:
                self.keep_up()
                kept_up = now
            time.sleep(0.2 / self.speed)
        self.keep_up()
        self.took_s = time.monotonic() - began

    def note(self, what):
        self.told.append((self.clock.seconds, what))
        print(f"  {written(self.clock.seconds)} {what}", flush=True)

    def look(self, expected, what):
        """Whether a gap is told, by now or soon."""
        until(expected, what)
        self.note(what)

    def run(self):
        recording, radar, camera = self.recording, self.radar, self.camera
        print(f"the same with faults is replayed: {self.taken_out} records of {radar} and {camera} taken out, {self.rubbish} of rubbish put in", flush=True)
        replayed = os.path.join(self.folder, "replayed")
        subprocess.run([self.program, "replay", self.faulty, "--out", replayed, "--quiet"], check=True)
        self.begin()
        unplugged, rubbish, away = map(recording.between, (RADAR_UNPLUGGED, CAMERA_SENDS_RUBBISH, PLATFORM_AWAY))
        working = lambda name: self.figures("sensor_working")[name] == 1
        health = lambda words: words in self.get("/healthz")
        waiting = lambda: self.figures("outbox_waiting").get("platform", 0)
        plan = [
            (unplugged[0] - 20, lambda: check(working(radar), f"{radar} works before it is unplugged")),
            (unplugged[0] + 60, lambda: self.look(lambda: not working(radar) and health(f"sensor {radar}: silent"), f"{radar} is told as silent in /metrics and /healthz")),
            (unplugged[0] + 60, lambda: self.look(lambda: re.search(rf'WARN.*silent: nothing comes.*{radar}', self.log("collect")), "the collector tells it too")),
            (unplugged[1] + 60, lambda: self.look(lambda: working(radar) and not health(f"sensor {radar}"), f"{radar} works again")),
            (rubbish[1], lambda: self.look(lambda: self.refused(camera) >= self.rubbish, f"what {camera} sends is counted as refused")),
            (rubbish[1] + 120, lambda: self.look(lambda: working(camera), f"{camera} works again")),
            (away[0], self.platform.go_away),
            (away[1] - 1, lambda: self.look(lambda: waiting() > 0, "events wait for the platform")),
            (away[1], self.platform.come_back),
        ]
        print(f"the day begins: {recording.length_s} s at {self.speed:g} times", flush=True)
        self.play(plan)
        pace = (recording.length_s + 30) / self.took_s
        print(f"the day is over: {sum(self.sent.values())} records in {self.took_s:.0f} s, {pace:.1f} times as fast as recorded; {self.waited_s:.0f} s of that waited for the server")
        self.deliver()
        self.collector.terminate()
        check(self.collector.wait(PATIENCE_S) == 0, "the collector ends in order")
        self.server.terminate()
        check(self.server.wait(PATIENCE_S) == 0, "the server ends in order")
        print(re.search(r"\n(\d+ records acknowledged[^\n]*)", self.log("collect")).group(1))
        self.compare(replayed)

    def refused(self, name):
        text = self.get("/metrics")
        return sum(float(value) for value in re.findall(rf'^shorewatch_sensor_refused_total\{{sensor="{name}"[^}}]*\}} (\S+)', text, re.M))

    def deliver(self):
        """Every event on record has come, once by its id and in order for each alert; the clock goes on, for those that wait."""
        def all_there():
            self.clock.set(self.clock.seconds + 1)
            return sorted(set(self.platform.ids())) == sorted(self.recorded())

        until(all_there, "every event is at the platform")
        check(not self.platform.faults, f"signatures: {self.platform.faults[:3]}")
        first = {}
        for event in self.platform.events:
            first.setdefault(event["id"], event)
        by_alert = collections.defaultdict(list)
        for event in first.values():
            by_alert[event["subject"]].append(event["sequence"])
        check(all(it == sorted(it) for it in by_alert.values()), "in order for each alert")
        print(f"platform: {len(first)} events of {len(by_alert)} alerts, each there, in order, {len(self.platform.events) - len(first)} came again")

    def recorded(self):
        path = os.path.join(self.folder, "store", "records.sqlite")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as records:
            rows = records.execute("SELECT sequence, substr(hash, 1, 24) FROM entries WHERE subject LIKE 'alert/%'").fetchall()
        return [f"{sequence}.{digits}" for sequence, digits in rows]

    def compare(self, replayed):
        again = os.path.join(self.folder, "again")
        subprocess.run([self.program, "log", "replay", os.path.join(self.folder, "store"), "--out", again], check=True, capture_output=True)
        read = lambda folder, name: open(os.path.join(self.folder, folder, name), "rb").read()
        for name in ["alerts.jsonl", "tracks.csv"]:
            check(read("live", name) == read("again", name), f"{name} of the live run is that of the replay of its own log, to the byte")
        print("the live run and the replay of its own log are the same to the byte")
        live, there = read_alerts(os.path.join(self.folder, "live")), read_alerts(replayed)
        pairs, missing, extra = table(live, there)
        share = 2 * len(pairs) / max(1, len(live) + len(there))
        print(f"day-in-the-life: {share:.1%} of the alerts are the same in both")
        check(share >= 0.9, "nine alerts in ten are the same")


main()
