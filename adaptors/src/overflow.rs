//! How providers say that a prompt is too long for the model. OpenAI has a code for it, most others only a sentence.

/// In lower case. Each stands in an error of the provider beside it, and in no other one.
const SAID: [&str; 31] = [
    "context_length_exceeded",              // OpenAI, Azure, Groq, Cerebras: the code
    "exceed_context_size_error",            // llama.cpp: the type
    "model_context_window_exceeded",        // Z.ai
    "tokens_limit_reached",                 // GitHub Models
    "maximum context length",               // OpenAI, vLLM, DeepSeek, Mistral, OpenRouter, Fireworks, SGLang
    "context window",                       // OpenAI, MiniMax, Cloudflare
    "exceeds the context",                  // Ollama, others
    "exceeds context length",               // Ollama
    "prompt too long",                      // Ollama
    "prompt is too long",                   // Anthropic, Fireworks
    "exceed context limit",                 // Anthropic: the prompt and `max_tokens`
    "input is too long",                    // Bedrock
    "exceeds the maximum number of tokens", // Gemini
    "model only supports up to",            // Vertex
    "maximum prompt length",                // xAI
    "maximum model length",                 // vLLM
    "model's context length",               // Together, SGLang
    "available context size",               // llama.cpp
    "configured context size",              // llama.cpp's like
    "greater than the context length",      // LM Studio
    "context length of only",               // LM Studio
    "exceeded model token limit",           // Moonshot
    "too many tokens",                      // Cohere
    "reduce the length of the messages",    // Groq, Cerebras
    "`inputs` tokens + `max_new_tokens`",   // Together, Hugging Face
    "`inputs` must have less than",         // Hugging Face
    "range of input length should be",      // DashScope
    "less than max_seq_len",                // SiliconFlow
    "exceed max message tokens",            // Volcengine
    "prompt exceeds max length",            // Zhipu
    "prompt 超长",                          // Zhipu
];

/// Said with a status of 500, when the answer was already being made (llama.cpp).
const SAID_LATE: &str = "context size has been exceeded";

/// How OpenAI and Groq begin, with 429 and 413, where one request wants more tokens than the account has for a minute.
const TOO_MUCH_AT_ONCE: &str = "request too large for";

/// Tells whether a limit has no room for the request alone: it says nothing of others, and waiting does not help.
pub(crate) fn is_too_much_at_once(message: &str) -> bool {
    message.get(..TOO_MUCH_AT_ONCE.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(TOO_MUCH_AT_ONCE))
}

/// Tells whether an error says so: its message, or something in its body.
pub(crate) fn is_said(message: &str, body: &[u8]) -> bool {
    let message = message.to_lowercase();
    let is_said =
        |words: &&str| message.contains(*words) || memchr::memmem::find(body, words.as_bytes()).is_some();
    SAID.iter().any(is_said) || is_said_late(&message)
}

/// Tells whether a message says so of an answer that was begun. Only its beginning counts.
pub(crate) fn is_said_late(message: &str) -> bool {
    message.trim_start().get(..SAID_LATE.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(SAID_LATE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_providers_say_is_understood() {
        for message in [
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again",
            "Input is too long for requested model.",
            "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
            "Unable to submit request because the input token count is 40000 but model only supports up to 32768. Reduce the input token count and try again.",
            "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
            "The decoder prompt (length 4103) is longer than the maximum model length of 4096.",
            "The input (300 tokens) is longer than the model's context length (200 tokens).",
            "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
            "The number of tokens to keep from the initial prompt is greater than the context length.",
            "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
            "Invalid request: Your request exceeded model token limit: 131072 (requested: 200000)",
            "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.",
            "Please reduce the length of the messages or completion.",
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 5000",
            "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
            "length of prompt_tokens (40000) must be less than max_seq_len (32768).",
            "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            "the input length exceeds the context length",
            "invalid params, context window exceeds limit",
            "Total tokens of image and text exceed max message tokens",
            "Prompt 超长",
            "Context size has been exceeded.",
        ] {
            assert!(is_said(message, b""), "{message}");
        }
        for message in [
            "max_tokens must be at most 8192",
            "messages: text is too long for a name",
            "no: context size has been exceeded",
            "Rate limit reached for requests per minute",
        ] {
            assert!(!is_said(message, b""), "{message}");
        }
    }
}
