//! What OpenAI's own models take, by their names.

use crate::neutral::Effort;

/// The name of the limit: OpenAI's own newer models know only the newer one, many compatible servers only the older one.
pub(super) fn limit_name(model: &str) -> &'static str {
    if is_openais(model) { "max_completion_tokens" } else { "max_tokens" }
}

/// One of OpenAI's own models. Many compatible servers refuse a request for theirs that has a field which they do not know.
pub(super) fn is_openais(model: &str) -> bool {
    let name = bare(model);
    (name.starts_with("gpt-") && !name.starts_with("gpt-oss"))
        || name.starts_with("chatgpt-")
        || is_o_series(name)
}

/// False for models that think: they refuse a temperature and its kin. From 5.1 on they think only when they are asked
/// to, but for those that are made for it.
pub(super) fn takes_sampling(model: &str, is_to_think: bool) -> bool {
    let name = bare(model);
    if is_o_series(name) {
        return false;
    }
    let Some((major, minor)) = version(name) else { return true };
    let is_made_to_think = ["codex", "pro"].iter().any(|kind| name.contains(kind));
    major < 5 || name.contains("chat") || (minor > 0 && !is_to_think && !is_made_to_think)
}

fn bare(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

fn is_o_series(name: &str) -> bool {
    name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Of `gpt-5`, `gpt-5.1-codex`, `gpt-4o`; `None` for `gpt-oss-120b` and whatever else there is.
fn version(name: &str) -> Option<(u32, u32)> {
    let rest = name.strip_prefix("gpt-")?;
    let digits = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse::<u32>().ok().map(|number| (number, end))
    };
    let (major, end) = digits(rest)?;
    // So Azure calls 3.5.
    if major == 35 {
        return Some((3, 5));
    }
    let minor = rest[end..].strip_prefix('.').and_then(digits);
    Some((major, minor.map_or(0, |(number, _)| number)))
}

/// What a model that thinks takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Efforts {
    /// Whether it can be told not to think; `None` where nobody knows.
    pub(super) off: Option<bool>,
    pub(super) least: Effort,
    pub(super) most: Effort,
}

/// By OpenAI's list of its models; `None` for one that does not think. Of other makers' models nothing is known but that
/// few take more than high.
pub(super) fn efforts(model: &str) -> Option<Efforts> {
    let name = bare(model);
    let of = |off, least, most| Some(Efforts { off: Some(off), least, most });
    if is_o_series(name) {
        return of(false, Effort::Low, Effort::High);
    }
    let Some(version) = version(name) else {
        let is_known = name.starts_with("chatgpt-");
        return (!is_known).then_some(Efforts { off: None, least: Effort::Minimal, most: Effort::High });
    };
    let (is_pro, is_codex) = (name.contains("pro"), name.contains("codex"));
    let most = match version {
        _ if name.contains("codex-max") => Effort::Higher,
        (..=4, _) | (5, ..=1) => Effort::High,
        (5, ..=5) => Effort::Higher,
        _ => Effort::Highest,
    };
    match version {
        _ if name.contains("chat") => None,
        (..=4, _) => None,
        (5, 0) if is_pro => of(false, Effort::High, most),
        (5, 0) if !is_codex => of(false, Effort::Minimal, most),
        _ if is_pro => of(false, Effort::Medium, most),
        _ => of(!is_codex, Effort::Low, most),
    }
}

/// From the fifth on. Of other makers' models nothing is known.
pub(super) fn takes_verbosity(model: &str) -> Option<bool> {
    let name = bare(model);
    let is_older = is_o_series(name) || name.starts_with("chatgpt-");
    version(name).map(|version| version >= (5, 0)).or(is_older.then_some(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_think_take_no_sampling() {
        for (model, is_to_think, takes) in [
            ("gpt-4o", true, true),
            ("gpt-4.1-mini", true, true),
            ("gpt-35-turbo", true, true),
            ("gpt-oss-120b", true, true),
            ("llama-3.3", true, true),
            ("gpt-5-chat-latest", false, true),
            ("gpt-5.1", false, true),
            ("gpt-5.1", true, false),
            ("gpt-5.2-codex", false, false),
            ("openai/gpt-5-mini", false, false),
            ("gpt-5", true, false),
            ("o3-mini", false, false),
            ("o", false, true),
        ] {
            assert_eq!(takes_sampling(model, is_to_think), takes, "{model} {is_to_think}");
        }
    }

    #[test]
    fn each_model_takes_its_own_efforts() {
        let no = Some(false);
        for (model, off, least, most) in [
            ("o4-mini", no, Effort::Low, Effort::High),
            ("gpt-5-mini", no, Effort::Minimal, Effort::High),
            ("gpt-5-codex", no, Effort::Low, Effort::High),
            ("gpt-5-pro", no, Effort::High, Effort::High),
            ("gpt-5.1", Some(true), Effort::Low, Effort::High),
            ("gpt-5.1-codex-max", no, Effort::Low, Effort::Higher),
            ("openai/gpt-5.2", Some(true), Effort::Low, Effort::Higher),
            ("gpt-5.2-pro", no, Effort::Medium, Effort::Higher),
            ("gpt-5.6-terra", Some(true), Effort::Low, Effort::Highest),
            ("gpt-6", Some(true), Effort::Low, Effort::Highest),
            ("deepseek-chat", None, Effort::Minimal, Effort::High),
            ("gpt-oss-120b", None, Effort::Minimal, Effort::High),
        ] {
            assert_eq!(efforts(model), Some(Efforts { off, least, most }), "{model}");
        }
        for model in ["gpt-4o", "gpt-4.1-mini", "gpt-35-turbo", "gpt-5-chat-latest", "chatgpt-4o-latest"] {
            assert_eq!(efforts(model), None, "{model}");
        }
    }
}
