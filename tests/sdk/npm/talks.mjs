// The applications of talks.py in JavaScript: each keeps a conversation itself, as its SDK's documentation shows it.

import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const SKIES = { Oslo: "rain", Rome: "sun" };
const QUESTION = "How is the weather in Oslo and in Rome?";
const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const WEATHER = { name: "get_weather", description: "The weather in a city" };
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const URL = `data:image/png;base64,${PNG}`;
const Sky = z.object({ city: z.string(), cloudy: z.boolean() });
const ASK_SKY = [{ role: "user", content: "The sky over Oslo?" }];

async function all(stream) {
  const seen = [];
  for await (const one of await stream) seen.push(one);
  return seen;
}

/** Adds a piece to what has its index: texts grow, anything else is set. */
function join(list, { index, ...piece }) {
  list[index] ??= {};
  grow(list[index], piece);
}

function grow(whole, piece) {
  for (const [name, value] of Object.entries(piece)) {
    if (value !== null && typeof value === "object") grow((whole[name] ??= {}), value);
    else if (name === "arguments" || name === "thinking") whole[name] = (whole[name] ?? "") + value;
    else if (value !== null) whole[name] = value;
  }
}

/** The message that chunks of chat completions are pieces of. */
function joined(chunks) {
  const message = { role: "assistant", content: "", reasoning_content: "" };
  for (const { delta } of chunks.flatMap((chunk) => chunk.choices)) {
    message.content += delta.content ?? "";
    message.reasoning_content += delta.reasoning_content ?? "";
    for (const field of ["tool_calls", "thinking_blocks"])
      for (const piece of delta[field] ?? []) join((message[field] ??= []), piece);
  }
  return message;
}

async function openaiTalk(client, model, streamed) {
  const tools = [{ type: "function", function: { ...WEATHER, parameters: SCHEMA, strict: true } }];
  const more = { model, tools, reasoning_effort: "low" };
  async function ask(messages) {
    if (!streamed) {
      const answer = await client.chat.completions.create({ messages, ...more });
      return [answer.choices[0].message, answer.usage];
    }
    const counted = { stream: true, stream_options: { include_usage: true } };
    const chunks = await all(client.chat.completions.create({ messages, ...counted, ...more }));
    return [joined(chunks), chunks.at(-1).usage];
  }
  const messages = [{ role: "user", content: QUESTION }];
  const [first, usage] = await ask(messages);
  // What is told of thinking is for reading; what is signed goes back.
  const { reasoning_content: thought, ...back } = first;
  const calls = first.tool_calls.map(({ id, function: { name, arguments: text } }) => [id, name, JSON.parse(text)]);
  const results = calls.map(([id, , { city }]) => ({ role: "tool", tool_call_id: id, content: SKIES[city] }));
  const [answer] = await ask([...messages, back, ...results]);
  return {
    thought: Boolean(thought),
    text: first.content,
    calls: calls.map(([, name, asked]) => [name, asked]),
    answer: answer.content,
    usage: [usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens],
  };
}

/** With the SDK's helper for streams, whose message goes back as it is. */
async function openaiHelper(client, model) {
  const tools = [{ type: "function", function: { ...WEATHER, parameters: SCHEMA, strict: true } }];
  const messages = [{ role: "user", content: QUESTION }];
  async function ask() {
    const asked = { model, messages, tools, reasoning_effort: "low" };
    const answer = await client.chat.completions.stream(asked).finalChatCompletion();
    return answer.choices[0].message;
  }
  const first = await ask();
  messages.push(first);
  for (const call of first.tool_calls) {
    const { city } = JSON.parse(call.function.arguments);
    messages.push({ role: "tool", tool_call_id: call.id, content: SKIES[city] });
  }
  return first.content + (await ask()).content;
}

async function anthropicTalk(client, model, streamed) {
  const thinking = { type: "enabled", budget_tokens: 2048 };
  const more = { model, max_tokens: 4096, thinking, tools: [{ ...WEATHER, input_schema: SCHEMA }] };
  const ask = (messages) =>
    streamed
      ? client.messages.stream({ messages, ...more }).finalMessage()
      : client.messages.create({ messages, ...more });
  const text = (message) => message.content.map((block) => (block.type === "text" ? block.text : "")).join("");
  const first = await ask([{ role: "user", content: QUESTION }]);
  const calls = first.content.filter((block) => block.type === "tool_use");
  const results = calls.map(({ id, input }) => ({ type: "tool_result", tool_use_id: id, content: SKIES[input.city] }));
  const answer = await ask([
    { role: "user", content: QUESTION },
    { role: "assistant", content: first.content },
    { role: "user", content: results },
  ]);
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens: cached, output_tokens } = first.usage;
  return {
    thought: first.content.some((block) => block.type === "thinking" && block.thinking),
    text: text(first),
    calls: calls.map(({ name, input }) => [name, input]),
    answer: text(answer),
    usage: [input_tokens + cached + (cache_creation_input_tokens ?? 0), cached, output_tokens],
  };
}

/** The SDK runs the tools. Unasked it leaves the conversation at Anthropic, as far as the server keeps it. */
async function anthropicRunner(client, model, stream) {
  const inputSchema = z.object({ city: z.string() });
  const tool = betaZodTool({ ...WEATHER, inputSchema, run: ({ city }) => SKIES[city] });
  const thinking = { type: "enabled", budget_tokens: 2048 };
  const messages = [{ role: "user", content: QUESTION }];
  const runner = client.beta.messages.toolRunner({ model, max_tokens: 4096, thinking, messages, tools: [tool], stream });
  let said = "";
  for await (const turn of runner) {
    const message = stream ? await turn.finalMessage() : turn;
    said += message.content.map((block) => block.text ?? "").join("");
  }
  return said;
}

async function responsesTalk(client, model, streamed) {
  const more = {
    model,
    store: false,
    tools: [{ type: "function", ...WEATHER, parameters: SCHEMA, strict: true }],
    include: ["reasoning.encrypted_content"],
    reasoning: { effort: "low", summary: "auto" },
  };
  const ask = (input) =>
    streamed ? client.responses.stream({ input, ...more }).finalResponse() : client.responses.create({ input, ...more });
  const items = [{ role: "user", content: QUESTION }];
  const first = await ask(items);
  const calls = first.output.filter((item) => item.type === "function_call");
  const asked = calls.map((call) => JSON.parse(call.arguments));
  const results = calls.map(({ call_id }, at) => ({
    type: "function_call_output",
    call_id,
    output: SKIES[asked[at].city],
  }));
  // What the helper for streams adds is its own.
  const output = first.output.map(({ parsed_arguments, ...item }) =>
    item.content ? { ...item, content: item.content.map(({ parsed, ...part }) => part) } : item,
  );
  const answer = await ask([...items, ...output, ...results]);
  const { input_tokens, input_tokens_details, output_tokens } = first.usage;
  return {
    thought: first.output.some((item) => item.type === "reasoning" && item.summary.some((part) => part.text)),
    text: first.output_text,
    calls: calls.map(({ name }, at) => [name, asked[at]]),
    answer: answer.output_text,
    usage: [input_tokens, input_tokens_details.cached_tokens, output_tokens],
  };
}

async function geminiTalk(client, model, streamed) {
  const config = {
    tools: [{ functionDeclarations: [{ ...WEATHER, parametersJsonSchema: SCHEMA }] }],
    thinkingConfig: { includeThoughts: true },
  };
  async function ask(contents) {
    const asked = { model, contents, config };
    const chunks = streamed
      ? await all(client.models.generateContentStream(asked))
      : [await client.models.generateContent(asked)];
    const candidates = chunks.flatMap((chunk) => chunk.candidates ?? []);
    return [candidates.flatMap((one) => one.content?.parts ?? []), chunks.at(-1).usageMetadata];
  }
  const text = (parts) => parts.map((part) => (part.text && !part.thought ? part.text : "")).join("");
  const user = { role: "user", parts: [{ text: QUESTION }] };
  const [first, usage] = await ask([user]);
  const calls = first.filter((part) => part.functionCall).map((part) => part.functionCall);
  const results = calls.map(({ id, name, args }) => ({
    functionResponse: { id, name, response: { output: SKIES[args.city] } },
  }));
  const [answer] = await ask([user, { role: "model", parts: first }, { role: "user", parts: results }]);
  return {
    thought: first.some((part) => part.thought && part.text),
    text: text(first),
    calls: calls.map(({ name, args }) => [name, args]),
    answer: text(answer),
    usage: [
      usage.promptTokenCount,
      usage.cachedContentTokenCount,
      usage.candidatesTokenCount + (usage.thoughtsTokenCount ?? 0),
    ],
  };
}

/** The SDK keeps the conversation, a stream's in the pieces in which it came. */
async function geminiChat(client, model) {
  const tools = [{ functionDeclarations: [{ ...WEATHER, parametersJsonSchema: SCHEMA }] }];
  const chat = client.chats.create({ model, config: { tools, thinkingConfig: { includeThoughts: true } } });
  async function send(message) {
    const chunks = await all(chat.sendMessageStream({ message }));
    return chunks.flatMap((chunk) => chunk.candidates?.[0].content?.parts ?? []);
  }
  const text = (parts) => parts.map((part) => (part.text && !part.thought ? part.text : "")).join("");
  const first = await send(QUESTION);
  const calls = first.filter((part) => part.functionCall).map((part) => part.functionCall);
  const results = calls.map(({ id, name, args }) => ({
    functionResponse: { id, name, response: { output: SKIES[args.city] } },
  }));
  return text(first) + text(await send(results));
}

const WHAT = { type: "text", text: "What is this?" };
const openai = {
  talk: openaiTalk,
  async image(client, model) {
    const content = [WHAT, { type: "image_url", image_url: { url: URL } }];
    const answer = await client.chat.completions.create({ model, messages: [{ role: "user", content }] });
    return answer.choices[0].message.content;
  },
  async schema(client, model, streamed) {
    const asked = { model, messages: ASK_SKY, response_format: zodResponseFormat(Sky, "sky") };
    const answer = await (streamed
      ? client.chat.completions.stream(asked).finalChatCompletion()
      : client.chat.completions.parse(asked));
    return answer.choices[0].message.parsed;
  },
};
const anthropic = {
  talk: anthropicTalk,
  async image(client, model) {
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
    const messages = [{ role: "user", content: [WHAT, image] }];
    return (await client.messages.create({ model, max_tokens: 99, messages })).content[0].text;
  },
  async schema(client, model, streamed) {
    const asked = { model, max_tokens: 99, messages: ASK_SKY, output_config: { format: zodOutputFormat(Sky) } };
    const answer = await (streamed ? client.messages.stream(asked).finalMessage() : client.messages.parse(asked));
    return answer.parsed_output;
  },
};
const responses = {
  talk: responsesTalk,
  async image(client, model) {
    const content = [
      { type: "input_text", text: WHAT.text },
      { type: "input_image", detail: "auto", image_url: URL },
    ];
    return (await client.responses.create({ model, input: [{ role: "user", content }] })).output_text;
  },
  async schema(client, model, streamed) {
    const asked = { model, input: ASK_SKY, text: { format: zodTextFormat(Sky, "sky") } };
    const answer = await (streamed ? client.responses.stream(asked).finalResponse() : client.responses.parse(asked));
    return answer.output_parsed;
  },
};
const gemini = {
  talk: geminiTalk,
  async image(client, model) {
    const contents = [{ inlineData: { mimeType: "image/png", data: PNG } }, WHAT.text];
    return (await client.models.generateContent({ model, contents })).text;
  },
  async schema(client, model, streamed) {
    const config = { responseMimeType: "application/json", responseJsonSchema: z.toJSONSchema(Sky) };
    const asked = { model, contents: ASK_SKY[0].content, config };
    if (!streamed) return JSON.parse((await client.models.generateContent(asked)).text);
    const chunks = await all(client.models.generateContentStream(asked));
    return JSON.parse(chunks.map((chunk) => chunk.text ?? "").join(""));
  },
};

/** By SDK and the names of talks.py. */
export const talks = Object.fromEntries(
  Object.entries({ openai, anthropic, responses, gemini }).map(([sdk, { talk, image, schema }]) => [
    sdk,
    {
      "two turns with two calls": (client, model) => talk(client, model, false),
      "two turns with two calls, streamed": (client, model) => talk(client, model, true),
      image,
      "structured answer": (client, model) => schema(client, model, false),
      "structured answer, streamed": (client, model) => schema(client, model, true),
    },
  ]),
);
talks.openai["a chat by the helper, streamed"] = openaiHelper;
talks.anthropic["a runner of tools"] = (client, model) => anthropicRunner(client, model, false);
talks.anthropic["a runner of tools, streamed"] = (client, model) => anthropicRunner(client, model, true);
talks.gemini["a chat that the SDK keeps, streamed"] = geminiChat;
