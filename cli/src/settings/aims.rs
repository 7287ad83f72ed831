//! What is polled: each target that the command line names, or each address of its name.

use std::collections::BTreeSet;
use std::net::{IpAddr, ToSocketAddrs};

use super::plan;
use crate::args::TargetsArgs;
use crate::finding::NoAddresses;
use crate::output::Failure;
use crate::source::{API_URL, Observed, Plan, Source as _, Target, Targets};
use crate::words::usage;

/// One of the targets.
#[derive(Debug)]
pub(crate) struct Aim {
    pub(crate) plan: Plan,
    pub(crate) source: Observed,
    /// What its --api-url is shown as; several addresses of one name have this in common.
    pub(crate) named: String,
    /// Its address, where it is one of those of a name.
    pub(crate) instance: Option<String>,
}

impl Aim {
    /// The flags name several of them.
    pub(crate) fn of(args: &TargetsArgs) -> Result<Vec<Self>, Failure> {
        Self::found(args, addresses)
    }

    /// `look_up` finds the addresses of a host.
    fn found(
        args: &TargetsArgs,
        look_up: impl Fn(&str, u16) -> BTreeSet<IpAddr>,
    ) -> Result<Vec<Self>, Failure> {
        // Files with secrets are read once: one of them may be standard input.
        let shared = plan(None, API_URL, &args.source)?;
        if args.urls.len() > 1
            && let Some(flag) = of_one(&shared)
        {
            return Err(Failure::usage(usage::of_one_target(flag, args.urls.len())));
        }
        let mut aims = Vec::new();
        for url in &args.urls {
            let plan = Plan { address: url.clone(), ..shared.clone() };
            let source = Observed::new(&plan)?;
            let named = source.target().to_owned();
            let whole = Self { plan, source, named, instance: None };
            if args.each_address {
                aims.extend(whole.each(&look_up)?);
            } else {
                aims.push(whole);
            }
        }
        Ok(aims)
    }

    /// What tells it from the others.
    pub(crate) fn told(&self) -> String {
        self.instance.clone().unwrap_or_else(|| self.source.target().to_owned())
    }

    /// They are addresses of one name, or the same target.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        self.instance.is_some() && other.instance.is_some() && self.named == other.named
    }

    /// One for each address of its name; itself where there is none, so that its polls say so.
    fn each(self, look_up: impl Fn(&str, u16) -> BTreeSet<IpAddr>) -> Result<Vec<Self>, Failure> {
        let refused = |why| Failure::usage(usage::no_addresses(why));
        let target = self.name_of_all().map_err(refused)?;
        let host = target.base().host_str().unwrap_or_default().trim_matches(['[', ']']);
        let found = look_up(host, target.base().port_or_known_default().unwrap_or_default());
        let mut each = Vec::new();
        for address in found {
            let plan = Plan { pinned: Some(address), ..self.plan.clone() };
            let instance = Some(target.clone().pinned_to(address).authority());
            each.push(Self { source: Observed::new(&plan)?, plan, named: self.named.clone(), instance });
        }
        Ok(if each.is_empty() { vec![self] } else { each })
    }

    /// The one host that everything asks.
    fn name_of_all(&self) -> Result<Target, NoAddresses> {
        if self.plan.pid.is_some() {
            return Err(NoAddresses::Process);
        }
        let targets = Targets::of(&self.plan).ok().filter(|_| !self.source.reads_file());
        let targets = targets.ok_or(NoAddresses::File)?;
        let (all, main) = (targets.all(), targets.main().ok_or(NoAddresses::File)?);
        if all.iter().any(|target| target.socket().is_some()) {
            return Err(NoAddresses::Socket);
        }
        match all.iter().all(|target| target.is_on_host_of(main)) {
            true => Ok(main.clone()),
            false => Err(NoAddresses::OtherHost),
        }
    }
}

/// The flag that leads to one target and no other.
fn of_one(plan: &Plan) -> Option<&'static str> {
    [
        ("--pid", plan.pid.is_some()),
        ("--unix-socket", plan.unix_socket.is_some()),
        ("--metrics-url", plan.metrics.is_some()),
        ("--pprof-url", plan.pprof.is_some()),
    ]
    .into_iter()
    .find_map(|(flag, given)| given.then_some(flag))
}

/// By the system's resolver.
fn addresses(host: &str, port: u16) -> BTreeSet<IpAddr> {
    let found = (host, port).to_socket_addrs().into_iter().flatten();
    found.map(|address| address.ip()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{self, Command};

    fn aims(flags: &str) -> Result<Vec<Aim>, String> {
        let line = format!("watertight quick-check {flags}");
        let Command::QuickCheck(args) = args::parse(line.split_whitespace().map(Into::into)).unwrap().command
        else {
            panic!("{flags}")
        };
        let look_up = |host: &str, _| match host {
            "relays" => ["10.0.0.2", "10.0.0.1", "fd00::1"].map(|ip| ip.parse().unwrap()).into(),
            _ => BTreeSet::new(),
        };
        Aim::found(&args.target, look_up).map_err(|failure| {
            assert_eq!(failure.code(), vitals::exit::USAGE);
            failure.text().to_owned()
        })
    }

    #[test]
    fn every_target_and_every_address_of_a_name() {
        let shown = |flags: &str| {
            let aims = aims(flags).unwrap();
            aims.iter().map(|aim| (aim.source.target().to_owned(), aim.instance.clone())).collect::<Vec<_>>()
        };
        let plain = |url: &str| (url.to_owned(), None);
        assert_eq!(shown(""), [plain("http://localhost:3000")]);
        assert_eq!(shown("--api-url a:1 --url b:2"), [plain("http://a:1"), plain("http://b:2")]);
        assert_eq!(shown("--each-address --api-url gone:1"), [plain("http://gone:1")]);
        let pinned = |at: &str| (format!("http://{at}/x"), Some(at.to_owned()));
        assert_eq!(
            shown("--each-address --api-url relays:9/x --metrics-url relays:7"),
            ["10.0.0.1:9", "10.0.0.2:9", "[fd00::1]:9"].map(pinned)
        );
        assert!(
            aims("--each-address --api-url relays:9")
                .unwrap()
                .iter()
                .all(|aim| aim.named == "http://relays:9")
        );
    }

    #[test]
    fn what_has_no_addresses_or_belongs_to_one_is_refused() {
        for (flags, why) in [
            ("--each-address --pid 7", "--pid"),
            ("--each-address --api-url a.csv", "a file has none"),
            ("--each-address --api-url unix:///run/a.sock", "a socket has none"),
            ("--each-address --unix-socket /run/a.sock", "a socket has none"),
            ("--each-address --api-url relays:9 --metrics-url other:9", "another host"),
            ("--api-url a --api-url b --pid 7", "--pid belongs to one target, and 2 are given"),
            ("--api-url a --api-url b --metrics-url c", "--metrics-url belongs to one target"),
        ] {
            let error = aims(flags).unwrap_err();
            assert!(error.contains(why), "{flags}: {error}");
        }
    }
}
