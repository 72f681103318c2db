// The editorial API as an editor uses it: origin/docs/api.md, "Writing".

import exec from "k6/execution";
import http from "k6/http";
import { editorErrors } from "./metrics.js";
import { settings } from "./settings.js";

/** @typedef {import("k6/http").RefinedResponse<"text">} Response */
/** @typedef {{ title: string, summary: string, body_markdown: string, photographs: { sha256: string, alt: string }[] }} Text */
/** @typedef {{ etag?: string, json?: unknown, jpeg?: ArrayBuffer }} With What a call carries. */

const BASE = `${settings.origin}/v1/editorial`;
/** As long as the origin takes for a write at most. */
const PATIENCE = "60s";

let keys = 0;

/** The test cannot go on without it. */
export function signIn() {
  const body = JSON.stringify({ email: settings.email, password: settings.password });
  const headers = { "content-type": "application/json" };
  const answer = http.post(`${BASE}/sessions`, body, { headers, responseType: "text", timeout: PATIENCE });
  if (answer.status !== 201) throw new Error(`EDITOR_EMAIL, EDITOR_PASSWORD: ${answer.status} ${answer.body}`);
  return String(answer.json("token"));
}

/**
 * `null` if the answer was another, which is counted.
 * @param {string} token @param {"GET" | "POST" | "PUT"} method @param {string} path @param {number} expected @param {With} [what]
 * @returns {Response | null}
 */
export function call(token, method, path, expected, { etag, json, jpeg } = {}) {
  /** @type {Record<string, string>} */
  const headers = { authorization: `Bearer ${token}` };
  if (method === "POST") headers["idempotency-key"] = newKey();
  if (etag !== undefined) headers["if-match"] = etag;
  if (json !== undefined) headers["content-type"] = "application/json";
  if (jpeg !== undefined) headers["content-type"] = "image/jpeg";
  const body = jpeg ?? (json === undefined ? null : JSON.stringify(json));
  const answer = http.request(method, BASE + path, body, { headers, responseType: "text", timeout: PATIENCE });
  if (answer.status === expected) return answer;
  editorErrors.add(1, { status: String(answer.status) });
  return null;
}

/** For one thing done, and never again: not in a later run either. */
function newKey() {
  keys += 1;
  return `load-${Date.now()}-${exec.vu.idInTest}-${keys}`;
}

/**
 * The ids behind these slugs, from the list of all reviews.
 * @param {string} token @param {Set<string>} slugs @returns {Record<string, string>}
 */
export function idsOf(token, slugs) {
  /** @type {Record<string, string>} */
  const ids = {};
  /** @type {string | null} */
  let next = "/reviews?limit=50";
  while (next !== null && Object.keys(ids).length < slugs.size) {
    const answer = call(token, "GET", next, 200);
    if (answer === null) break;
    const page = /** @type {{ items: { id: string, slug: string }[], links: { next: string | null } }} */ (answer.json());
    for (const { id, slug } of page.items) if (slugs.has(slug)) ids[slug] = id;
    next = page.links.next?.split("/v1/editorial")[1] ?? null;
  }
  const missing = [...slugs].filter((slug) => ids[slug] === undefined);
  if (missing.length > 0) throw new Error(`PAGES, WATCHED: the origin has no review ${missing.join(", ")}`);
  return ids;
}
