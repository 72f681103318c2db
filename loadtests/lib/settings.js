// What the runner tells this process. One process is the readers of one region, or the editors.

import * as env from "./env.js";

export const REGIONS = /** @type {const} */ (["sa", "na", "eu", "asia"]);

/** @typedef {typeof REGIONS[number]} Region */
/** @typedef {{ slug: string, locale: string }} ReviewRef A review in one language. */
/**
 * Something goes away and comes back. Seconds count from the start of the test.
 * @typedef {{ cutAtS: number, moveAtS: number, healAtS: number, moveTo: string | null, lost: boolean }} Loss
 */

const role = env.oneOf("ROLE", /** @type {const} */ (["readers", "editors"]));
const reads = role === "readers";
const region = reads ? env.oneOf("REGION", REGIONS) : "sa";
const edge = reads ? env.baseUrl("EDGE") : "";
const seconds = env.number("SECONDS", { min: 1 });

export const settings = Object.freeze({
  role,
  region,
  edge,
  seconds,
  loss: loss(),
  origin: reads ? "" : env.baseUrl("ORIGIN"),
  email: reads ? "" : env.required("EDITOR_EMAIL"),
  password: reads ? "" : env.required("EDITOR_PASSWORD"),
  pagesPath: pagesPath(),
  wan: env.oneOf("WAN", /** @type {const} */ (["near", "far", "bad-day", "loopback"])),
  /** Journeys of readers begun per second. */
  rate: reads ? env.number("RATE", { min: 0.1 }) : 0,
  /** Readers too: who watches must know when to look. */
  editsPerS: reads ? env.number("EDITS_PER_S", { min: 0, fallback: 0 }) : env.number("EDITS_PER_S", { min: 0.01 }),
  seed: env.number("SEED", { min: 0 }),
  watched: watched(),
  /** Whether this region's edge has fetched every published page by the time that the origin goes away. */
  prefetch: env.optional("PREFETCH") !== null,
  appliedLimitsMs: appliedLimitsMs(),
  /** 0: no limit is set. */
  visibleLimitMs: env.number("VISIBLE_LIMIT_MS", { min: 0, fallback: 0 }),
  /** Between two looks of the watcher: the resolution of what is visible. */
  lookEveryMs: env.number("LOOK_EVERY_MS", { min: 5, fallback: 20 }),
  summaryPath: env.required("SUMMARY"),
  zipfExponent: env.number("ZIPF_EXPONENT", { min: 0, fallback: 0.9 }),
});
checkEdges();
env.finish();

/** @returns {Loss | null} */
function loss() {
  if (env.optional("CUT_AT_S") === null) return null;
  const cutAtS = env.number("CUT_AT_S", { min: 0 });
  const healAtS = env.number("HEAL_AT_S", { min: cutAtS, fallback: seconds });
  // Who stays is without an edge until it is healed.
  const moveAtS = env.number("MOVE_AT_S", { min: cutAtS, fallback: healAtS });
  const lost = env.optional("LOST");
  if (lost !== null && lost !== "1" && lost !== "0") env.complain("LOST", `expected 1 or 0, found "${lost}"`);
  const moveTo = env.optional("MOVE_TO");
  if (moveTo !== null) env.baseUrl("MOVE_TO", moveTo);
  return { cutAtS, moveAtS, healAtS, moveTo, lost: lost === "1" };
}

function pagesPath() {
  const path = env.required("PAGES");
  if (path !== "" && !path.startsWith("/")) env.complain("PAGES", `expected an absolute path, found "${path}"`);
  return path;
}

/** @returns {ReviewRef[]} */
function watched() {
  const text = env.optional("WATCHED");
  if (text === null) return [];
  return text.split(";").map((one) => {
    const [slug, locale, ...more] = one.split(",");
    if (!slug || !locale || more.length > 0) env.complain("WATCHED", `expected slug,locale;slug,locale, found "${text}"`);
    return { slug, locale };
  });
}

/** @returns {Record<string, number>} */
function appliedLimitsMs() {
  const limits = env.object("APPLIED_LIMITS") ?? {};
  for (const [name, ms] of Object.entries(limits)) {
    if (!REGIONS.some((known) => known === name)) env.complain("APPLIED_LIMITS", `no region is called "${name}"`);
    if (typeof ms !== "number" || ms <= 0) env.complain("APPLIED_LIMITS", `${name}: expected milliseconds, found ${ms}`);
  }
  return /** @type {Record<string, number>} */ (limits);
}

/** Readers at another region's edge would measure a distance that is not theirs. */
function checkEdges() {
  const edges = env.object("EDGES");
  if (edges === null || !reads) return;
  for (const name of REGIONS) env.baseUrl(`EDGES.${name}`, edges[name] ?? null);
  if (edges[region] !== edge) env.complain("EDGE", `is ${edge}, but EDGES has ${edges[region]} for ${region}`);
  const moveTo = env.optional("MOVE_TO");
  if (moveTo !== null && !Object.values(edges).includes(moveTo)) env.complain("MOVE_TO", `${moveTo} is none of EDGES`);
}
