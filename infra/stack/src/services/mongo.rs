//! MongoDB as a replica set, so that transactions and majority writes are real: of one member, or of three as in production.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Describe, Place, READY_LIMIT, bson};
use crate::error::{Context, Error, Result};
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::tools::Program;
use crate::wait::Probe;

const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const OP_MSG: i32 = 2013;
const REPLICA_SET: &str = "rs0";
const ALREADY_INITIALISED: i64 = 23;
/// A reply to an administrative command is small; more is not one.
const REPLY_LIMIT: usize = 16 * 1024 * 1024;

pub struct Mongo {
    pub(super) process: Process,
    port: u16,
}

impl Mongo {
    pub(super) fn start(tool: &Program, place: &Place) -> Result<Self> {
        let mut alone = Self::launch("mongodb", tool, place)?;
        // The port differs at each start, so a kept data folder holds a configuration of another address. A member that has
        // just been started again elects itself after this, instead of ten seconds.
        let member = json!({"_id": 0, "host": alone.address()});
        if alone.initiate(&[member], Duration::from_millis(500))? == Initiated::Before {
            alone.move_to_this_port()?;
        }
        alone.wait_until_primary()?;
        Ok(alone)
    }

    /// As it runs in production: the first is preferred, the third (in another region) is never primary. The first is primary when
    /// this returns.
    pub fn three(tool: &Program, places: &[Place; 3], election_timeout: Duration) -> Result<[Self; 3]> {
        let [first, second, third] = places;
        let mut members = [
            Self::launch("mongodb-1", tool, first)?,
            Self::launch("mongodb-2", tool, second)?,
            Self::launch("mongodb-3", tool, third)?,
        ];
        let config =
            members.iter().enumerate().map(|(id, member)| json!({"_id": id, "host": member.address(), "priority": 2 - id}));
        let config: Vec<_> = config.collect();
        members[0].initiate(&config, election_timeout)?;
        members[0].wait_until_primary()?;
        Ok(members)
    }

    fn launch(name: &str, tool: &Program, place: &Place) -> Result<Self> {
        let port = ports::free()?;
        let server = Cmd::new(&tool.path).envs(tool.env.iter().cloned());
        let server = server.arg("--dbpath").arg(&place.data).args(["--port", &port.to_string(), "--bind_ip", "127.0.0.1"]);
        let server = server.args(["--replSet", REPLICA_SET, "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"]);
        // Nobody is waited for who would take over: the usual 15 s at the end are for nothing here.
        let server = server.args(["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"]);
        let process = Process::start(name, server, &place.logs, place.echo)?;
        let mut started = Self { process, port };
        started.process.until("MongoDB to answer", READY_LIMIT, || {
            let answer = ask(port, "admin", "hello", json!(1), &[]);
            Ok(answer.map_or_else(|error| Probe::NotYet(error.to_string()), |_| Probe::Done(())))
        })?;
        Ok(started)
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn initiate(&mut self, members: &[Value], election_timeout: Duration) -> Result<Initiated> {
        let timeout = u64::try_from(election_timeout.as_millis()).unwrap_or(u64::MAX);
        let config = json!({
            "_id": REPLICA_SET, "version": 1, "members": members,
            "settings": {"electionTimeoutMillis": timeout},
        });
        let answer = ask_raw(self.port, "admin", "replSetInitiate", config, &[])?;
        if answer["ok"] == 1.0 {
            Ok(Initiated::Now)
        } else if answer["code"] == ALREADY_INITIALISED {
            Ok(Initiated::Before)
        } else {
            Err(Error::failed(format!("MongoDB refused its replica set: {answer}")))
        }
    }

    fn wait_until_primary(&mut self) -> Result<()> {
        let port = self.port;
        self.process.until("MongoDB to become primary", READY_LIMIT, || {
            let hello = ask(port, "admin", "hello", json!(1), &[]);
            Ok(match hello {
                Ok(hello) if hello["isWritablePrimary"] == true => Probe::Done(()),
                Ok(hello) => Probe::NotYet(hello.to_string()),
                Err(error) => Probe::NotYet(error.to_string()),
            })
        })
    }

    /// As a power cut ends it.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    fn move_to_this_port(&mut self) -> Result<()> {
        let port = self.port;
        self.process.until("MongoDB to take its new address", READY_LIMIT, || {
            let kept = ask_raw(port, "admin", "replSetGetConfig", json!(1), &[])?;
            let mut config = kept["config"].clone();
            let Some(version) = config["version"].as_i64() else { return Ok(Probe::NotYet(kept.to_string())) };
            config["version"] = json!(version + 1);
            config["members"][0]["host"] = json!(format!("127.0.0.1:{port}"));
            // Read-only facts that the server adds and refuses to be given back.
            if let Some(fields) = config.as_object_mut() {
                fields.retain(|name, _| ["_id", "version", "members"].contains(&name.as_str()));
            }
            let moved = ask_raw(port, "admin", "replSetReconfig", config, &[("force", json!(true))])?;
            Ok(if moved["ok"] == 1.0 { Probe::Done(()) } else { Probe::NotYet(moved.to_string()) })
        })
    }

    pub fn url(&self, database: &str) -> String {
        format!("mongodb://127.0.0.1:{}/{database}?directConnection=true", self.port)
    }

    /// The database of a set, for a client that finds the primary itself.
    pub fn url_of(members: &[Self], database: &str) -> String {
        let addresses: Vec<_> = members.iter().map(Self::address).collect();
        format!("mongodb://{}/{database}?replicaSet={REPLICA_SET}", addresses.join(","))
    }

    /// The collections of a database and how many documents each holds.
    pub fn counts(&self, database: &str) -> Result<Vec<(String, i64)>> {
        let listed = ask(self.port, database, "listCollections", json!(1), &[("nameOnly", json!(true))])?;
        let batch = listed["cursor"]["firstBatch"].as_array().cloned().unwrap_or_default();
        let names = batch.iter().filter_map(|collection| collection["name"].as_str());
        names.map(|name| Ok((name.to_owned(), self.count(database, name)?))).collect()
    }

    fn count(&self, database: &str, collection: &str) -> Result<i64> {
        let answer = ask(self.port, database, "count", json!(collection), &[])?;
        Ok(answer["n"].as_i64().unwrap_or_default())
    }
}

/// When a set was made.
#[derive(PartialEq, Eq)]
enum Initiated {
    Now,
    Before,
}

/// Whether a server says hello to somebody who comes without TLS.
pub fn answers_in_the_clear(port: u16) -> bool {
    ask(port, "admin", "hello", json!(1), &[]).is_ok()
}

/// One command; an answer that is not ok is an error.
fn ask(port: u16, database: &str, command: &str, argument: Value, more: &[(&str, Value)]) -> Result<Value> {
    let answer = ask_raw(port, database, command, argument, more)?;
    if answer["ok"] == 1.0 { Ok(answer) } else { Err(Error::failed(format!("MongoDB answered {command} with {answer}"))) }
}

fn ask_raw(port: u16, database: &str, command: &str, argument: Value, more: &[(&str, Value)]) -> Result<Value> {
    let doing = || format!("asking MongoDB for {command}");
    let mut fields = vec![(command, argument)];
    fields.extend(more.iter().cloned());
    fields.push(("$db", json!(database)));
    let message = message(&bson::encode(&fields));

    let mut stream = TcpStream::connect(("127.0.0.1", port)).context(doing)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT)).context(doing)?;
    stream.write_all(&message).context(doing)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).context(doing)?;
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if !(HEADER_AND_FLAGS..=REPLY_LIMIT).contains(&length) {
        return Err(Error::failed(format!("{}: a reply of {length} bytes", doing())));
    }
    let mut reply = vec![0; length - 4];
    stream.read_exact(&mut reply).context(doing)?;
    let document = reply.get(HEADER_AND_FLAGS - 4..).and_then(bson::decode);
    document.ok_or_else(|| Error::failed(format!("{}: the reply is not a document", doing())))
}

/// Length, request id, response-to, opcode; flags; one section of kind 0.
const HEADER_AND_FLAGS: usize = 4 * 4 + 4 + 1;

fn message(document: &[u8]) -> Vec<u8> {
    let length = i32::try_from(HEADER_AND_FLAGS + document.len()).unwrap_or(i32::MAX);
    let mut message = Vec::new();
    for word in [length, 1, 0, OP_MSG, 0] {
        message.extend(word.to_le_bytes());
    }
    message.push(0);
    message.extend(document);
    message
}

impl Describe for Mongo {
    fn describe(&self) -> String {
        format!("{} (replica set {REPLICA_SET})", self.url("reviews"))
    }
}
