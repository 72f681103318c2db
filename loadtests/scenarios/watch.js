// Some watch a review each, and note when they first see another version: `visible_ms`, from the editor's commit.
//
// The commit's time is the review's own `updated_at`: the database's clock when the publishing transaction began, some
// milliseconds before its commit, so the figure errs upwards (`before_commit_ms` says by how much). One clock, because
// all runs on one machine. Looks overlap: who looked again only after the last answer would be late by a last leg. After
// a new version they rest for most of the time to the next one: looks cost what the system under test could use. (A version
// that comes earlier than that is seen late, so that too errs upwards.)

import exec from "k6/execution";
import http from "k6/http";
import { clearInterval, setInterval } from "k6/timers";
import * as addresses from "../lib/addresses.js";
import { visibleMs } from "../lib/metrics.js";
import { edge, elapsedS } from "../lib/place.js";
import { watchedPerS } from "../lib/pace.js";
import { ACCEPTS } from "../lib/reader.js";
import { settings } from "../lib/settings.js";

/** Looks under way at once: enough for answers that take a second. Into a cut, no more are sent. */
const LOOKS_MAX = 50;
/** From a version's commit, of the time between two. */
const REST_SHARE = 0.7;
const restMs = watchedPerS === 0 ? 0 : (1000 / watchedPerS) * REST_SHARE;

let looks = 0;
let etag = "";
let seen = 0;
let restsUntil = 0;
/** What was committed before anybody watched may be seen late, and says nothing. */
let begunAt = 0;

/** @returns {import("../lib/options.js").Scenarios} */
export function watching() {
  const maxDuration = `${settings.seconds + 15}s`;
  const tags = { region: settings.region };
  const vus = settings.watched.length;
  return vus === 0 ? {} : { watch: { executor: "per-vu-iterations", exec: "watch", vus, iterations: 1, maxDuration, tags } };
}

export function watch() {
  begunAt = Date.now();
  // One iteration each, numbered from zero.
  const { path } = addresses.review(settings.watched[exec.scenario.iterationInTest]);
  const timer = setInterval(() => {
    if (elapsedS() >= settings.seconds) clearInterval(timer);
    else if (looks < LOOKS_MAX && Date.now() >= restsUntil) look(path);
  }, settings.lookEveryMs);
}

/** As a browser does it: with the last ETag, so most answers have no body. @param {string} path */
async function look(path) {
  looks += 1;
  const headers = { ...ACCEPTS, "if-none-match": etag };
  const answer = await http.asyncRequest("GET", edge() + path, null, { headers, responseType: "text", timeout: "10s" });
  const now = Date.now();
  looks -= 1;
  if (answer.status !== 200) return;
  const version = Date.parse(String(answer.json("updated_at")));
  // The look that began before may end after.
  if (version <= seen) return;
  if (version > begunAt) visibleMs.add(now - version);
  seen = version;
  restsUntil = version + restMs;
  etag = answer.headers.Etag;
}
