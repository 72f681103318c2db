// Editors rewrite reviews that are read a lot, some with a new photograph, and publish them. Some reviews are watched in
// all regions; each of them is edited at a pace at which every version can be seen.

import exec from "k6/execution";
import { idsOf, signIn } from "../lib/editorial.js";
import { edits } from "../lib/metrics.js";
import { edited } from "../lib/pages.js";
import { watchedPerS } from "../lib/pace.js";
import { upload } from "../lib/photograph.js";
import { settings } from "../lib/settings.js";
import { awaitReceipts, publish, take } from "../lib/work.js";

/** @typedef {{ token: string, ids: Record<string, string> }} Desk */

/** One edit in so many has a new photograph. */
const PHOTOGRAPH_EVERY = 5;
/** The watchers first need a version to tell others from, and time to see the last one. */
const MARGIN_S = 2;

/** The review of this VU. @type {import("../lib/work.js").Work | null} */
let work = null;

/** @returns {import("../lib/options.js").Scenarios} */
export function editing() {
  const { watched } = settings;
  const others = settings.editsPerS - watchedPerS * watched.length;
  /** @type {import("../lib/options.js").Scenarios} */
  const scenarios = {};
  // One after the other, so that no two are published in the same moment.
  watched.forEach((_, place) => {
    const scenario = arrivals("editWatched", watchedPerS, 1, place / (watchedPerS * watched.length));
    scenarios[`edit_watched_${place}`] = { ...scenario, env: { WATCHED_PLACE: String(place) } };
  });
  // Each VU has a review of its own, or they would take each other's ETag away.
  if (others > 0 && edited.length > 0) scenarios.edit = arrivals("edit", others, Math.max(1, edited.length - watched.length));
  return scenarios;
}

/** Once for all VUs: sign-ins are limited. @returns {Desk | null} */
export function setup() {
  if (settings.role !== "editors") return null;
  const token = signIn();
  const slugs = new Set([...Array.from(edited), ...settings.watched].map(({ slug }) => slug));
  return { token, ids: idsOf(token, slugs) };
}

/** @param {Desk} desk */
export function editWatched(desk) {
  rewrite(desk, settings.watched[Number(__ENV.WATCHED_PLACE)], true);
}

/** @param {Desk} desk */
export function edit(desk) {
  rewrite(desk, edited[(exec.vu.idInTest - 1) % edited.length], false);
}

/** @param {Desk} desk @param {import("../lib/settings.js").ReviewRef} review @param {boolean} watched */
function rewrite({ token, ids }, { slug, locale }, watched) {
  work ??= take(token, ids[slug], locale);
  if (work === null) return;
  const photographed = !watched && exec.scenario.iterationInTest % PHOTOGRAPH_EVERY === 0;
  const written = publish(token, work, photographed ? upload(token) : null);
  if (written === null) {
    // Somebody else may have been faster: read again before the next try.
    work = null;
    return;
  }
  edits.add(1, { watched: String(watched) });
  awaitReceipts(token, written);
}

/** @param {string} name @param {number} perS @param {number} vus @returns {import("k6/options").Scenario} */
function arrivals(name, perS, vus, afterS = 0) {
  // All end when the watchers can still see the last version.
  const duration = `${Math.max(1000, Math.round((settings.seconds - 2 * MARGIN_S - afterS) * 1000))}ms`;
  const rate = Math.max(1, Math.round(perS * 60));
  const when = { rate, timeUnit: "1m", duration, startTime: `${Math.round((MARGIN_S + afterS) * 1000)}ms`, gracefulStop: "30s" };
  return { executor: "constant-arrival-rate", exec: name, ...when, preAllocatedVUs: vus, maxVUs: vus };
}
