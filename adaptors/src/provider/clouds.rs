//! The clouds: dialects that are known, at addresses that a channel's values fill in (`values = { region = "…" }`), with
//! keys or with a signer where no key is configured.

use super::row::{Amend, Auth, Endpoint, Path, Provider, Signer};
use super::table::{ANTHROPIC, GEMINI, OPENAI, RESPONSES, USUAL, at};
use crate::adaptor::Operation;

const AZURE: Auth = Auth::Header("api-key");
/// Where Vertex serves models of a publisher.
const CLAUDES: &str = "/v1/projects/{project}/locations/{location}/publishers/anthropic";
const GEMINIS: &str = "/v1/projects/{project}/locations/{location}/publishers/google";

pub(super) static PROVIDERS: &[Provider] = &[
    // Google's AI Studio: its own dialect, and a root for OpenAI's clients.
    Provider {
        name: "gemini",
        aliases: &["google"],
        base_url: Some("https://generativelanguage.googleapis.com"),
        auth: Auth::Header("x-goog-api-key"),
        endpoints: &[GEMINI, Endpoint { auth: Some(Auth::Bearer), ..at(OPENAI, "/v1beta/openai") }],
        env: Some("GEMINI_API_KEY"),
        models: &["gemini-*", "gemma-*", "text-embedding-0*"],
        ..USUAL
    },
    Provider {
        name: "vertex",
        aliases: &["vertex-ai"],
        base_url: Some("https://{vertex_host}"),
        signer: Some(Signer::Google),
        endpoints: &[at(OPENAI, "/v1/projects/{project}/locations/{location}/endpoints/openapi")],
        ..USUAL
    },
    Provider {
        name: "vertex-gemini",
        base_url: Some("https://{vertex_host}"),
        signer: Some(Signer::Google),
        endpoints: &[at(GEMINI, GEMINIS)],
        amend: Amend::VertexGemini,
        models: &["gemini-*"],
        ..USUAL
    },
    Provider {
        name: "vertex-claude",
        aliases: &["vertex-anthropic"],
        base_url: Some("https://{vertex_host}"),
        signer: Some(Signer::Google),
        endpoints: &[at(ANTHROPIC, CLAUDES)],
        paths: &[
            Path::of(Operation::Chat, "/models/{model}:{predict}"),
            Path::of(Operation::CountTokens, "/models/count-tokens:rawPredict"),
        ],
        amend: Amend::Vertex,
        models: &["claude-*"],
        ..USUAL
    },
    Provider {
        name: "claude-google",
        aliases: &["claude-on-google-cloud"],
        base_url: Some(
            "https://claude.googleapis.com/v1alpha/projects/{project}/locations/{location}/workspaces/{workspace}/invoke",
        ),
        signer: Some(Signer::Google),
        endpoints: &[ANTHROPIC],
        models: &["claude-*"],
        ..USUAL
    },
    Provider {
        name: "claude-aws",
        aliases: &["claude-on-aws"],
        base_url: Some("https://aws-external-anthropic.{region}.api.aws"),
        auth: Auth::Header("x-api-key"),
        signer: Some(Signer::Aws { service: "aws-external-anthropic" }),
        endpoints: &[ANTHROPIC],
        headers: &[("anthropic-workspace-id", "{workspace}")],
        models: &["claude-*"],
        ..USUAL
    },
    Provider {
        name: "bedrock",
        aliases: &["bedrock-runtime"],
        base_url: Some("https://bedrock-runtime.{region}.amazonaws.com"),
        signer: Some(Signer::Aws { service: "bedrock" }),
        endpoints: &[at(OPENAI, "/openai/v1"), at(RESPONSES, "/openai/v1")],
        ..USUAL
    },
    Provider {
        name: "bedrock-mantle",
        aliases: &["mantle"],
        base_url: Some("https://bedrock-mantle.{region}.api.aws"),
        signer: Some(Signer::Aws { service: "bedrock-mantle" }),
        endpoints: &[OPENAI, RESPONSES],
        ..USUAL
    },
    Provider {
        name: "bedrock-claude",
        aliases: &["mantle-claude"],
        base_url: Some("https://bedrock-mantle.{region}.api.aws"),
        signer: Some(Signer::Aws { service: "bedrock-mantle" }),
        endpoints: &[at(ANTHROPIC, "/anthropic/v1")],
        models: &["claude-*", "anthropic.*"],
        ..USUAL
    },
    // A model is a deployment's name here, and in the two rows after it.
    Provider {
        name: "azure-openai",
        aliases: &["azure"],
        base_url: Some("https://{resource}.openai.azure.com"),
        auth: AZURE,
        endpoints: &[at(OPENAI, "/openai/v1"), at(RESPONSES, "/openai/v1")],
        ..USUAL
    },
    Provider {
        name: "azure-deployments",
        base_url: Some("https://{resource}.openai.azure.com"),
        auth: AZURE,
        endpoints: &[at(OPENAI, "/openai")],
        paths: &[Path { operation: None, root: None, template: "/deployments/{model}/{operation}" }],
        query: &[("api-version", "2024-10-21")],
        ..USUAL
    },
    Provider {
        name: "azure-foundry",
        aliases: &["foundry"],
        base_url: Some("https://{resource}.services.ai.azure.com"),
        auth: AZURE,
        endpoints: &[at(OPENAI, "/openai/v1"), at(RESPONSES, "/openai/v1"), at(ANTHROPIC, "/anthropic/v1")],
        ..USUAL
    },
    Provider {
        name: "cloudflare",
        aliases: &["workers-ai"],
        base_url: Some("https://api.cloudflare.com/client/v4/accounts/{account}/ai"),
        models: &["@cf/*", "@hf/*"],
        ..USUAL
    },
];
