"""Lets a server of the fixture tell neighbours of other makers, and asks these what they were told. Run by scripts/test-peers."""

import asyncio
import contextlib
import csv
import getpass
import glob
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timezone

import authority

FIXTURE = "fixtures/haikou-evening"
# The hour of the fixture in less than a minute: fast enough for a test, slow enough for tracks to be seen while they last.
SPEED = "100"


STARTED = []


def started(arguments, **how):
    """A process that is gone when the check is, however that ends."""
    process = subprocess.Popen(arguments, **how)
    STARTED.append(process)
    return process


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_until(what, seconds, look):
    """What `look` answers, as soon as it is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = look()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


def wait_for_same(what, seconds, is_set, ought):
    """Until two sets are the same; says in what they differ when they do not become so."""
    try:
        wait_until(what, seconds, lambda: is_set() == ought())
    except AssertionError as late:
        raise AssertionError(f"{late}; too many: {sorted(is_set() - ought())}, missing: {sorted(ought() - is_set())}") from None


class Server:
    """The program, serving the area of the fixture with this configuration."""

    def __init__(self, program, folder, configuration):
        self.program, self.out = program, os.path.join(folder, "out")
        path = os.path.join(folder, "shorewatch.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(configuration)
        subprocess.run([program, "config", "check", path], check=True, capture_output=True)
        self.log = open(os.path.join(folder, "shorewatch.log"), "a", encoding="utf-8")
        arguments = [program, "serve", "--config", path, "--listen", "127.0.0.1:0", "--area", FIXTURE, "--out", self.out]
        self.process = started(arguments, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group()

    def feed(self, speed=SPEED):
        address = self.url.removeprefix("http://")
        feed = [self.program, "feed", FIXTURE, "--to", address, "--speed", speed]
        subprocess.run(feed, check=True, capture_output=True)

    def metric(self, name, neighbour):
        text = urllib.request.urlopen(self.url + "/metrics", timeout=30).read().decode()
        found = re.search(rf'^shorewatch_{name}\{{neighbour="{neighbour}"[^}}]*\}} (\S+)', text, re.M)
        return float(found.group(1)) if found else None

    def health(self):
        try:
            return urllib.request.urlopen(self.url + "/healthz", timeout=30).read().decode()
        except urllib.error.HTTPError as starting:
            return starting.read().decode()

    def features(self, collection):
        with urllib.request.urlopen(f"{self.url}/ogc/collections/{collection}/items?limit=10000", timeout=30) as answer:
            return json.load(answer)["features"]

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0, "the server ended badly"

    def tracks(self):
        """Which tracks there were, and how often the regular picture showed each."""
        with open(os.path.join(self.out, "tracks.csv"), encoding="utf-8") as file:
            seen = {}
            for row in csv.DictReader(file):
                seen[row["track"]] = seen.get(row["track"], 0) + 1
            return seen


class TakClient(threading.Thread):
    """A second client of the TAK server: it says who it is and keeps every event."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.socket = socket.create_connection(("127.0.0.1", port))
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self.socket.sendall(
            (
                f'<event version="2.0" uid="WATCHER-1" type="a-f-G-U-C" how="m-g" time="{now}" start="{now}" stale="2099-01-01T00:00:00.000Z">'
                '<point lat="20.0" lon="110.0" hae="0" ce="10" le="10"/><detail><takv device="test" platform="test" os="1" version="1"/>'
                '<contact callsign="WATCHER" endpoint="*:-1:stcp"/><uid Droid="WATCHER"/><__group name="Cyan" role="Team Member"/>'
                '<status battery="100"/><track speed="0" course="0"/></detail></event>'
            ).encode()
        )
        self.events = []
        self.start()

    def run(self):
        parser = ElementTree.XMLPullParser(["end"])
        parser.feed("<stream>")
        while data := self.socket.recv(65536):
            parser.feed(data.decode("utf-8", "surrogateescape"))
            for _, element in parser.read_events():
                if element.tag == "event":
                    self.events.append((datetime.now(timezone.utc), element))


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Peer:
    """A program that nobody here wrote: started until it answers, killed, and started again."""

    log = None

    def run(self, name, arguments, seconds=30, environment=None):
        """Starts it as often as it is asked to; `is_up` says when it is there."""
        self.name, self.arguments, self.seconds, self.environment = name, arguments, seconds, environment
        self.start()

    def start(self):
        out = open(self.log, "a", encoding="utf-8") if self.log else subprocess.DEVNULL
        self.process = started(self.arguments, stdout=out, stderr=out, env=self.environment)
        wait_until(f"{self.name} is there", self.seconds, self.answers)

    def answers(self):
        ended = self.process.poll() is not None
        assert not ended, f"{self.name} has ended" + (f": {open(self.log, encoding='utf-8').read()[-2000:]}" if self.log else "")
        try:
            self.is_up()
            return True
        except OSError:
            return False

    def is_up(self):
        socket.create_connection(("127.0.0.1", self.port), 1).close()

    def kill(self):
        self.process.kill()
        self.process.wait()


class Taky(Peer):
    """A TAK server."""

    def __init__(self, python, folder, port):
        self.port, self.path = port, os.path.join(folder, "taky.conf")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(f"[taky]\nbind_ip=127.0.0.1\nhostname=localhost\nroot_dir={folder}\n[cot_server]\nport={port}\n[dp_server]\nupload_path={folder}\n[ssl]\nenabled=false\n")
        self.run("taky", [os.path.join(os.path.dirname(python), "taky"), "-c", self.path])


def check_cot(program, peers, folder):
    """Every fused track reaches a second client of taky under its uid, and is gone after its end; taky dies and comes back."""
    taky = Taky(sys.executable, folder, free_port())
    client = TakClient(taky.port)
    share = '[cot.share]\narea = "everywhere"\ntracks = ["all"]\nalerts = ["all"]\n'
    configuration = f'[[cot]]\nname = "tak"\naddress = "tcp://127.0.0.1:{taky.port}"\nuid = "test"\ninterval_s = 10\nstale_s = 60\n{share}'
    server = Server(program, folder, configuration)
    wait_until("connected with taky", 20, lambda: server.metric("neighbour_connected", "tak") == 1)
    server.feed()

    live = lambda: {f'test.track.{feature["id"]}' for feature in server.features("tracks")}
    # The second client's list: what it was told last of each uid.
    def shown():
        last = {}
        for _, event in list(client.events):
            if event.get("type") == "t-x-d-d":
                last.pop(event.find("detail/link").get("uid"), None)
            elif event.get("uid").startswith("test.track."):
                last[event.get("uid")] = event
        return last

    wait_for_same("the client shows the tracks of the picture and no others", 20, lambda: set(shown()), live)
    told = {}
    for arrived, event in client.events:
        if event.get("uid").startswith("test.track.") and event.get("type") != "t-x-d-d" and event.get("stale") != event.get("time"):
            told.setdefault(event.get("uid"), []).append((arrived, event))
    for uid, events in told.items():
        assert re.fullmatch(r"test\.track\.T\d{6}", uid), uid
        for arrived, event in events:
            assert instant(event.get("stale")) > arrived, f"{uid} was old when it came"
            assert event.get("type").startswith(("a-n-S", "a-u-S")), event.get("type")
            assert 0 <= float(event.find("detail/track").get("course")) < 360
    ended = set(told) - live()
    assert ended, "no track of the evening has ended"
    markers = [event for _, event in client.events if event.get("type") == "b-m-p-s-m"]
    assert any("等级" in event.findtext("detail/remarks") for event in markers if event.find("detail/remarks") is not None)

    taky.kill()
    time.sleep(1)
    taky.start()
    client = TakClient(taky.port)
    wait_for_same("a TAK server that comes back is told all that goes on", 30, lambda: set(shown()), live)
    server.stop()
    # One that only a single regular picture shows may begin and end between two looks at this speed.
    missing = {f"test.track.{track}" for track, pictures in server.tracks().items() if pictures > 2} - set(told)
    print(f"cot: {len(told)} tracks told, {len(ended)} of them ended and deleted, {len(markers)} words of alerts, {len(missing)} missing")
    assert len(told) > 20 and not missing, sorted(missing)
    taky.kill()


class SignalK(Peer):
    """A SignalK server that takes AIS as a TCP client."""

    def __init__(self, folder, aivdm_port, modules):
        self.port = free_port()
        settings = {
            "interfaces": {},
            "mdns": False,
            "pipedProviders": [
                {
                    "id": "shorewatch",
                    "enabled": True,
                    "pipeElements": [
                        {
                            "type": "providers/simple",
                            "options": {
                                "type": "NMEA0183",
                                "logging": False,
                                "subOptions": {"type": "tcp", "host": "127.0.0.1", "port": str(aivdm_port), "validateChecksum": True},
                            },
                        }
                    ],
                }
            ],
        }
        self.folder = os.path.join(folder, "signalk")
        os.makedirs(self.folder)
        with open(os.path.join(self.folder, "settings.json"), "w", encoding="utf-8") as file:
            json.dump(settings, file)
        self.log = os.path.join(self.folder, "log")
        arguments = ["node", os.path.join(modules, "signalk-server/bin/signalk-server"), "-c", self.folder]
        self.run("SignalK", arguments, 90, dict(os.environ, PORT=str(self.port), SIGNALK_NODE_CONFIG_DIR=self.folder))

    def is_up(self):
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/signalk", timeout=2).close()

    def vessels(self):
        """By MMSI."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/signalk/v1/api/vessels", timeout=30) as answer:
            shown = json.load(answer)
        return {int(key.rsplit(":", 1)[1]): value for key, value in shown.items() if key.startswith("urn:mrn:imo:mmsi:")}


def decoded_fixture(program):
    """The AIS messages of the fixture that a receiver heard."""
    lines = subprocess.run([program, "decode", f"{FIXTURE}/ais1.nmea.zst"], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


class PlotterClient(threading.Thread):
    """A chart plotter: keeps every sentence."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.lines = []
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.start()

    def run(self):
        rest = b""
        while data := self.socket.recv(65536):
            *lines, rest = (rest + data).split(b"\r\n")
            self.lines += lines


def check_aivdm(program, peers, folder):
    """SignalK shows every AIS vessel, and those that AIS does not tell as marked targets; pyais reads every sentence."""
    from pyais import IterMessages

    port = free_port()
    share = '[aivdm.share]\narea = "everywhere"\ntracks = ["all"]\n'
    server = Server(program, folder, f'[[aivdm]]\nname = "bridge"\nlisten = "127.0.0.1:{port}"\n{share}')
    signalk = SignalK(folder, port, os.path.join(peers, "node_modules"))
    wait_until("SignalK is connected", 30, lambda: server.metric("neighbour_connected", "bridge") == 1)
    plotter = PlotterClient(port)
    # A client that never reads must not hold up the others.
    lazy = socket.create_connection(("127.0.0.1", port))
    wait_until("all are connected", 10, lambda: server.metric("neighbour_connected", "bridge") == 3)
    server.feed()

    heard = decoded_fixture(program)
    ships = {message["mmsi"] for message in heard if message["type"] in (1, 2, 3, 18, 19) and message.get("lat") is not None}
    dark = {100_000_000 + int(feature["id"][1:]) for feature in server.features("tracks") if not feature["properties"]["ais"]}
    wait_until("SignalK shows every AIS vessel", 20, lambda: ships <= set(signalk.vessels()))
    wait_until("SignalK shows what has no AIS", 20, lambda: dark <= set(signalk.vessels()))
    vessels = signalk.vessels()
    targets = {mmsi: vessel for mmsi, vessel in vessels.items() if 100_000_000 <= mmsi < 110_000_000}
    assert set(vessels) - set(targets) <= {message["mmsi"] for message in heard}, "a vessel that nobody heard"
    assert targets and all(re.fullmatch(r"SW-TRK \d+", vessel["name"]) for vessel in targets.values())
    assert all(vessel["navigation"]["position"]["value"]["latitude"] for vessel in targets.values())

    # A decoder that nobody here wrote reads every sentence; each transmission of the fixture came once.
    passed = list(IterMessages(plotter.lines))
    own = [message for message in passed if str(message.decode().mmsi).startswith("10000")]
    wanted = sum(message["type"] in (1, 2, 3, 4, 5, 9, 18, 19, 21, 24, 27) for message in heard)
    true_ais = len(passed) - len(own)
    print(f"aivdm: {len(ships)} AIS vessels and {len(targets)} marked targets shown; pyais reads {len(passed)} messages, {true_ais} of {wanted} as heard")
    # What a station sends on both channels at once is one transmission.
    assert wanted - 20 < true_ais <= wanted, (true_ais, wanted)
    lazy.close()
    server.stop()
    signalk.kill()


class Nats(Peer):
    """A NATS server with JetStream; what it stores outlives it."""

    def __init__(self, peers, folder):
        installed = os.path.join(peers, "nats/usr/sbin/nats-server")
        binary = installed if os.path.exists(installed) else shutil.which("nats-server")
        self.port = free_port()
        self.run("nats-server", [binary, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", os.path.join(folder, "jetstream")])

    def stored(self):
        """All messages of the stream: message id, subject, event."""
        return asyncio.run(self.read())

    async def read(self):
        import nats

        client = await nats.connect(f"nats://127.0.0.1:{self.port}")
        stream = client.jetstream()
        found = []
        count = (await stream.stream_info("TEST")).state.messages
        subscription = await stream.subscribe("test.alert.>", stream="TEST", ordered_consumer=True)
        for _ in range(count):
            message = await subscription.next_msg(timeout=10)
            found.append((message.headers["Nats-Msg-Id"], message.subject, json.loads(message.data)))
        await client.close()
        return found


class NatsTracks(threading.Thread):
    """Keeps the subjects on which tracks were told."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.subjects, self.ends = port, set(), set()
        self.start()

    def run(self):
        asyncio.run(self.listen())

    async def listen(self):
        import nats

        async def keep(message):
            self.subjects.add(message.subject)
            if json.loads(message.data)["end"]:
                self.ends.add(message.subject)

        async def be_silent(_error):
            """The broker is killed at the end."""

        client = await nats.connect(f"nats://127.0.0.1:{self.port}", error_cb=be_silent)
        await client.subscribe("test.track.*", cb=keep)
        await asyncio.sleep(600)


def check_nats(program, peers, folder):
    """JetStream has each change of each alert once and in order, though nats-server is killed and started again in between."""
    broker = Nats(peers, folder)
    store = os.path.join(folder, "store")
    share = '[nats.share]\narea = "everywhere"\ntracks = ["all"]\nalerts = ["all"]\n'
    configuration = f'store = "{store}"\n[[nats]]\nname = "joint"\nservers = ["nats://127.0.0.1:{broker.port}"]\nsubject = "test"\nstream = "TEST"\n{share}'
    server = Server(program, folder, configuration)
    wait_until("connected with NATS", 20, lambda: server.metric("neighbour_connected", "joint") == 1)

    feeding = threading.Thread(target=server.feed)
    feeding.start()
    wait_until("alerts are told", 40, lambda: recorded(store) and len(broker.stored()) > 20)
    broker.kill()
    gone = len(recorded(store))
    wait_until("alerts change while the broker is away", 40, lambda: len(recorded(store)) > gone + 10)
    broker.start()
    tracks = NatsTracks(broker.port)
    feeding.join()
    expected = lambda: [message for message, _ in recorded(store)]
    wait_until("all is stored", 60, lambda: [message for message, *_ in broker.stored()] == expected())
    for (message, subject, event), (_, entry) in zip(broker.stored(), recorded(store)):
        assert event["id"] == message and event["specversion"] == "1.0" and event["subject"] == entry["subject"].removeprefix("alert/")
        assert subject == f'test.alert.{entry["kind"]}.{event["data"]["alert"]["kind"]}', subject
        assert event["data"]["alert"]["evidence"][0]["zh"]
    server.stop()
    told = len(expected())

    # A server that is started again tells nothing twice.
    server = Server(program, folder, configuration)
    wait_until("connected with NATS again", 20, lambda: server.metric("neighbour_connected", "joint") == 1)
    time.sleep(2)
    stored = [message for message, *_ in broker.stored()]
    assert stored == expected() and len(stored) == len(set(stored)) >= told, (len(stored), told)
    server.stop()
    assert len(tracks.subjects) > 20, len(tracks.subjects)
    print(f"nats: {len(stored)} changes of alerts stored once and in order, {len(tracks.subjects)} tracks told")
    broker.kill()


def recorded(store):
    """What the record says of alerts, in order: the id that its message has to have, and the entry."""
    path = os.path.join(store, "records.sqlite")
    if not os.path.exists(path):
        return []
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as records:
        rows = records.execute("SELECT sequence, hash, entry FROM entries WHERE subject LIKE 'alert/%' ORDER BY sequence").fetchall()
    return [(f"{sequence}.{digest[:24]}", json.loads(entry)) for sequence, digest, entry in rows]


class Mosquitto(Peer):
    """An MQTT broker, over TLS too, which asks for a password and forgets everything when it dies."""

    def __init__(self, peers, folder):
        self.port, self.tls_port = free_port(), free_port()
        root = os.path.join(peers, "mosquitto")
        unpacked = os.path.join(root, "usr/sbin/mosquitto")
        binary = unpacked if os.path.exists(unpacked) else shutil.which("mosquitto")
        libraries = ":".join(glob.glob(os.path.join(root, "**/*-linux-gnu"), recursive=True))
        self.ca = authority.issue(folder)
        path = os.path.join(folder, "mosquitto.conf")
        passwords = os.path.join(folder, "mosquitto.passwords")
        environment = dict(os.environ, LD_LIBRARY_PATH=libraries)
        with open(passwords, "w", encoding="utf-8") as file:
            file.write("station:pier-7\n")
        os.chmod(passwords, 0o644)
        hasher = os.path.join(os.path.dirname(os.path.dirname(binary)), "bin/mosquitto_passwd")
        subprocess.run([hasher, "-U", passwords], check=True, env=environment)
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"user {getpass.getuser()}\nper_listener_settings false\npersistence false\nallow_anonymous false\npassword_file {passwords}\n"
                f"listener {self.port} 127.0.0.1\n"
                f"listener {self.tls_port} 127.0.0.1\ncertfile {folder}/server.pem\nkeyfile {folder}/server.key\n"
            )
        self.log = os.path.join(folder, "mosquitto.log")
        self.run("mosquitto", [binary, "-c", path], environment=environment)


class Line:
    """A line to a port that can be cut, and mended."""

    def __init__(self, to):
        self.to, self.ends, self.is_cut = to, [], False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            try:
                far = None if self.is_cut else socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                far = None
            if far is None:
                near.close()
                continue
            self.ends += [near, far]
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    @staticmethod
    def carry(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.is_cut = True
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.clear()

    def mend(self):
        self.is_cut = False


class Station:
    """A small station: keeps what it was told on each topic, and the latest of each, as a client that comes late sees it."""

    def __init__(self, port):
        import paho.mqtt.client as paho

        self.live, self.latest, self.removed = [], {}, set()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=f"station-{time.monotonic_ns()}", protocol=paho.MQTTv5)
        self.client.username_pw_set("station", "pier-7")
        self.client.on_connect = lambda client, *_: client.subscribe("test/#", qos=1)
        self.client.on_message = lambda _client, _data, message: self.keep(message)
        self.client.reconnect_delay_set(1, 2)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def keep(self, message):
        if not message.payload:
            self.latest.pop(message.topic, None)
            self.removed.add(message.topic)
            return
        told = json.loads(message.payload)
        if told.get("end"):
            return
        if not message.retain:
            self.live.append((message.topic, told))
        self.latest[message.topic] = (message, told)

    def below(self, level):
        prefix = f"test/{level}/"
        return {topic.removeprefix(prefix): told for topic, (_, told) in dict(self.latest).items() if topic.startswith(prefix)}

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def check_mqtt(program, peers, folder):
    """A station sees each change of each alert though the line to the broker is cut for a while; a broker that dies and forgets all is told what
    goes on; tracks are kept while they last. By TLS, with a password."""
    broker = Mosquitto(peers, folder)
    line = Line(broker.tls_port)
    store, secret = os.path.join(folder, "store"), os.path.join(folder, "secret")
    with open(secret, "w", encoding="utf-8") as file:
        file.write("pier-7\n")
    share = '[mqtt.share]\narea = "everywhere"\ntracks = ["all"]\nalerts = ["all"]\n'
    configuration = (
        f'store = "{store}"\n[[mqtt]]\nname = "pier"\nserver = "mqtts://127.0.0.1:{line.port}"\nca = "{broker.ca}"\n'
        f'username = "station"\npassword = "file:{secret}"\ntopic = "test"\n{share}'
    )
    station = Station(broker.port)
    server = Server(program, folder, configuration)
    wait_until("connected with mosquitto", 60, lambda: server.metric("neighbour_connected", "pier") == 1)
    wait_until("the station hears that the server is there", 60, lambda: station.latest.get("test/status", (0, {}))[1].get("online"))

    feeding = threading.Thread(target=server.feed)
    feeding.start()
    alerts = lambda: [event["id"] for topic, event in list(station.live) if topic.startswith("test/alert/")]
    wait_until("alerts are told", 120, lambda: len(alerts()) > 20)
    line.cut()
    gone = len(recorded(store))
    wait_until("alerts change while the broker is away", 120, lambda: len(recorded(store)) > gone + 10)
    line.mend()
    feeding.join()
    expected = lambda: [event for event, _ in recorded(store)]
    wait_for_same("the station has seen every change of every alert", 120, lambda: set(alerts()), lambda: set(expected()))
    # What was told anew has the id that it had: whoever takes an id once has each change once, in order.
    assert list(dict.fromkeys(alerts())) == expected(), "out of order"
    by_id = {event["id"]: event for topic, event in station.live if topic.startswith("test/alert/")}
    for identity, entry in recorded(store):
        event = by_id[identity]
        assert event["specversion"] == "1.0" and event["subject"] == entry["subject"].removeprefix("alert/")
        assert event["type"] == f'cn.shorewatch.alert.{entry["kind"]}.v1' and event["data"]["alert"]["evidence"][0]["zh"]

    broker.kill()
    broker.start()
    late = Station(broker.port)
    live = lambda: {feature["id"] for feature in server.features("tracks")}
    wait_for_same("the broker keeps the tracks of the picture and no others", 120, lambda: set(late.below("track")), live)
    of_alerts = lambda: {event["subject"]: event["id"] for event in late.below("alert").values()}
    wait_until("the broker keeps every alert that is open", 120, lambda: open_alerts(store) <= set(of_alerts()))
    assert set(of_alerts().values()) <= set(expected()), "an event that is not on record"
    for topic, (message, _) in late.latest.items():
        if topic != "test/status":
            assert message.properties.MessageExpiryInterval > 0, f"{topic} would be kept for ever"
    # One that has left the picture may be in it again.
    ended = {topic for topic in station.removed if topic.startswith("test/track/")} - {f"test/track/{track}" for track in live()}
    assert ended, "no track of the evening has ended"
    server.stop()
    wait_until("the station hears that the server has gone", 60, lambda: late.latest["test/status"][1]["online"] is False)
    again = len(alerts()) - len(expected())
    kept = len(late.below("track"))
    print(f"mqtt: {len(expected())} changes of alerts told in order, {again} of them again after a break; {kept} tracks kept, {len(ended)} gone at their end")
    station.close()
    late.close()

    # Who shows a certificate of another authority is told nothing.
    stranger = authority.issue(os.path.join(folder, "stranger"))
    server = Server(program, folder, configuration.replace(broker.ca, stranger))
    wait_until("the broker is not believed", 60, lambda: "pier: not connected" in server.health())
    assert server.metric("neighbour_connections", "pier") in (0, None)
    server.stop()
    broker.kill()


def open_alerts(store):
    """The ids of alerts that go on: no officer has put any away here."""
    with contextlib.closing(sqlite3.connect(f"file:{os.path.join(store, 'records.sqlite')}?mode=ro", uri=True)) as records:
        return {row[0] for row in records.execute("SELECT id FROM alerts WHERE course = 'active'")}


CHECKS = {"cot": check_cot, "aivdm": check_aivdm, "nats": check_nats, "mqtt": check_mqtt}


def main():
    program, peers, *wanted = sys.argv[1:]
    for name, check in CHECKS.items():
        if wanted and name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            try:
                check(program, os.path.abspath(peers), folder)
            except BaseException:
                log = os.path.join(folder, "shorewatch.log")
                if os.path.exists(log):
                    sys.stderr.write(open(log, encoding="utf-8").read()[-4000:])
                raise
            finally:
                for process in STARTED:
                    process.kill()
                    process.wait()
            print(f"{name}: good, in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
