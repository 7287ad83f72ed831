//! Channels without a file: one for every provider whose key is in the environment, or the demo.

use adaptors::provider;

use super::channels::{DEMO, plain};
use super::errors::Problem;
use super::proxies;
use super::secrets::{Resolver, usable};
use super::settings::{Channel, Config};

/// Makes a channel for every provider key in the environment.
pub(super) fn from_environment(
    from: &Resolver<'_>,
    config: &Config,
    problems: &mut Vec<Problem>,
) -> Vec<Channel> {
    let found = provider::all().filter_map(|provider| {
        let mut channel = plain(provider, &config.fixed, &config.live);
        let url = channel.base_url.as_ref()?;
        let (variable, key) = provider.env.and_then(|name| Some((name, from.inputs.var(name)?)))?;
        let mut note =
            |place: &str, text| problems.push(Problem { place: place.to_owned(), line: None, text });
        let key = usable(&key).map_err(|why| note(variable, why.to_owned())).ok()?;
        channel.keys.push(key);
        from.came(format!("channels.{}.keys", provider.name), format!("env:{variable}"));
        let proxy = proxies::from_environment(from, provider.name, url);
        channel.proxy = proxy.map_err(|(variable, why)| note(variable, why)).ok().flatten();
        Some(channel)
    });
    found.collect()
}

/// The channel that answers by itself.
pub(super) fn demo(config: &Config) -> Channel {
    plain(&DEMO, &config.fixed, &config.live)
}
