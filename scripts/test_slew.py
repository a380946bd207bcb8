"""Turns a camera of another maker to the cues of a real server, by positions and by speeds. Run by scripts/test-slew."""

import glob
import json
import math
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from lxml import etree

FIXTURE = "fixtures/haikou-evening"
CUES = "shorewatch.sensor.v1.CueService"
# The fixture's camera, and how the test says that it is mounted.
LAT_DEG, LON_DEG = 20.086678, 110.342913
HEADING_DEG, ELEVATION_DEG = 300.0, 1.5
WIDE_DEG, TELE_DEG = 60.0, 2.0
USER, PASSWORD = "shorewatch", "hush & <hush>"
SOAP = "{http://www.w3.org/2003/05/soap-envelope}"
SCHEMA = "{http://www.onvif.org/ver10/schema}"

STARTED = []


def started(arguments, **how):
    """A process that is gone when the check is, however that ends."""
    process = subprocess.Popen(arguments, **how)
    STARTED.append(process)
    return process


def until(what, look, seconds=180, says=lambda: ""):
    """What `look` answers, as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = look()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s {says()}")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Camera:
    """ipycam, in a process and a folder of its own."""

    PLAY = (
        "import sys, json\n"
        "from ipycam import IPCamera, CameraConfig\n"
        "camera = IPCamera(CameraConfig(onvif_port=int(sys.argv[1]), rtsp_port=int(sys.argv[2]), local_ip='127.0.0.1',\n"
        "                               username=sys.argv[3], password=sys.argv[4]))\n"
        "print(json.dumps(camera.start()), flush=True)\n"
        "for line in sys.stdin:\n"
        "    if line.strip():\n"
        "        camera.ptz.absolute_move(*map(float, line.split()))\n"
        "    print(json.dumps(camera.ptz.get_status()), flush=True)\n"
    )

    def __init__(self, folder):
        self.port = free_port()
        arguments = [sys.executable, "-c", self.PLAY, str(self.port), str(free_port()), USER, PASSWORD]
        log = open(os.path.join(folder, "camera.log"), "w", encoding="utf-8")
        self.process = started(arguments, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        while (line := self.process.stdout.readline().strip()) != "true":
            assert line and line != "false", "ipycam does not start"

    def status(self, turn=""):
        """Where it points; with `turn` (pan and tilt) somebody turns it there first."""
        self.process.stdin.write(turn + "\n")
        self.process.stdin.flush()
        while not (line := self.process.stdout.readline()).startswith("{"):
            assert line, "ipycam has ended"
        return json.loads(line)


class Witness:
    """Stands before the camera: holds every message against ONVIF's schemas, and passes it on. With `speeds_alone` the camera seems to take no
    positions."""

    def __init__(self, camera_port):
        self.asked, self.faults, self.speeds_alone = [], [], False
        schemas = {}
        folder = glob.glob(os.path.join(sys.prefix, "lib", "python3*", "site-packages", "wsdl"))[0]
        for name in ("devicemgmt", "media", "ptz"):
            path = os.path.join(folder, f"{name}.wsdl")
            found = etree.parse(path).find(".//{http://www.w3.org/2001/XMLSchema}schema")
            schema = etree.fromstring(etree.tostring(found), base_url=path)
            schemas[schema.get("targetNamespace")] = etree.XMLSchema(etree.ElementTree(schema))
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                witness.look(schemas, body)
                url = f"http://127.0.0.1:{camera_port}{self.path}"
                ask = urllib.request.Request(url, body, {"content-type": self.headers["content-type"]})
                try:
                    answer = urllib.request.urlopen(ask, timeout=30)
                except urllib.error.HTTPError as fault:
                    answer = fault
                content = answer.read()
                if witness.speeds_alone:
                    content = content.replace(b"AbsolutePanTiltPositionSpace", b"OfNoUse")
                self.send_response(answer.status)
                self.send_header("content-type", answer.headers["content-type"])
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # An adapter that is stopped in the middle of a question is part of the play.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/onvif/device_service"

    def look(self, schemas, body):
        message = etree.fromstring(body).find(f"{SOAP}Body")[0]
        name = etree.QName(message)
        schema = schemas[name.namespace]
        if not schema.validate(message):
            self.faults.append(f"{name.localname}: {schema.error_log.last_error}")
        self.asked.append(name.localname)

    def count(self, name):
        return self.asked.count(name)


class Grpc:
    """Calls a service that is known by reflection alone."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))

    def call(self, service, name, **fields):
        method = self.pool.FindServiceByName(service).FindMethodByName(name)
        ask, answer = map(message_factory.GetMessageClass, (method.input_type, method.output_type))
        path = f"/{service}/{name}"
        return self.channel.unary_unary(path, ask.SerializeToString, answer.FromString)(ask(**fields), timeout=30)


class Server:
    """The program, serving the fixture as it happens."""

    def __init__(self, program, folder):
        self.log = open(os.path.join(folder, "shorewatch.log"), "w", encoding="utf-8")
        arguments = [program, "serve", "--listen", "127.0.0.1:0", "--area", FIXTURE, "--store", os.path.join(folder, "store")]
        self.process = started(arguments, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.address = re.search(r"http://(\S+)", self.process.stdout.readline()).group(1)
        self.grpc = Grpc(self.address)
        self.feed = started([program, "feed", FIXTURE, "--to", self.address, "--quiet"], stdout=self.log, stderr=self.log)

    def tracks(self):
        """The tracks, those that move first, the nearest to the camera before others."""
        with urllib.request.urlopen(f"http://{self.address}/ogc/collections/tracks/items?limit=10000", timeout=30) as answer:
            features = json.load(answer)["features"]
        distance = lambda it: math.dist(it["geometry"]["coordinates"], (LON_DEG, LAT_DEG))
        return [it["id"] for it in sorted(features, key=lambda it: (it["properties"]["sog_mps"] < 2.0, distance(it)))]

    def request(self):
        """A cue for the nearest craft that the camera has in sight."""
        self.refusals = {}
        for track in self.tracks():
            try:
                return self.grpc.call(CUES, "RequestCue", track_id=track, note="who is that?").cue
            except grpc.RpcError as error:
                self.refusals[track] = error.details()
        return None

    def cue(self, cue_id):
        return next(it for it in self.grpc.call(CUES, "ListCues", with_over=True).cues if it.id == cue_id)

    def state(self, cue_id):
        cue = self.cue(cue_id)
        return cue.DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number[cue.state].name.removeprefix("CUE_STATE_")


def off_deg(camera, cue):
    """By how much the camera looks beside where it ought to."""
    at = camera.status()
    # The generic space: one is half a turn of pan, a quarter of tilt.
    pan_deg = HEADING_DEG + 180.0 * at["pan"] - cue.aim.azimuth_deg
    tilt_deg = ELEVATION_DEG + 90.0 * at["tilt"] - cue.aim.elevation_deg
    return max(abs((pan_deg + 180.0) % 360.0 - 180.0), abs(tilt_deg))


def follow(server, camera, witness, moves):
    """An officer asks for a look: the camera points, is kept on the craft and is stopped when the look is taken back."""
    camera.status(turn="0.9 0.9")
    cue = until("the site takes cues", server.request, says=lambda: server.refusals)
    until("the camera points", lambda: server.state(cue.id) == "POINTING")
    until("the camera looks at the craft", lambda: off_deg(camera, server.cue(cue.id)) < 1.0)
    zoom, count = camera.status()["zoom"], witness.count(moves)
    assert count > 0, f"no {moves}"
    # Craft of the fixture are slow: somebody else turns the camera away instead.
    camera.status(turn="0.9 0.9")
    until("the camera is back on it with the next update", lambda: witness.count(moves) > count and off_deg(camera, server.cue(cue.id)) < 1.0)
    stops = witness.count("Stop")
    server.grpc.call(CUES, "WithdrawCue", cue_id=cue.id, note="seen enough")
    until("the camera is stopped", lambda: witness.count("Stop") > stops)
    return cue, zoom


def check(program, folder):
    camera = Camera(folder)
    witness = Witness(camera.port)
    server = Server(program, folder)
    password = os.path.join(folder, "password")

    def secret(text):
        with open(password, "w", encoding="utf-8") as file:
            file.write(text + "\n")

    adapter = [program, "cue-onvif", "--server", server.address, "--camera", "eo1", "--device", witness.url, "--user", USER]
    adapter += ["--password-file", password]
    secret("wrong")
    refused = subprocess.run([*adapter, "--check"], capture_output=True, text=True, timeout=120)
    assert refused.returncode != 0 and "authorized" in refused.stderr, refused
    secret(PASSWORD)
    checked = subprocess.run([*adapter, "--check"], capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0 and "is told positions, zooms" in checked.stdout, checked

    adapter += ["--thermal", "--heading", str(HEADING_DEG), "--elevation", str(ELEVATION_DEG)]
    adapter_log = open(os.path.join(folder, "adapter.log"), "w", encoding="utf-8")

    def turning(*more):
        return started([*adapter, *more], stdout=adapter_log, stderr=adapter_log)

    running = turning("--field-of-view", str(WIDE_DEG), str(TELE_DEG))
    cue, zoom = follow(server, camera, witness, "AbsoluteMove")
    assert 0.0 < zoom <= 1.0, "the zoom was left as it was"
    running.terminate()
    assert running.wait(60) == 0, "the adapter ended badly"
    assert not witness.count("ContinuousMove"), "a camera that takes positions was told speeds"

    # The same camera, as if it took speeds alone.
    witness.speeds_alone = True
    moves = witness.count("AbsoluteMove")
    running = turning()
    second, _ = follow(server, camera, witness, "ContinuousMove")
    assert second.id != cue.id and witness.count("AbsoluteMove") == moves

    # A camera that goes away in the middle of a look: the server hears why, and another would have its turn.
    third = until("a cue", server.request, says=lambda: server.refusals)
    until("the camera points", lambda: server.state(third.id) == "POINTING")
    witness.server.shutdown()
    witness.server.server_close()
    until("the server hears that the camera is away", lambda: "does not answer" in server.cue(third.id).refusal)
    running.terminate()
    assert running.wait(60) == 0, "the adapter ended badly"

    assert not witness.faults, witness.faults
    server.feed.kill()
    server.process.terminate()
    assert server.process.wait(60) == 0, "the server ended badly"
    asked = {name: witness.count(name) for name in dict.fromkeys(witness.asked)}
    print(f"test-slew: ipycam turned to cues by positions and by speeds; valid by ONVIF's schemas: {asked}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(os.path.abspath(sys.argv[1]), folder)
        except BaseException:
            for name in ("shorewatch.log", "adapter.log", "camera.log"):
                path = os.path.join(folder, name)
                if os.path.exists(path):
                    sys.stderr.write(f"--- {name}\n" + "".join(open(path, encoding="utf-8").readlines()[-30:]))
            raise
        finally:
            for process in STARTED:
                process.kill()
                process.wait()


main()
