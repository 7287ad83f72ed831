//! Channels without a file: one for every provider whose key is in the environment, or the demo.

use adaptors::provider::{self, Provider};

use super::address::BaseUrl;
use super::channel::{self, Channel, DEMO};
use super::errors::Problem;
use super::inputs::Inputs;
use super::proxies;
use super::settings::Config;
use super::upstreams::default_models;

/// Makes a channel for every provider key in the environment.
pub(super) fn from_environment(inputs: &Inputs<'_>, config: &mut Config, problems: &mut Vec<Problem>) {
    for provider in provider::all() {
        let Some(url) = provider.base_url.and_then(|url| BaseUrl::parse(url).ok()) else { continue };
        let Some((variable, key)) = provider.env.and_then(|name| Some((name, inputs.var(name)?))) else {
            continue;
        };
        let place = variable.to_owned();
        let Ok(key) = super::secrets::usable(&key)
            .map_err(|why| problems.push(Problem { place, line: None, text: why.to_owned() }))
        else {
            continue;
        };
        let mut channel = bare(provider, config);
        channel.keys.push(key);
        config.source.origins.insert(format!("channels.{}.keys", provider.name), format!("env:{variable}"));
        match proxies::from_environment(inputs, &url) {
            Ok(Some((proxy, variable))) => {
                config
                    .source
                    .origins
                    .insert(format!("channels.{}.proxy", provider.name), variable.to_owned());
                channel.proxy = Some(proxy);
            }
            Ok(None) => {}
            Err((variable, text)) => problems.push(Problem { place: variable.to_owned(), line: None, text }),
        }
        channel.base_url = Some(url);
        config.channels.push(channel);
    }
}

/// The channel that answers by itself.
pub(super) fn demo(config: &Config) -> Channel {
    bare(&DEMO, config)
}

fn bare(provider: &'static Provider, config: &Config) -> Channel {
    Channel {
        name: provider.name.to_owned(),
        provider,
        dialects: channel::dialects_of(provider),
        base_url: None,
        auth: provider.auth,
        keys: Vec::new(),
        models: default_models(provider, false),
        priority: 0,
        weight: 1,
        proxy: None,
        timeouts: config.timeouts.clone(),
        headers: Vec::new(),
        in_flight: None,
        http2: None,
    }
}
