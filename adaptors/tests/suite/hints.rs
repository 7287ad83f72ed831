//! Wishes that several dialects have: each is told where the upstream has a word for it, and named where it has none; so
//! is how much a model is to think.

use adaptors::adaptor::{Call, Inexpressible, Sampling, Terms, Unsupported, Upload};
use adaptors::dialect::{ANTHROPIC, Dialect, GEMINI, OPENAI, RESPONSES, adaptor};
use serde_json::{Value, json};

use crate::gemini::{WHOLE, with_gemini};
use crate::support::with_call;

fn asks(client: Dialect, fields: &Value) -> Value {
    let mut body = match client.name() {
        "gemini" => json!({"contents": [{"parts": [{"text": "hi"}]}]}),
        "responses" => json!({"model": "m", "input": "hi"}),
        "anthropic" => {
            json!({"model": "m", "max_tokens": 9000, "messages": [{"role": "user", "content": "hi"}]})
        }
        _ => json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]}),
    };
    for (key, value) in fields.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn sent(
    (client, upstream): (Dialect, Dialect),
    upstream_model: &str,
    fields: &Value,
    terms: Terms,
) -> Result<Upload, Unsupported> {
    let body = asks(client, fields).to_string();
    let ask = |call: &Call<'_>| adaptor(client, upstream).request(&Call { upstream_model, terms, ..*call });
    if client == GEMINI { with_gemini(WHOLE, &body, "m", ask) } else { with_call(client, &body, ask) }
}

fn refusing() -> Terms {
    Terms { inexpressible: Inexpressible::Refuse, ..Terms::default() }
}

/// The fields of the upstream's request that another one without the wish does not have, and what is named.
fn told(pair: (Dialect, Dialect), model: &str, fields: &Value, terms: Terms) -> (Value, Option<String>) {
    let of =
        |fields| sent(pair, model, fields, terms).unwrap_or_else(|why| panic!("{model} {fields}: {why}"));
    let (with, without) = (of(fields), of(&json!({})));
    let [mut told, plain] =
        [&with, &without].map(|upload| serde_json::from_slice::<Value>(&upload.body).unwrap());
    told.as_object_mut().unwrap().retain(|key, value| plain.get(key) != Some(value));
    (told, with.dropped.line())
}

#[test]
fn what_both_sides_have_a_word_for_is_told_under_both_policies() {
    let config = |config: Value| json!({ "generationConfig": config });
    let penalties = json!({"presence_penalty": 0.5, "frequency_penalty": -0.5});
    let camel = config(json!({"presencePenalty": 0.5, "frequencyPenalty": -0.5}));
    let shared = json!({"service_tier": "flex", "prompt_cache_key": "k", "prompt_cache_retention": "24h",
        "safety_identifier": "s", "user": "u", "store": true, "metadata": {"a": "b"}});
    let (gpt, gemini, claude) = ("gpt-5.2", "gemini-2.0-flash", "claude-sonnet-4-5");
    for (client, upstream, model, wish, said) in [
        (OPENAI, GEMINI, gemini, json!({"seed": 0}), config(json!({"seed": 0}))),
        (GEMINI, OPENAI, "mistral-large", config(json!({"seed": 0})), json!({"seed": 0})),
        (OPENAI, GEMINI, gemini, penalties.clone(), camel.clone()),
        (GEMINI, OPENAI, "mistral-large", camel, penalties),
        (OPENAI, RESPONSES, gpt, json!({"verbosity": "low"}), json!({"text": {"verbosity": "low"}})),
        (RESPONSES, OPENAI, gpt, json!({"text": {"verbosity": "low"}}), json!({"verbosity": "low"})),
        (OPENAI, RESPONSES, gpt, shared.clone(), shared.clone()),
        (RESPONSES, OPENAI, gpt, shared.clone(), shared),
        (
            OPENAI,
            ANTHROPIC,
            claude,
            json!({"service_tier": "default"}),
            json!({"service_tier": "standard_only"}),
        ),
        (
            ANTHROPIC,
            RESPONSES,
            gpt,
            json!({"service_tier": "standard_only"}),
            json!({"service_tier": "default"}),
        ),
        (OPENAI, GEMINI, gemini, json!({"service_tier": "priority"}), json!({"serviceTier": "priority"})),
        (GEMINI, OPENAI, gpt, json!({"serviceTier": "standard"}), json!({"service_tier": "default"})),
        (
            RESPONSES,
            ANTHROPIC,
            claude,
            json!({"safety_identifier": "s"}),
            json!({"metadata": {"user_id": "s"}}),
        ),
        (OPENAI, GEMINI, gemini, json!({"store": true}), json!({"store": true})),
    ] {
        for terms in [Terms::default(), refusing()] {
            assert_eq!(told((client, upstream), model, &wish, terms), (said.clone(), None), "{model} {wish}");
        }
    }
}

#[test]
fn what_holds_without_a_word_is_no_wish() {
    let wish = json!({"presence_penalty": 0.0, "frequency_penalty": 0, "verbosity": "medium", "service_tier": "auto"});
    for (upstream, model) in
        [(ANTHROPIC, "claude-sonnet-4-5"), (GEMINI, "gemini-3-pro"), (RESPONSES, "gpt-5.2")]
    {
        assert_eq!(told((OPENAI, upstream), model, &wish, refusing()), (json!({}), None), "{model}");
    }
}

#[test]
fn what_only_one_side_has_a_word_for_is_named_or_refused() {
    for (client, upstream, model, wish, name) in [
        (OPENAI, RESPONSES, "gpt-5.2", json!({"seed": 1}), "seed"),
        (OPENAI, RESPONSES, "gpt-5.2", json!({"presence_penalty": 1}), "presence_penalty"),
        (OPENAI, GEMINI, "gemini-3-pro", json!({"verbosity": "low"}), "verbosity"),
        (OPENAI, GEMINI, "gemini-3-pro", json!({"seed": 4_000_000_000_u64}), "seed"),
        (RESPONSES, ANTHROPIC, "claude-opus-5", json!({"text": {"verbosity": "low"}}), "text.verbosity"),
        (
            GEMINI,
            ANTHROPIC,
            "claude-opus-5",
            json!({"generationConfig": {"seed": 1}}),
            "generationConfig.seed",
        ),
    ] {
        let named = (json!({}), Some(name.to_owned()));
        assert_eq!(told((client, upstream), model, &wish, Terms::default()), named, "{wish}");
        let refused = sent((client, upstream), model, &wish, refusing()).unwrap_err();
        assert_eq!(refused.param.as_deref(), Some(name), "{refused}");
    }
    // What shapes no answer, and what only this model refuses, is named under both policies.
    for (client, upstream, model, wish, name) in [
        (OPENAI, ANTHROPIC, "claude-opus-5", json!({"service_tier": "flex"}), "service_tier"),
        (RESPONSES, GEMINI, "gemini-3-pro", json!({"prompt_cache_key": "k"}), "prompt_cache_key"),
        (RESPONSES, OPENAI, "mistral-large", json!({"prompt_cache_key": "k"}), "prompt_cache_key"),
        (RESPONSES, OPENAI, "gpt-5.2", json!({"metadata": {"a": "b"}}), "metadata"),
        (GEMINI, ANTHROPIC, "claude-opus-5", json!({"store": false}), "store"),
        (OPENAI, GEMINI, "gemini-3-pro", json!({"presence_penalty": 1}), "presence_penalty"),
        (RESPONSES, OPENAI, "gpt-4o", json!({"text": {"verbosity": "low"}}), "text.verbosity"),
    ] {
        for terms in [Terms::default(), refusing()] {
            let named = (json!({}), Some(name.to_owned()));
            assert_eq!(told((client, upstream), model, &wish, terms), named, "{model} {wish}");
        }
    }
    let terms = Terms { sampling: Sampling::Keep, ..Terms::default() };
    let kept = told((OPENAI, GEMINI), "gemini-3-pro", &json!({"presence_penalty": 1}), terms);
    assert_eq!(kept, (json!({"generationConfig": {"presencePenalty": 1}}), None));
}

#[test]
fn an_effort_is_told_as_the_model_takes_it_and_named_where_that_is_another_one() {
    let chat = |word: &str| json!({ "reasoning_effort": word });
    let codex = |word: &str| json!({"reasoning": {"effort": word}});
    let include = json!(["reasoning.encrypted_content"]);
    let thinks = |word: &str| json!({"reasoning": {"effort": word}, "include": include});
    let level = |config: Value| json!({"generationConfig": {"thinkingConfig": config}});
    for (client, upstream, model, wish, said, named) in [
        (OPENAI, RESPONSES, "gpt-5.2", chat("xhigh"), thinks("xhigh"), None),
        (OPENAI, RESPONSES, "gpt-5.6-sol", chat("max"), thinks("max"), None),
        (OPENAI, RESPONSES, "gpt-5.2", chat("max"), thinks("xhigh"), Some("reasoning_effort=xhigh")),
        (OPENAI, RESPONSES, "gpt-5.1", chat("xhigh"), thinks("high"), Some("reasoning_effort=high")),
        (OPENAI, RESPONSES, "gpt-5.1", chat("none"), codex("none"), None),
        (RESPONSES, OPENAI, "gpt-5.2", codex("xhigh"), chat("xhigh"), None),
        (RESPONSES, OPENAI, "gpt-5.2", codex("none"), chat("none"), None),
        (RESPONSES, OPENAI, "gpt-5", codex("none"), chat("minimal"), Some("reasoning.effort=minimal")),
        (RESPONSES, OPENAI, "o4-mini", codex("minimal"), chat("low"), Some("reasoning.effort=low")),
        (RESPONSES, OPENAI, "deepseek-chat", codex("xhigh"), chat("high"), Some("reasoning.effort=high")),
        (RESPONSES, OPENAI, "deepseek-chat", codex("none"), json!({}), Some("reasoning.effort")),
        (RESPONSES, OPENAI, "gpt-4.1", codex("none"), json!({}), None),
        (RESPONSES, OPENAI, "gpt-4.1", codex("low"), json!({}), Some("reasoning.effort")),
        (
            OPENAI,
            GEMINI,
            "gemini-3-pro-preview",
            chat("none"),
            level(json!({"thinkingLevel": "LOW"})),
            Some("reasoning_effort=low"),
        ),
        (
            OPENAI,
            GEMINI,
            "gemini-3-flash",
            chat("xhigh"),
            level(json!({"includeThoughts": true, "thinkingLevel": "HIGH"})),
            Some("reasoning_effort=high"),
        ),
        (OPENAI, GEMINI, "gemini-2.5-flash", chat("none"), level(json!({"thinkingBudget": 0})), None),
    ] {
        for terms in [Terms::default(), refusing()] {
            let wanted = (said.clone(), named.map(str::to_owned));
            assert_eq!(told((client, upstream), model, &wish, terms), wanted, "{model} {wish}");
        }
    }
}

#[test]
fn what_a_claude_takes_only_less_of_is_named() {
    for (model, wish, key, said, named) in [
        (
            "claude-opus-4-7",
            json!({"reasoning_effort": "xhigh"}),
            "/output_config/effort",
            json!("xhigh"),
            None,
        ),
        (
            "claude-opus-4-6",
            json!({"reasoning_effort": "xhigh"}),
            "/output_config/effort",
            json!("high"),
            Some("reasoning_effort=high"),
        ),
        ("claude-opus-4-6", json!({"reasoning_effort": "max"}), "/output_config/effort", json!("max"), None),
        ("claude-sonnet-4-5", json!({"temperature": 1.5}), "/temperature", json!(1.0), Some("temperature=1")),
        (
            "claude-sonnet-4-5",
            json!({"thinking": {"type": "enabled", "budget_tokens": 9000}, "max_tokens": 6000}),
            "/thinking/budget_tokens",
            json!(3000),
            Some("reasoning_effort=3000"),
        ),
        (
            "claude-opus-5",
            json!({"reasoning_effort": "none"}),
            "/thinking",
            Value::Null,
            Some("reasoning_effort"),
        ),
    ] {
        let upload = sent((OPENAI, ANTHROPIC), model, &wish, refusing()).unwrap();
        let body: Value = serde_json::from_slice(&upload.body).unwrap();
        assert_eq!(body.pointer(key).unwrap_or(&Value::Null), &said, "{model} {wish}");
        assert_eq!(upload.dropped.line().as_deref(), named, "{model} {wish}");
    }
}
