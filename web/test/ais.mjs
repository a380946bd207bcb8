// AIS sentences for a vessel of our own making (ITU-R M.1371-5): positions of type 1 and the static data of type 5.

const SIX_BIT = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?";

const bits = (value, length) => (BigInt.asUintN(length, BigInt(Math.round(value)))).toString(2).padStart(length, "0");
const text = (words, length) =>
  [...words.padEnd(length, "@")].map((letter) => bits(SIX_BIT.indexOf(letter), 6)).join("");

function armoured(payload) {
  const padding = (6 - (payload.length % 6)) % 6;
  const all = payload + "0".repeat(padding);
  let armour = "";
  for (let at = 0; at < all.length; at += 6) {
    const value = Number.parseInt(all.slice(at, at + 6), 2);
    armour += String.fromCharCode(value < 40 ? value + 48 : value + 56);
  }
  return { armour, padding };
}

const checksum = (body) =>
  [...body].reduce((sum, letter) => sum ^ letter.charCodeAt(0), 0).toString(16).toUpperCase().padStart(2, "0");

function tagged(sentence, unixSeconds) {
  const tag = `s:test,c:${unixSeconds}`;
  return `\\${tag}*${checksum(tag)}\\!${sentence}*${checksum(sentence)}`;
}

/** A position report: course and speed over ground, at a time. */
export function position({ mmsi, lat, lon, knots, course, unixSeconds }) {
  const payload =
    bits(1, 6) + bits(0, 2) + bits(mmsi, 30) + bits(0, 4) + bits(128, 8) + bits(knots * 10, 10) + bits(1, 1) +
    bits(lon * 600_000, 28) + bits(lat * 600_000, 27) + bits(course * 10, 12) + bits(course, 9) +
    bits(unixSeconds % 60, 6) + bits(0, 2) + bits(0, 3) + bits(0, 1) + bits(0, 19);
  const { armour, padding } = armoured(payload);
  return [tagged(`AIVDM,1,1,,A,${armour},${padding}`, unixSeconds)];
}

/** Static data: who it is. */
export function identity({ mmsi, name, callsign, unixSeconds }) {
  const payload =
    bits(5, 6) + bits(0, 2) + bits(mmsi, 30) + bits(0, 2) + bits(0, 30) + text(callsign, 7) + text(name, 20) +
    bits(70, 8) + bits(50, 9) + bits(50, 9) + bits(10, 6) + bits(10, 6) + bits(1, 4) + bits(0, 20) + bits(50, 8) +
    text("", 20) + bits(0, 1) + bits(0, 1);
  const { armour, padding } = armoured(payload);
  const half = 56;
  return [
    tagged(`AIVDM,2,1,7,A,${armour.slice(0, half)},0`, unixSeconds),
    tagged(`AIVDM,2,2,7,A,${armour.slice(half)},${padding}`, unixSeconds),
  ];
}
