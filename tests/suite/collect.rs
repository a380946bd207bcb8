//! The collector as the real program, between real sockets and a real server.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::support::server::Server;

const AIS: &str = "!AIVDM,1,1,,A,169job001Q7p?SV;RbqCJRg<3DP;,0*04\r\n";
/// How often something that is waited for is looked at, and how often at most.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: usize = 400;

/// An area with a receiver, an ASTERIX radar, an NMEA radar and a fleet; its feeds come live.
fn area(folder: &Path) -> PathBuf {
    let fixture = crate::support::server::fixture();
    for file in ["coastline.geojson", "zones.geojson"] {
        fs::copy(fixture.join(file), folder.join(file)).unwrap();
    }
    let radar =
        r#""lat":20.05,"lon":110.33,"max_range_m":40000,"scan_s":2.5,"sigma_range_m":15,"sigma_azimuth_deg":0.2"#;
    let scenario = format!(
        r#"{{"name":"live","start":"2026-04-17T15:00:00Z","duration_s":3600,"bbox":[109.5,19.5,111.5,21.0],"sensors":[
        {{"id":"ais1","kind":"ais","file":"none"}},
        {{"id":"radar1","kind":"radar","sac":83,"sic":243,"file":"none",{radar}}},
        {{"id":"radar2","kind":"radar","format":"nmea","file":"none",{radar}}},
        {{"id":"fleet","kind":"report","file":"none"}}]}}"#
    );
    fs::write(folder.join("scenario.json"), scenario).unwrap();
    folder.to_owned()
}

/// Starts the program with these sources.
fn collect(folder: &Path, sources: &str, to: &str, input: Stdio) -> Child {
    let config = folder.join("sources.toml");
    fs::write(&config, sources).unwrap();
    Command::new(env!("CARGO_BIN_EXE_shorewatch"))
        .args(["collect", "--report-s", "1", "--to", to, "--config"])
        .arg(config)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Asks the program to stop and gives what it printed.
fn stopped(child: Child) -> String {
    let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
    assert!(asked.success());
    finished(child)
}

fn finished(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let (out, log) = (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{log}");
    out
}

/// Records of a source by the last line that told of it.
fn records_of(out: &str, source: &str) -> u64 {
    let line = out.lines().rfind(|line| line.starts_with(&format!("{source}: "))).unwrap_or_else(|| panic!("{out}"));
    line.split(", ").nth(1).and_then(|part| part.split(' ').next()).unwrap().parse().unwrap()
}

/// A port that nobody has at present.
fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Tries until it works.
fn until<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    (0..LOOKS)
        .find_map(|_| {
            let done = attempt();
            if done.is_none() {
                sleep(LOOK);
            }
            done
        })
        .expect("waited for too long")
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_standard_input_are_taken_to_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&area(folder.path()), None).await;
    fs::write(folder.path().join("fleet.csv"), "id,time,lat,lon\nBD1,yesterday,20.1,110.2\n").unwrap();
    let sources = format!(
        "[[source]]\nname = \"ais1\"\nkind = \"ais\"\nstdin = {{}}\n\
         [[source]]\nname = \"fleet\"\nkind = \"report\"\nformat = \"csv\"\nfile = {{ path = \"{}\" }}\n",
        folder.path().join("fleet.csv").display()
    );
    let url = server.url();
    let out = tokio::task::spawn_blocking(move || {
        let mut child = collect(folder.path(), &sources, &url, Stdio::piped());
        child.stdin.take().unwrap().write_all(AIS.repeat(3).as_bytes()).unwrap();
        finished(child)
    })
    .await
    .unwrap();
    assert_eq!((records_of(&out, "ais1"), records_of(&out, "fleet")), (3, 2), "{out}");
    // The header is accepted, the report refused by name; an AIS line is accepted however often it comes.
    assert!(out.contains("5 records acknowledged: 4 accepted, 1 refused"), "{out}");
    assert!(out.contains("refused: 1 bad_time"), "{out}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_sockets_are_collected_and_a_broken_connection_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&area(folder.path()), None).await;
    let url = server.url();
    let out = tokio::task::spawn_blocking(move || {
        let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
        let (udp, tcp) = (free_port(), free_port());
        let growing = folder.path().join("fleet.jsonl");
        fs::write(&growing, "").unwrap();
        let sources = format!(
            "[[source]]\nname = \"ais1\"\nkind = \"ais\"\ntcp_client = {{ address = \"{}\" }}\n\
             [[source]]\nname = \"radar1\"\nkind = \"radar\"\nudp = {{ bind = \"127.0.0.1:{udp}\" }}\n\
             [[source]]\nname = \"radar2\"\nkind = \"radar\"\nformat = \"nmea\"\ntcp_server = {{ bind = \"127.0.0.1:{tcp}\" }}\n\
             [[source]]\nname = \"fleet\"\nkind = \"report\"\nfile = {{ path = \"{}\", follow = true }}\n",
            receiver.local_addr().unwrap(),
            growing.display()
        );
        let child = collect(folder.path(), &sources, &url, Stdio::null());
        // The receiver speaks, breaks off, and speaks again.
        for _ in 0..2 {
            let (mut link, _) = receiver.accept().unwrap();
            link.write_all(AIS.as_bytes()).unwrap();
        }
        // A north mark of the ASTERIX radar, twice in one datagram.
        let north = [34, 0, 11, 0xf0, 83, 243, 2, 0x42, 0xcc, 0x50, 0x40];
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(&[north, north].concat(), ("127.0.0.1", udp)).unwrap();
        let mut link = until(|| TcpStream::connect(("127.0.0.1", tcp)).ok());
        link.write_all(b"$RATTM,02,1.43,170.5,T,0.16,264.4,T,1.42,36.9,N,,T,,,M*2A\r\n$RATTM,0").unwrap();
        drop(link);
        let mut growing = fs::OpenOptions::new().append(true).open(&growing).unwrap();
        growing.write_all(b"{\"id\":\"BD1\",\n{}\n").unwrap();
        // Everything has surely been cut and sent when the program has told so.
        sleep(Duration::from_millis(2_500));
        stopped(child)
    })
    .await
    .unwrap();
    assert_eq!(records_of(&out, "ais1"), 2, "{out}");
    assert_eq!(records_of(&out, "radar1"), 2, "{out}");
    assert_eq!(records_of(&out, "radar2"), 2, "{out}");
    assert_eq!(records_of(&out, "fleet"), 2, "{out}");
    assert!(out.contains("8 records acknowledged: "), "{out}");
    assert!(out.contains("no_checksum") && out.contains("bad_field"), "{out}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_goes_on_with_the_numbers_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&area(folder.path()), None).await;
    let url = server.url();
    let outs = tokio::task::spawn_blocking(move || {
        let sources = "[[source]]\nname = \"ais1\"\nkind = \"ais\"\nstdin = {}\n";
        let run = || {
            let mut child = collect(folder.path(), sources, &url, Stdio::piped());
            child.stdin.take().unwrap().write_all(AIS.as_bytes()).unwrap();
            finished(child)
        };
        [run(), run()]
    })
    .await
    .unwrap();
    for out in outs {
        assert!(out.contains("1 records acknowledged: 1 accepted, 0 refused, 0 already there"), "{out}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentences_of_a_bridge_network_are_unwrapped_at_a_multicast_socket() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&area(folder.path()), None).await;
    let url = server.url();
    let out = tokio::task::spawn_blocking(move || {
        let (port, group) = (free_port(), Ipv4Addr::new(239, 192, 0, 4));
        let probe = UdpSocket::bind("127.0.0.1:0").unwrap();
        if probe.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST).is_err() {
            eprintln!("skipped: this machine has no multicast on loopback");
            return None;
        }
        let sources = format!(
            "[[source]]\nname = \"radar2\"\nkind = \"radar\"\nformat = \"nmea\"\nsilent_after_s = 1\n\
             udp = {{ bind = \"0.0.0.0:{port}\", group = \"{group}\", interface = \"127.0.0.1\" }}\n"
        );
        let child = collect(folder.path(), &sources, &url, Stdio::null());
        let datagram =
            b"UdPbC\0\\s:RA0001,n:1*12\\$RATTM,02,1.43,170.5,T,0.16,264.4,T,1.42,36.9,N,,T,,,M*2A\r\n".to_vec();
        sleep(Duration::from_millis(1_000));
        // Sent to the socket itself: what the group brings is the same datagram.
        probe.send_to(&datagram, ("127.0.0.1", port)).unwrap();
        probe.send_to(b"RaUdP\0picture", ("127.0.0.1", port)).unwrap();
        sleep(Duration::from_millis(2_500));
        Some(stopped(child))
    })
    .await
    .unwrap();
    if let Some(out) = out {
        assert_eq!(records_of(&out, "radar2"), 1, "{out}");
        assert!(out.contains("SILENT") && out.contains("1 datagrams without sentences"), "{out}");
    }
    server.stop().await;
}

#[test]
fn a_server_collects_its_own_sources_and_a_serial_line_is_one() {
    use serialport::{SerialPort as _, TTYPort};
    let folder = tempfile::tempdir().unwrap();
    let area = area(folder.path());
    let Ok((mut line, end)) = TTYPort::pair() else {
        eprintln!("skipped: this machine gives no pseudo terminals");
        return;
    };
    let device = end.name().unwrap();
    // The program takes the line for itself alone.
    drop(end);
    let config = folder.path().join("sources.toml");
    let source =
        format!("[[source]]\nname = \"ais1\"\nkind = \"ais\"\nserial = {{ path = \"{device}\", baud = 38400 }}\n");
    fs::write(&config, source).unwrap();
    let out = folder.path().join("out");
    let server = Command::new(env!("CARGO_BIN_EXE_shorewatch"))
        .args(["serve", "--listen", "127.0.0.1:0", "--area"])
        .arg(&area)
        .arg("--sources")
        .arg(&config)
        .arg("--out")
        .arg(&out)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..15 {
        sleep(Duration::from_millis(200));
        line.write_all(AIS.as_bytes()).unwrap();
    }
    sleep(Duration::from_millis(500));
    let asked = Command::new("kill").arg("-TERM").arg(server.id().to_string()).status().unwrap();
    assert!(asked.success());
    let output = server.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    // The server tells of each feed when it closes.
    let closed = log.lines().find(|line| line.contains("feed closed")).unwrap_or_else(|| panic!("{log}"));
    assert!(closed.contains("ais1") && !closed.contains("received=0"), "{log}");
}
