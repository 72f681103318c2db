//! CloudFront's control plane by moto: distributions and invalidations. There is no CDN behind it.

use super::{Describe, Place, READY_LIMIT};
use crate::error::{Error, Result};
use crate::http::Call;
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::tools::Program;
use crate::wait::Probe;

const DISTRIBUTION: &str = include_str!("../../assets/distribution.xml");
/// moto tells services apart by the credential's scope and checks no signature.
const SCOPE: &str =
    "AWS4-HMAC-SHA256 Credential=stack/20260101/us-east-1/cloudfront/aws4_request, SignedHeaders=host, Signature=0";
const START: &str = "import sys; from moto.server import main; main(sys.argv[1:])";

pub struct CloudFront {
    pub(super) process: Process,
    port: u16,
    pub distribution: String,
}

impl CloudFront {
    pub(super) fn start(tool: &Program, place: &Place) -> Result<Self> {
        let port = ports::free()?;
        let server = Cmd::new(&tool.path).envs(tool.env.iter().cloned()).dir(&place.data);
        let server = server.args(["-c", START, "-H", "127.0.0.1", "-p", &port.to_string()]);
        let process = Process::start("cloudfront", server, &place.logs, place.echo)?;
        let mut started = Self { process, port, distribution: String::new() };
        started.process.until("moto to list distributions", READY_LIMIT, || {
            Ok(match call("GET", port, "").send() {
                Ok(answer) if answer.status == 200 => Probe::Done(()),
                Ok(answer) => Probe::NotYet(answer.summary()),
                Err(error) => Probe::NotYet(error.to_string()),
            })
        })?;
        let created = call("POST", port, "").body("application/xml", DISTRIBUTION).send()?.expect(201)?.text();
        let id = elements(&created, "Id").into_iter().next();
        started.distribution = id.ok_or_else(|| Error::failed(format!("a distribution without an id: {created}")))?;
        Ok(started)
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every item of every invalidation of the distribution, as the control plane lists them.
    pub fn invalidated(&self) -> Result<Vec<String>> {
        let list = format!("/{}/invalidation", self.distribution);
        let listing = call("GET", self.port, &list).send()?.expect(200)?.text();
        let mut items = Vec::new();
        for id in elements(&listing, "Id") {
            let one = call("GET", self.port, &format!("{list}/{id}")).send()?.expect(200)?.text();
            items.extend(elements(&one, "Path"));
        }
        Ok(items)
    }
}

fn call(method: &'static str, port: u16, path: &str) -> Call {
    Call::new(method, format!("http://127.0.0.1:{port}/2020-05-31/distribution{path}")).header("authorization", SCOPE)
}

/// The texts of all `<name>…</name>` in XML that a machine wrote. Enough for AWS's flat lists.
pub(super) fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| Some(rest.split_once(&close)?.0.to_owned())).collect()
}

impl Describe for CloudFront {
    fn describe(&self) -> String {
        format!("{} distribution {}", self.endpoint(), self.distribution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_elements() {
        let xml = "<List><Item><Path>#a</Path></Item><Item><Path>#b</Path></Item></List>";
        assert_eq!(elements(xml, "Path"), ["#a", "#b"]);
        assert!(elements(xml, "Paths").is_empty());
    }
}
