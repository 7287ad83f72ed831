// The official SDKs from npm: each line of standard input is one thing to do, each line of standard output what came of it.
//
// Asked is in the words of node.py. What an SDK raises is an outcome; whatever else goes wrong is a fault, and told as such.

import readline from "node:readline";

import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import OpenAI, { toFile } from "openai";

import { talks } from "./talks.mjs";


/** The SDK for an address and a key. `version` is Google's, for upstreams. */
function client({ sdk, url, key, version, retries }) {
  const same = { apiKey: key, maxRetries: retries, timeout: 20_000 };
  if (sdk === "anthropic") return new Anthropic({ baseURL: url, ...same });
  if (sdk !== "gemini") return new OpenAI({ baseURL: `${url}/v1`, ...same });
  const retryOptions = retries ? { attempts: retries + 1, initialDelay: 0.02 } : undefined;
  const httpOptions = { baseUrl: url, apiVersion: version ?? undefined, timeout: 20_000, retryOptions };
  return new GoogleGenAI({ apiKey: key, httpOptions });
}

/** Files are told as their name, bytes and type. */
async function unwrapped(value) {
  if (Array.isArray(value)) return Promise.all(value.map(unwrapped));
  if (value === null || typeof value !== "object") return value;
  if (value.$file) return toFile(Buffer.from(value.$file[1], "base64"), value.$file[0], { type: value.$file[2] });
  const entries = Object.entries(value).map(async ([name, one]) => [name, await unwrapped(one)]);
  return Object.fromEntries(await Promise.all(entries));
}

/** An answer that failed behind its events, where the SDK leaves it to the application to see that. */
class Failed extends Error {}

/** Those of an answer. Google's SDK gives them with it, the others beside it. */
async function headersOf(promise) {
  if (!promise.withResponse) return (await promise).sdkHttpResponse.headers;
  return Object.fromEntries((await promise.withResponse()).response.headers);
}

async function taken(call, way, seen) {
  if (way === "whole") return call();
  if (way === "headers") return headersOf(call());
  if (way === "bytes") return Buffer.from(await (await call()).arrayBuffer()).toString("hex");
  // Google's SDK promises an iterator; the helpers of the others are one at once.
  const stream = way === "final" ? call() : await call();
  for await (const event of stream) seen.push(structuredClone(event));
  if (way === "events") return "ended";
  if (["response.failed", "error"].includes(seen.at(-1)?.type)) throw new Failed();
  return stream.finalMessage ? stream.finalMessage() : stream.finalResponse();
}

const BROKEN = /^(terminated|fetch failed|Incomplete JSON segment at the end)$/;

/** What an SDK raises by itself, or lets through where a connection or a body breaks off; `undefined` for any other. */
function raised(error) {
  const known = [OpenAI.OpenAIError, Anthropic.AnthropicError, ApiError, Failed];
  const broken = error instanceof SyntaxError || BROKEN.test(error?.message);
  if (!broken && !known.some((kind) => error instanceof kind)) return undefined;
  const { status, error: body, message, headers } = error;
  return { raised: error.constructor.name, status, message, body, headers: headers && Object.fromEntries(headers) };
}

async function done(asked) {
  const sdk = client(asked);
  if (asked.talk) return { value: await talks[asked.sdk][asked.talk](sdk, asked.model) };
  const seen = [];
  try {
    const path = asked.operation.split(".");
    const owner = path.slice(0, -1).reduce((at, name) => at[name], sdk);
    const values = await unwrapped(asked.arguments);
    return { value: await taken(() => owner[path.at(-1)](...values), asked.way, seen), seen };
  } catch (error) {
    const told = raised(error);
    if (!told) throw error;
    return { ...told, seen };
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const told = await done(JSON.parse(line)).catch((error) => ({ fault: String(error?.stack ?? error) }));
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
