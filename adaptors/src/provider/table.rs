//! The table; what is addressed in parts or signed stands in `clouds.rs` beside it. A new compatible provider is one row here; `tests/suite/provider.rs` shows the URLs that come of it.

use super::row::{Amend, Auth, Endpoint, Path, Provider};
use crate::adaptor::Operation;
use crate::dialect;

pub(super) const OPENAI: Endpoint = Endpoint { dialect: dialect::OPENAI, root: "/v1", auth: None };
pub(super) const RESPONSES: Endpoint = Endpoint { dialect: dialect::RESPONSES, ..OPENAI };
pub(super) const ANTHROPIC: Endpoint = Endpoint { dialect: dialect::ANTHROPIC, ..OPENAI };
pub(super) const GEMINI: Endpoint = Endpoint { dialect: dialect::GEMINI, root: "/v1beta", auth: None };

pub(super) const fn at(endpoint: Endpoint, root: &'static str) -> Endpoint {
    Endpoint { root, ..endpoint }
}

/// A bearer key and OpenAI's dialect at `/v1`: what most rows change little of.
pub(super) const USUAL: Provider = Provider {
    name: "",
    aliases: &[],
    base_url: None,
    auth: Auth::Bearer,
    signer: None,
    endpoints: &[OPENAI],
    paths: &[],
    query: &[],
    headers: &[],
    amend: Amend::None,
    forward: &[],
    env: None,
    models: &["*"],
};

/// A server of one's own: no key by default.
const LOCAL: Provider = Provider { auth: Auth::None, ..USUAL };

pub(super) static PROVIDERS: &[Provider] = &[
    Provider {
        name: "openai",
        base_url: Some("https://api.openai.com"),
        endpoints: &[OPENAI, RESPONSES],
        env: Some("OPENAI_API_KEY"),
        models: &["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "text-embedding-*"],
        ..USUAL
    },
    Provider {
        name: "anthropic",
        aliases: &["claude"],
        base_url: Some("https://api.anthropic.com"),
        auth: Auth::Header("x-api-key"),
        endpoints: &[ANTHROPIC],
        env: Some("ANTHROPIC_API_KEY"),
        models: &["claude-*"],
        ..USUAL
    },
    Provider {
        name: "xai",
        aliases: &["grok"],
        base_url: Some("https://api.x.ai"),
        endpoints: &[OPENAI, RESPONSES, ANTHROPIC],
        env: Some("XAI_API_KEY"),
        models: &["grok-*"],
        ..USUAL
    },
    Provider {
        name: "deepseek",
        base_url: Some("https://api.deepseek.com"),
        endpoints: &[OPENAI, at(ANTHROPIC, "/anthropic/v1")],
        env: Some("DEEPSEEK_API_KEY"),
        models: &["deepseek-*"],
        ..USUAL
    },
    Provider {
        name: "mistral",
        base_url: Some("https://api.mistral.ai"),
        env: Some("MISTRAL_API_KEY"),
        models: &[
            "mistral-*",
            "ministral-*",
            "magistral-*",
            "codestral-*",
            "devstral-*",
            "pixtral-*",
            "open-mistral-*",
        ],
        ..USUAL
    },
    Provider {
        name: "groq",
        base_url: Some("https://api.groq.com/openai"),
        env: Some("GROQ_API_KEY"),
        models: &["llama-*", "meta-llama/*", "openai/gpt-oss-*", "groq/*", "qwen/*", "moonshotai/*"],
        ..USUAL
    },
    Provider {
        name: "openrouter",
        base_url: Some("https://openrouter.ai/api"),
        // Which application calls: OpenRouter ranks and limits by it.
        forward: &["http-referer", "x-title"],
        env: Some("OPENROUTER_API_KEY"),
        ..USUAL
    },
    Provider {
        name: "together",
        aliases: &["togetherai"],
        base_url: Some("https://api.together.xyz"),
        env: Some("TOGETHER_API_KEY"),
        ..USUAL
    },
    Provider {
        name: "moonshot",
        aliases: &["kimi"],
        base_url: Some("https://api.moonshot.cn"),
        endpoints: &[OPENAI, at(ANTHROPIC, "/anthropic/v1")],
        env: Some("MOONSHOT_API_KEY"),
        models: &["kimi-*", "moonshot-*"],
        ..USUAL
    },
    Provider {
        name: "zhipu",
        aliases: &["glm", "bigmodel", "zai"],
        base_url: Some("https://open.bigmodel.cn"),
        endpoints: &[at(OPENAI, "/api/paas/v4"), at(ANTHROPIC, "/api/anthropic/v1")],
        env: Some("ZHIPU_API_KEY"),
        models: &["glm-*", "embedding-*"],
        ..USUAL
    },
    Provider {
        name: "dashscope",
        aliases: &["qwen", "bailian"],
        base_url: Some("https://dashscope.aliyuncs.com"),
        endpoints: &[at(OPENAI, "/compatible-mode/v1"), at(ANTHROPIC, "/apps/anthropic/v1")],
        env: Some("DASHSCOPE_API_KEY"),
        models: &["qwen*", "qwq-*", "qvq-*", "text-embedding-v*"],
        ..USUAL
    },
    Provider {
        name: "volcengine",
        aliases: &["doubao", "ark"],
        base_url: Some("https://ark.cn-beijing.volces.com"),
        endpoints: &[at(OPENAI, "/api/v3"), at(RESPONSES, "/api/v3")],
        env: Some("ARK_API_KEY"),
        models: &["doubao-*", "ep-*"],
        ..USUAL
    },
    Provider {
        name: "siliconflow",
        base_url: Some("https://api.siliconflow.cn"),
        env: Some("SILICONFLOW_API_KEY"),
        ..USUAL
    },
    Provider {
        name: "stepfun",
        base_url: Some("https://api.stepfun.com"),
        env: Some("STEPFUN_API_KEY"),
        models: &["step-*"],
        ..USUAL
    },
    Provider {
        name: "lingyiwanwu",
        aliases: &["01ai", "yi"],
        base_url: Some("https://api.lingyiwanwu.com"),
        env: Some("LINGYIWANWU_API_KEY"),
        models: &["yi-*"],
        ..USUAL
    },
    Provider {
        name: "baichuan",
        base_url: Some("https://api.baichuan-ai.com"),
        env: Some("BAICHUAN_API_KEY"),
        models: &["baichuan*", "Baichuan*"],
        ..USUAL
    },
    Provider {
        name: "baidu",
        aliases: &["qianfan", "ernie"],
        base_url: Some("https://qianfan.baidubce.com"),
        endpoints: &[at(OPENAI, "/v2")],
        env: Some("QIANFAN_API_KEY"),
        models: &["ernie-*"],
        ..USUAL
    },
    Provider {
        name: "minimax",
        base_url: Some("https://api.minimax.chat"),
        paths: &[Path::of(Operation::Chat, "/text/chatcompletion_v2")],
        env: Some("MINIMAX_API_KEY"),
        models: &["MiniMax-*", "minimax-*", "abab*"],
        ..USUAL
    },
    Provider {
        name: "360",
        aliases: &["360ai", "zhinao"],
        base_url: Some("https://api.360.cn"),
        env: Some("AI360_API_KEY"),
        models: &["360*"],
        ..USUAL
    },
    Provider {
        name: "xunfei",
        aliases: &["xunfei-v2", "spark"],
        base_url: Some("https://spark-api-open.xf-yun.com"),
        env: Some("XUNFEI_API_KEY"),
        models: &["spark-*", "generalv3*", "4.0Ultra", "lite"],
        ..USUAL
    },
    Provider {
        name: "perplexity",
        base_url: Some("https://api.perplexity.ai"),
        endpoints: &[at(OPENAI, "")],
        env: Some("PERPLEXITY_API_KEY"),
        models: &["sonar*"],
        ..USUAL
    },
    Provider {
        name: "jina",
        base_url: Some("https://api.jina.ai"),
        env: Some("JINA_API_KEY"),
        models: &["jina-*"],
        ..USUAL
    },
    Provider {
        name: "cohere",
        base_url: Some("https://api.cohere.com"),
        endpoints: &[at(OPENAI, "/compatibility/v1")],
        // The compatible root has none.
        paths: &[Path { root: Some(""), ..Path::of(Operation::Rerank, "/v2/rerank") }],
        env: Some("COHERE_API_KEY"),
        models: &["command*", "c4ai-*", "embed-*", "rerank-*"],
        ..USUAL
    },
    Provider { name: "ollama", base_url: Some("http://localhost:11434"), ..LOCAL },
    Provider { name: "vllm", ..LOCAL },
    Provider { name: "llama.cpp", aliases: &["llamacpp", "llama-cpp"], ..LOCAL },
    Provider { name: "lm-studio", aliases: &["lmstudio"], ..LOCAL },
    Provider { name: "custom", aliases: &["openai-compatible"], ..USUAL },
    Provider {
        name: "custom-anthropic",
        aliases: &["anthropic-compatible"],
        auth: Auth::Header("x-api-key"),
        endpoints: &[ANTHROPIC],
        ..USUAL
    },
];
