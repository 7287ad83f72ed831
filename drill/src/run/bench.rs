//! One relay between the drill's clients and the drill's upstream, and what is needed to work on it.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::OnceCell;

use super::Other;
use super::known::Known;
use super::limit::Speed;
use super::rates::Rates;
use super::size::Size;
use super::starter::Starter;
use crate::client::{ANTHROPIC, OPENAI, Target};
use crate::gauge::Gauge;
use crate::relay::plan::{Prepare, Setting};
use crate::relay::{NotStarted, Plan, Relay};
use crate::stacks::Stacks;
use crate::start::Watch;
use crate::upstream::Upstream;

const BOTH: &[&str] = &[OPENAI, ANTHROPIC];

/// The place where a row works.
pub(crate) struct Bench {
    pub(crate) target: Target,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) gauge: Gauge,
    pub(crate) size: Size,
    /// What good requests alone leave behind, once it is known.
    pub(super) rates: Rates,
    /// Whoever can name the target's stacks.
    pub(super) stacks: Stacks,
    /// The target, where the drill starts it by a command.
    pub(super) starter: Option<Starter>,
    /// Something was waited for in vain in this row.
    pub(super) in_vain: AtomicBool,
    /// What is known of each kind of request in this row.
    pub(super) known: Mutex<Known>,
    /// What good requests have been seen to take.
    pub(super) speed: Mutex<Speed>,
    /// The row before ended with a good answer of the same process.
    pub(super) warm: AtomicBool,
    /// How long the work of a row may take; nothing for the drill's own relay.
    pub(super) work: Option<Duration>,
    /// Looks at the machine's memory.
    pub(super) watch: Option<Arc<Watch>>,
    /// The dialects that are asked in.
    pub(super) paths: &'static [&'static str],
    /// The relay, where the drill started it.
    relay: Option<Mutex<Relay>>,
    plan: Option<Plan>,
    /// HTTP/2 with prior knowledge is answered; asked once.
    pub(super) http2: OnceCell<bool>,
}

impl Bench {
    /// An upstream and a relay of its own in front of it, with these settings, after what `prepare` has laid out.
    ///
    /// # Errors
    /// [`NotStarted`], or why the row cannot be laid out.
    pub(crate) async fn own(
        size: Size,
        settings: &'static [Setting],
        prepare: Option<Prepare>,
    ) -> anyhow::Result<Self> {
        let upstream = Arc::new(crate::upstream::start(crate::upstream::bind("127.0.0.1:0")?)?);
        let mut plan = Plan::new(upstream.address(), settings);
        if let Some(prepare) = prepare {
            prepare(&mut plan)?;
        }
        let started = Relay::start(&plan, "127.0.0.1:0", size.full).await;
        let relay = started.map_err(|error| NotStarted(format!("{error:#}")))?;
        let target = relay.target(&plan.headers);
        let gauge = Gauge::new(target.clone(), Arc::clone(&upstream), Some(relay.pid()), size.most_at_once())
            .with(&plan.upstreams);
        let (relay, plan) = (Some(Mutex::new(relay)), Some(plan));
        Ok(Self { relay, plan, ..Self::before(target, upstream, gauge, size) })
    }

    /// A relay that is not the drill's own.
    pub(crate) fn other(size: Size, other: Other) -> Self {
        let Other { target, upstream, pid, stacks, starter, watch } = other;
        let gauge = Gauge::new(target.clone(), Arc::clone(&upstream), pid, size.most_at_once())
            .watching(&watch)
            .counting(&stacks);
        Self { stacks, starter, watch: Some(watch), ..Self::before(target, upstream, gauge, size) }
    }

    /// The upstream and a relay before it, of which nothing more is known.
    fn before(target: Target, upstream: Arc<Upstream>, gauge: Gauge, size: Size) -> Self {
        Self {
            target,
            upstream,
            gauge,
            size,
            rates: Rates::default(),
            stacks: Stacks::default(),
            starter: None,
            in_vain: AtomicBool::new(false),
            warm: AtomicBool::new(false),
            known: Mutex::default(),
            speed: Mutex::default(),
            work: None,
            watch: None,
            paths: BOTH,
            relay: None,
            plan: None,
            http2: OnceCell::new(),
        }
    }

    /// The endpoint of the `i`th request.
    pub(crate) fn path(&self, i: usize) -> &'static str {
        self.paths[i % self.paths.len()]
    }

    /// Tells whether the relay is the drill's own, so that all of it must be as written.
    pub(crate) fn strict(&self) -> bool {
        self.relay.is_some()
    }

    /// How the drill's own relay was started.
    pub(crate) fn plan(&self) -> anyhow::Result<&Plan> {
        self.plan.as_ref().context("only a relay that the drill started has a plan")
    }

    /// Another relay like the drill's own.
    pub(crate) async fn another(&self, listen: &str) -> anyhow::Result<(Relay, Target)> {
        let relay = Relay::start(self.plan()?, listen, self.size.full).await?;
        let target = relay.target(&self.plan()?.headers);
        Ok((relay, target))
    }

    /// The drill's own relay.
    pub(crate) fn relay(&self) -> anyhow::Result<MutexGuard<'_, Relay>> {
        let relay = self.relay.as_ref().context("only a relay that the drill started can be told")?;
        Ok(relay.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The process of the drill's own relay.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        Ok(self.relay()?.pid())
    }

    /// How the drill's own relay has ended, if it has, and its last words.
    pub(super) fn own_end(&self) -> Option<(String, String)> {
        let mut relay = self.relay().ok()?;
        let status = relay.ended().ok()??;
        Some((status.to_string(), relay.log().lines().last().unwrap_or_default().to_owned()))
    }
}
