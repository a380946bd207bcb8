"""Asks a running server as a map front end would, with clients of other makers. Run by scripts/test-http."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request

import mapbox_vector_tile
from owslib.ogcapi.features import Features

FIXTURE = "fixtures/haikou-evening"
EXTENT = 4096


class Server:
    """The program, serving the fixture after an hour of its feeds."""

    def __init__(self, program):
        arguments = [program, "serve", "--listen", "127.0.0.1:0", "--area", FIXTURE]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group()
        address = self.url.removeprefix("http://")
        subprocess.run([program, "feed", FIXTURE, "--to", address, "--speed", "max"], check=True, capture_output=True)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.headers, answer.read()

    def json(self, path):
        return json.loads(self.get(path)[1])

    def refusal(self, path):
        try:
            self.get(path)
        except urllib.error.HTTPError as error:
            return error.code, error.headers["content-type"], json.loads(error.read())
        raise AssertionError(f"{path} was answered")

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0


def check_features(server):
    client = Features(server.url + "/ogc")
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in client.conformance()["conformsTo"]
    assert client.api()["openapi"].startswith("3.0")
    assert client.feature_collections() == ["zones", "ports", "tracks", "alerts", "sensors"]

    zones = client.collection_items("zones", limit=1000)
    charted = len(json.load(open(FIXTURE + "/zones.geojson"))["features"])
    assert zones["numberMatched"] == zones["numberReturned"] == charted, zones["numberMatched"]

    # Page by page the same, in order, each once.
    paged, page = [], client.collection_items("tracks", limit=7)
    total = page["numberMatched"]
    while True:
        assert page["numberReturned"] <= 7
        paged += [feature["id"] for feature in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            break
        page = json.loads(urllib.request.urlopen(following[0], timeout=30).read())
    assert total > 20 and len(paged) == len(set(paged)) == total and paged == sorted(paged), (total, len(paged))

    box = [110.2, 20.0, 110.4, 20.2]
    inside = client.collection_items("tracks", bbox=box, limit=10000)["features"]
    assert 0 < len(inside) < total
    for feature in inside:
        lon, lat = feature["geometry"]["coordinates"]
        assert box[0] <= lon <= box[2] and box[1] <= lat <= box[3]
    one = client.collection_item("tracks", paged[0])
    assert one["id"] == paged[0] and one["properties"]["held_by"] is not None

    radar = client.collection_item("sensors", "radar1")
    assert radar["properties"]["max_range_m"] == 30000 and radar["geometry"]["type"] == "Point", radar

    alerts = client.collection_items("alerts", limit=1000)["features"]
    assert alerts, "the evening has alerts"
    began = alerts[0]["properties"]["began"]
    assert any(it["id"] == alerts[0]["id"] for it in client.collection_items("alerts", datetime_=began)["features"])
    assert client.collection_items("alerts", datetime_="../2001-01-01T00:00:00Z")["features"] == []
    kind = alerts[0]["properties"]["kind"]
    assert all(it["properties"]["kind"] == kind for it in server.json(f"/ogc/collections/alerts/items?kind={kind}")["features"])

    code, content_type, problem = server.refusal("/ogc/collections/zones/items?colour=red")
    assert (code, content_type) == (400, "application/problem+json") and problem["detail"].startswith("colour: unknown")


def check_datum(server):
    """GCJ-02 where it is asked for, some 500 m to the east-southeast, and named; WGS 84 otherwise."""
    headers, body = server.get("/ogc/collections/ports/items?limit=1")
    assert headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    true = json.loads(body)["features"][0]["geometry"]["coordinates"][0][0][0]
    headers, body = server.get("/ogc/collections/ports/items?limit=1&crs=GCJ-02")
    assert headers["content-crs"] == "<GCJ-02>"
    shifted = json.loads(body)["features"][0]["geometry"]["coordinates"][0][0][0]
    assert 0.002 < shifted[0] - true[0] < 0.007 and -0.004 < shifted[1] - true[1] < 0.0, (true, shifted)


def decoded(server, path):
    headers, body = server.get(path)
    assert headers["content-type"] == "application/vnd.mapbox-vector-tile"
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True}) if body else {}


def area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:])) / 2


def polygons(feature):
    kind, coordinates = feature["geometry"]["type"], feature["geometry"]["coordinates"]
    return {"Polygon": [coordinates], "MultiPolygon": coordinates}[kind]


def check_tiles(server):
    description = server.json("/tiles/coast.json")
    assert description["tilejson"] == "3.0.0" and [it["id"] for it in description["vector_layers"]] == ["land", "shore"]
    template = description["tiles"][0].removeprefix(server.url)
    # The whole strait, and one tile in all detail with half land: column and row of 110.32 E, 20.03 N.
    for z, x, y in [(8, 206, 113), (12, 3303, 1814)]:
        tile = decoded(server, template.format(z=z, x=x, y=y))
        assert tile["land"]["extent"] == EXTENT and tile["land"]["features"] and tile["shore"]["features"], (z, x, y)
        for feature in tile["land"]["features"]:
            for rings in polygons(feature):
                assert area(rings[0]) > 0 and all(area(hole) < 0 for hole in rings[1:])
                for ring in rings:
                    assert all(-200 <= value <= EXTENT + 200 for point in ring for value in point)
        covered = sum(area(ring) for it in tile["land"]["features"] for rings in polygons(it) for ring in rings)
        assert 0.02 < covered / EXTENT**2 < 1.2, covered / EXTENT**2

    # Every track of the picture is in the tile of the world, with its own id.
    tracks = decoded(server, "/tiles/tracks/0/0/0.mvt")["tracks"]["features"]
    listed = server.json("/ogc/collections/tracks/items?limit=10000")["features"]
    assert {it["properties"]["id"] for it in tracks} == {it["id"] for it in listed}
    zones = decoded(server, "/tiles/zones/8/206/113.pbf")["zones"]["features"]
    assert any(it["properties"]["kind"] == "designated_port" for it in zones)
    assert decoded(server, "/tiles/coast/12/0/0.mvt") == {}
    assert server.refusal("/tiles/coast/3/9/0.mvt")[0] == 404
    assert server.refusal("/tiles/rivers/0/0/0.mvt")[0] == 404


def main():
    server = Server(sys.argv[1])
    try:
        check_features(server)
        check_datum(server)
        check_tiles(server)
    finally:
        server.stop()
    print("test-http: owslib and mapbox-vector-tile understand what the server says")


if __name__ == "__main__":
    main()
