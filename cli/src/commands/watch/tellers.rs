//! Whom a watch tells its news beside its lines: a chat, and commands. Each has a thread that ends with the watch.

use std::thread::Scope;

use crate::action::{self, Actions, Trigger};
use crate::args::{WatchArgs, WatchFormat};
use crate::finding::Acted;
use crate::output;
use crate::render;
use crate::watching::Polled;
use crate::webhook::{self, Bell, Webhook};
use crate::words;

/// Those that there are.
#[derive(Clone, Copy)]
pub(super) struct Tellers<'a> {
    pub(super) webhook: Option<&'a Webhook>,
    pub(super) actions: Option<&'a Actions>,
}

/// The watch is over when this is dropped: what waits is still told, and run.
pub(super) struct Over<'a>(
    #[expect(dead_code, reason = "closes")] webhook::Closing<'a>,
    #[expect(dead_code, reason = "closes")] action::Closing<'a>,
);

impl<'a> Tellers<'a> {
    /// Begins to tell, on threads of their own. `say` is for what the webhook cannot, `tell` for what becomes of commands.
    pub(super) fn begin<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        say: impl Fn(String) + Send + 'scope,
        tell: impl Fn(&Acted) + Send + 'scope,
    ) -> Over<'a>
    where
        'a: 'scope,
    {
        let Self { webhook, actions } = self;
        webhook.map(|webhook| scope.spawn(move || webhook.run(say)));
        actions.map(|actions| scope.spawn(move || actions.run(tell)));
        Over(webhook::Closing(webhook), action::Closing(actions))
    }

    /// Who hears the polls of a target.
    pub(super) fn ears(self, args: &WatchArgs, target: &str) -> Ears<'a> {
        Ears {
            bell: Bell::new(self.webhook, args.webhook_cooldown, target),
            trigger: Trigger::new(self.actions, &args.on, target),
        }
    }
}

/// Who hears the polls of a target.
pub(super) struct Ears<'a> {
    bell: Bell<'a>,
    trigger: Trigger<'a>,
}

impl Ears<'_> {
    /// One poll. Never waits.
    pub(super) fn hear(&mut self, polled: &Polled<'_>) {
        self.bell.hear(polled);
        self.trigger.hear(polled);
    }
}

/// What became of a command, beside the lines; with its target, where several are watched.
pub(super) fn acted(format: WatchFormat, several: bool) -> impl Fn(&Acted) + Send {
    move |acted| match format {
        // Whoever left standard output ends the watch at its next line.
        WatchFormat::Ndjson => drop(output::result(&render::ndjson_acted(acted))),
        WatchFormat::Text if several => output::hint(&format!("{}: {}", acted.target, words::acted(acted))),
        WatchFormat::Text => output::hint(&words::acted(acted)),
    }
}
